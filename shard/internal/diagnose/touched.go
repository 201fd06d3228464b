package diagnose

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/uncached"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

// touched are the paths that a process opened, and those that it looked for.
type touched struct{ opened, looked map[string]bool }

// with returns the paths that both touch and one of them opens.
func (t touched) with(other touched) (paths []string) {
	for path := range t.opened {
		if other.opened[path] || other.looked[path] {
			paths = append(paths, path)
		}
	}
	for path := range t.looked {
		if other.opened[path] && !t.opened[path] {
			paths = append(paths, path)
		}
	}
	return paths
}

// readTouched reads the log of a process that began in a folder.
func readTouched(log, folder string) touched {
	opened, looked := uncached.Touched(log, folder)
	return touched{opened, looked}
}

// folderOf returns the folder of a package of a module with a root, which its tests begin in. It is a
// guess for one of another module.
func folderOf(root, module, pkg string) string {
	within := strings.TrimPrefix(strings.TrimPrefix(pkg, module), "/")
	return filepath.Join(root, filepath.FromSlash(within))
}

// changedSince returns those of the paths that are files which have changed since then, or were removed.
// Those below root are relative to it.
func changedSince(paths []string, since time.Time, root string) (all []verdict.Thing) {
	since = since.Add(-10 * time.Millisecond) // file systems have coarse times
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err == nil && info.Mode().IsRegular() && !info.ModTime().Before(since):
		case errors.Is(err, fs.ErrNotExist):
			folder, err := os.Stat(filepath.Dir(path))
			if err != nil || folder.ModTime().Before(since) {
				continue
			}
		default:
			continue
		}
		if within, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(within) {
			path = within
		}
		all = append(all, verdict.Thing{Kind: "file", Name: filepath.ToSlash(path)})
	}
	return all
}

// firstThings returns the first few in the order of their names, each once.
func firstThings(all []verdict.Thing) []verdict.Thing {
	slices.SortFunc(all, func(a, b verdict.Thing) int { return cmp.Compare(a.Name, b.Name) })
	all = slices.Compact(all)
	const most = 3
	return all[:min(most, len(all))]
}
