// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"openshell/node/internal/options"
	"openshell/node/internal/pki"
)

// authorities are the three that Kubernetes keeps apart: who serves, who asks,
// and who may ask on another's behalf.
type authorities struct{ server, client, requestHeader *pki.Authority }

// makeCertificates fills server/tls and server/cred, and writes the kubeconfig
// of the cluster's administrator where k3s has it.
func makeCertificates(o *options.Options) error {
	var a authorities
	for name, into := range map[string]**pki.Authority{
		"server-ca": &a.server, "client-ca": &a.client, "request-header-ca": &a.requestHeader,
	} {
		var err error
		if *into, err = pki.LoadOrMake(tlsDir, name); err != nil {
			return err
		}
	}
	if err := keepServiceAccountKey(); err != nil {
		return err
	}
	if err := keepToken(); err != nil {
		return err
	}
	if err := a.issueForServers(o); err != nil {
		return err
	}
	return a.issueKubeconfigs(o)
}

func (a *authorities) issueForServers(o *options.Options) error {
	host, _ := os.Hostname()
	local := []string{"localhost", "127.0.0.1", o.NodeIP, o.NodeName, host}
	api := append([]string{
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		"::1", apiService}, append(local, o.TLSSANs...)...)
	for _, c := range []struct {
		file      string
		authority *pki.Authority
		name      string
		groups    []string
		names     []string
	}{
		{"serving-kube-apiserver", a.server, "kube-apiserver", nil, api},
		{"serving-kubelet", a.server, o.NodeName, nil, local},
		{"client-kube-apiserver", a.client, "system:apiserver", []string{"system:masters"}, nil},
		{"client-auth-proxy", a.requestHeader, "system:auth-proxy", nil, nil},
	} {
		pair, err := c.authority.Issue(c.name, c.groups, c.names)
		if err != nil {
			return fmt.Errorf("%s: %w", c.file, err)
		}
		if err := pki.Write(tlsDir+"/"+c.file+".crt", pair.Cert); err != nil {
			return err
		}
		if err := pki.Write(tlsDir+"/"+c.file+".key", pair.Key); err != nil {
			return err
		}
	}
	return nil
}

func (a *authorities) issueKubeconfigs(o *options.Options) error {
	for user, identity := range map[string]struct {
		name   string
		groups []string
	}{
		"admin":      {"system:admin", []string{"system:masters"}},
		"controller": {"system:kube-controller-manager", nil},
		"scheduler":  {"system:kube-scheduler", nil},
		"kube-proxy": {"system:kube-proxy", nil},
		"kubelet":    {"system:node:" + o.NodeName, []string{"system:nodes"}},
	} {
		pair, err := a.client.Issue(identity.name, identity.groups, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", user, err)
		}
		text := kubeconfigText(a.server.PEM, pair)
		if err := pki.Write(kubeconfig(user), text); err != nil {
			return err
		}
		if user == "admin" {
			if err := writeAdminKubeconfig(text, o.KubeconfigMode); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeAdminKubeconfig(text []byte, mode string) error {
	path := etcDir + "/k3s.yaml"
	if err := pki.Write(path, text); err != nil {
		return err
	}
	if mode == "" {
		return nil
	}
	bits, err := strconv.ParseUint(mode, 8, 9)
	if err != nil {
		return fmt.Errorf("mode of %s: %w", path, err)
	}
	return os.Chmod(path, os.FileMode(bits))
}

func kubeconfigText(serverCA []byte, client *pki.Pair) []byte {
	b64 := base64.StdEncoding.EncodeToString
	return []byte(`apiVersion: v1
kind: Config
clusters:
- name: default
  cluster:
    certificate-authority-data: ` + b64(serverCA) + `
    server: ` + apiServer + `
contexts:
- name: default
  context:
    cluster: default
    user: default
current-context: default
users:
- name: default
  user:
    client-certificate-data: ` + b64(client.Cert) + `
    client-key-data: ` + b64(client.Key) + "\n")
}

// keepServiceAccountKey makes the key that signs service account tokens, once
// for the life of the volume: every pod holds a token signed by it.
func keepServiceAccountKey() error {
	return keep(tlsDir+"/service.key", func() ([]byte, error) {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		return pki.EncodeKey(key)
	})
}

// keepToken makes the join token at the place where k3s has it. No node ever
// joins here; tools that look for it find it.
func keepToken() error {
	path := dataDir + "/server/token"
	err := keep(path, func() ([]byte, error) {
		random := make([]byte, 32)
		if _, err := rand.Read(random); err != nil {
			return nil, err
		}
		return []byte("K10" + hex.EncodeToString(random[:16]) + "::server:" + hex.EncodeToString(random[16:]) + "\n"), nil
	})
	if err != nil {
		return err
	}
	if err := os.Symlink("token", dataDir+"/server/node-token"); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func keep(path string, content func() ([]byte, error)) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := content()
	if err != nil {
		return err
	}
	return pki.Write(path, text)
}
