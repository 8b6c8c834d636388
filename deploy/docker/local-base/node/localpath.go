// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

const (
	storageClass  = "local-path"
	provisioner   = "rancher.io/local-path"
	provisionedBy = "pv.kubernetes.io/provisioned-by"
	selectedNode  = "volume.kubernetes.io/selected-node"
	retryVolumes  = 5 * time.Second
)

// localPath provides k3s' default storage class: a directory on the node for
// each claim that a pod was placed for, removed when the claim is gone. k3s'
// own provisioner comes as an image that is not to be had here.
type localPath struct {
	api    kubernetes.Interface
	node   string
	claims corelisters.PersistentVolumeClaimLister
	pvs    corelisters.PersistentVolumeLister
}

func runLocalPath(ctx context.Context, api kubernetes.Interface, node string) {
	waitFor(ctx, func() bool { return makeStorageClass(ctx, api) == nil })
	factory := informers.NewSharedInformerFactory(api, 0)
	claims, pvs := factory.Core().V1().PersistentVolumeClaims(), factory.Core().V1().PersistentVolumes()
	wake := make(chan struct{}, 1)
	poke := func(any) {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	on := cache.ResourceEventHandlerFuncs{
		AddFunc: poke, DeleteFunc: poke, UpdateFunc: func(_, now any) { poke(now) },
	}
	for _, i := range []cache.SharedIndexInformer{claims.Informer(), pvs.Informer()} {
		if _, err := i.AddEventHandler(on); err != nil {
			log.Printf("local-path: %v", err)
			return
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	p := &localPath{api: api, node: node, claims: claims.Lister(), pvs: pvs.Lister()}
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		}
		if !p.reconcile(ctx) {
			time.AfterFunc(retryVolumes, func() { poke(nil) })
		}
	}
}

func makeStorageClass(ctx context.Context, api kubernetes.Interface) error {
	binding, reclaim := storagev1.VolumeBindingWaitForFirstConsumer, corev1.PersistentVolumeReclaimDelete
	_, err := api.StorageV1().StorageClasses().Create(ctx, &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: storageClass,
			Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}},
		Provisioner: provisioner, VolumeBindingMode: &binding, ReclaimPolicy: &reclaim,
	}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// reconcile makes the missing volumes and removes the released ones; false
// means that something is to be tried again.
func (p *localPath) reconcile(ctx context.Context) bool {
	done := true
	check := func(err error) {
		if err != nil {
			log.Printf("local-path: %v", err)
			done = false
		}
	}
	claims, err := p.claims.List(labels.Everything())
	check(err)
	for _, c := range claims {
		if c.Spec.VolumeName == "" && c.Spec.StorageClassName != nil && *c.Spec.StorageClassName == storageClass &&
			c.Annotations[selectedNode] == p.node {
			check(p.provide(ctx, c))
		}
	}
	pvs, err := p.pvs.List(labels.Everything())
	check(err)
	for _, v := range pvs {
		if v.Annotations[provisionedBy] == provisioner && v.Status.Phase == corev1.VolumeReleased &&
			v.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete {
			check(p.remove(ctx, v))
		}
	}
	return done
}

func (p *localPath) provide(ctx context.Context, c *corev1.PersistentVolumeClaim) error {
	name := "pvc-" + string(c.UID)
	dir := storageDir + "/" + name + "_" + c.Namespace + "_" + c.Name
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// Pods of any user write there, as with k3s; MkdirAll heeds the umask.
	if err := os.Chmod(dir, 0o777); err != nil {
		return err
	}
	_, err := p.api.CoreV1().PersistentVolumes().Create(ctx, p.volume(name, dir, c), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (p *localPath) volume(name, dir string, c *corev1.PersistentVolumeClaim) *corev1.PersistentVolume {
	kind := corev1.HostPathDirectoryOrCreate
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes: c.Spec.AccessModes, VolumeMode: c.Spec.VolumeMode, StorageClassName: storageClass,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
			Capacity: corev1.ResourceList{
				corev1.ResourceStorage: c.Spec.Resources.Requests[corev1.ResourceStorage]},
			ClaimRef: &corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim",
				Namespace: c.Namespace, Name: c.Name, UID: c.UID},
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: dir, Type: &kind}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{{
					Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{p.node}}}}}}},
		},
	}
}

// remove deletes a volume and its data, but never outside the storage directory:
// the path stands in an object that the cluster's users may edit.
func (p *localPath) remove(ctx context.Context, v *corev1.PersistentVolume) error {
	if v.Spec.HostPath != nil && filepath.Dir(filepath.Clean(v.Spec.HostPath.Path)) == storageDir {
		if err := os.RemoveAll(filepath.Clean(v.Spec.HostPath.Path)); err != nil {
			return err
		}
	}
	err := p.api.CoreV1().PersistentVolumes().Delete(ctx, v.Name, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
