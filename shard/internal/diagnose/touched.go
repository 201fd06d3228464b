package diagnose

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/temp"
	"github.com/gotestshard/gotestshard/shard/internal/uncached"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

// sharedFiles returns the files that a test and those that it collides with touch, and that have
// changed since the session began. They run once more for that, with a log of what they open.
func (s *session) sharedFiles(f *failure, workers int) (all []verdict.Thing, ok bool) {
	logs, err := temp.Dir("", "gotestshard-diagnose-")
	if err != nil {
		return nil, true // there is a verdict without it
	}
	f.logs = logs
	defer func() {
		f.logs = ""
		_ = os.RemoveAll(logs)
	}()
	if _, _, ok = s.round(f, f.with, workers, 0); !ok {
		return nil, false
	}
	own := s.touched(f.pkg, f.logOf(-1))
	for i, other := range f.with {
		all = append(all, s.changed(own.with(s.touched(other.pkg, f.logOf(i))))...)
	}
	slices.SortFunc(all, func(a, b verdict.Thing) int { return cmp.Compare(a.Name, b.Name) })
	all = slices.Compact(all)
	const most = 3
	return all[:min(most, len(all))], ok
}

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

// touched reads the log of a process of a package.
func (s *session) touched(pkg, log string) touched {
	opened, looked := uncached.Touched(log, s.folderOf(pkg))
	return touched{opened, looked}
}

// logOf returns the file for the log of what one of the others touches, or with -1 the test itself;
// empty if there are no logs.
func (f *failure) logOf(other int) string {
	if f.logs == "" {
		return ""
	}
	return filepath.Join(f.logs, strconv.Itoa(other))
}

// folderOf returns the folder of a package of the module, which its tests begin in. It is a guess
// for one of another module.
func (s *session) folderOf(pkg string) string {
	within := strings.TrimPrefix(strings.TrimPrefix(pkg, s.results.header.Module), "/")
	return filepath.Join(s.root, filepath.FromSlash(within))
}

// changed returns those of the paths that are files which have changed since the session began, or
// were removed since then.
func (s *session) changed(paths []string) (all []verdict.Thing) {
	since := s.beganAt()
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
		if within, err := filepath.Rel(s.root, path); err == nil && filepath.IsLocal(within) {
			path = within
		}
		all = append(all, verdict.Thing{Kind: "file", Name: filepath.ToSlash(path)})
	}
	return all
}

// beganAt returns when the session began to decide. File systems have coarse times.
func (s *session) beganAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.began.Add(-10 * time.Millisecond)
}
