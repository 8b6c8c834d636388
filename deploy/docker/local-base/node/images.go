// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// marksDir lies beside containerd's store, so that both are lost together.
const marksDir = dataDir + "/agent/containerd/imported"

// ctr names each image that it imports as "unpacking REF (sha256:...)...done".
var importedRef = regexp.MustCompile(`(?m)^unpacking (\S+) \(`)

// importImages loads the image archives that the base brings and those that
// were put where k3s imports them from. It returns how many it loaded; one that
// cannot be loaded is logged, for a pull may still help.
func importImages(ctx context.Context) (int, error) {
	var archives []string
	for _, dir := range []string{bakedImages, imagesDir} {
		found, err := filepath.Glob(dir + "/*.tar")
		if err != nil {
			return 0, err
		}
		archives = append(archives, found...)
	}
	list, err := ctr(ctx, "images", "list", "-q").Output()
	if err != nil {
		return 0, fmt.Errorf("listing images: %w", err)
	}
	present := strings.Fields(string(list))
	count := 0
	for _, archive := range archives {
		loaded, err := importOnce(ctx, archive, present)
		if err != nil {
			log.Printf("image archive %s: %v", archive, err)
		} else if loaded {
			count++
		}
	}
	return count, nil
}

// importOnce loads an archive unless the same one (by size and time) was loaded
// before and all its images are still there.
func importOnce(ctx context.Context, archive string, present []string) (bool, error) {
	info, err := os.Stat(archive)
	if err != nil {
		return false, err
	}
	stamp := fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
	mark := marksDir + "/" + strings.ReplaceAll(strings.TrimPrefix(archive, "/"), "/", "_")
	known, err := os.ReadFile(mark)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	before, refs, _ := strings.Cut(string(known), "\n")
	gone := func(ref string) bool { return !slices.Contains(present, ref) }
	if before == stamp && !slices.ContainsFunc(strings.Fields(refs), gone) {
		return false, nil
	}
	out, err := ctr(ctx, "images", "import", "--digests=false", archive).CombinedOutput()
	if err != nil {
		return false, fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	for _, m := range importedRef.FindAllStringSubmatch(string(out), -1) {
		stamp += "\n" + m[1]
	}
	return true, writeFile(mark, stamp+"\n")
}
