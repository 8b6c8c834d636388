// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io/fs"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"openshell/node/internal/options"
)

const (
	manifestPoll = time.Second
	retryStep    = 500 * time.Millisecond
	retryMost    = 10 * time.Second
)

// manifest is what the deployer remembers of one file.
type manifest struct {
	applied string // the stamp that was last applied
	fails   int
	retry   time.Time
}

// deployManifests applies every manifest of the image and of server/manifests
// when it is new or has changed, until ctx ends. What fails is tried again: a
// HelmChart, say, before its definition is there. As with k3s, removing a file
// removes nothing from the cluster.
func deployManifests(ctx context.Context, o *options.Options) {
	known := map[string]*manifest{}
	for {
		for _, dir := range []string{bakedManifests, manifestsDir} {
			for path, stamp := range manifestFiles(dir, o) {
				m := known[path]
				if m == nil {
					m = &manifest{}
					known[path] = m
				}
				if m.applied != stamp && !time.Now().Before(m.retry) {
					m.apply(ctx, path, stamp, o)
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(manifestPoll):
		}
	}
}

// manifestFiles gives the manifests under dir with a stamp that changes when
// the file does.
func manifestFiles(dir string, o *options.Options) map[string]string {
	files := map[string]string{}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		name, ext := entry.Name(), filepath.Ext(path)
		if strings.HasPrefix(name, ".") || ext != ".yaml" && ext != ".yml" && ext != ".json" ||
			o.Disabled(strings.TrimSuffix(name, ext)) {
			return nil
		}
		if _, err := os.Stat(path + ".skip"); err == nil {
			return nil
		}
		if info, err := entry.Info(); err == nil && info.Size() > 0 {
			files[path] = fmt.Sprint(info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return files
}

func (m *manifest) apply(ctx context.Context, path, stamp string, o *options.Options) {
	cmd := exec.CommandContext(ctx, "/bin/kubectl", "--kubeconfig="+kubeconfig("admin"), "apply",
		"--server-side", "--force-conflicts", "--field-manager=deploy@"+o.NodeName, "-f", path)
	out, err := cmd.CombinedOutput()
	text := strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", "; ")
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		m.fails++
		m.retry = time.Now().Add(min(time.Duration(m.fails)*retryStep, retryMost))
		log.Printf("manifest %s: %v: %s", path, err, text)
		return
	}
	*m = manifest{applied: stamp}
	log.Printf("manifest %s: %s", path, text)
}

// serveStatic gives helm jobs the charts under server/static.
func serveStatic() {
	files := http.StripPrefix("/static/", http.FileServer(http.Dir(staticDir)))
	log.Printf("serving %s: %v", staticDir, http.ListenAndServe(":"+staticPort, files))
}
