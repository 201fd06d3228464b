package watch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// Watcher tells which .go files were saved.
type Watcher struct {
	files *fsnotify.Watcher
	roots []root
	warn  func(path string, err error)
}

// NewWatcher watches nothing until Look is called. The patterns are folders
// such as ./a, or with those below them ./a/...; none are ./... . Folders that
// cannot be watched later on are told to warn.
func NewWatcher(patterns []string, warn func(path string, err error)) (*Watcher, error) {
	if !supported {
		return nil, fmt.Errorf("file watching is not supported on %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	files, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("failed to create file watcher: %w", err)
	}
	return &Watcher{files: files, roots: parseRoots(patterns), warn: warn}, nil
}

// Events are to be given to Changed.
func (w *Watcher) Events() <-chan fsnotify.Event { return w.files.Events }

// Errors are what went wrong since; after one that Lost reports, saves were
// missed.
func (w *Watcher) Errors() <-chan error { return w.files.Errors }

// Lost reports whether there were more events than the system could keep.
func Lost(err error) bool { return errors.Is(err, fsnotify.ErrEventOverflow) }

// Close ends the watching.
func (w *Watcher) Close() error { return w.files.Close() }

// Look looks for folders, watches them and returns how many have .go files.
// Those above them are watched too, for new folders.
func (w *Watcher) Look() (int, error) {
	found := find(w.roots, w.warn)
	for _, dir := range append(found.packages, found.parents...) {
		if err := w.files.Add(dir); err != nil {
			return 0, explain(dir, err)
		}
	}
	return len(found.packages), nil
}

func explain(dir string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("failed to watch directory %v: %w (the system's limit of watched files; raise it or watch less with --packages)", dir, err)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("failed to watch directory %v: %w; --packages are folders such as ./a or ./a/... with --watch", dir, err)
	}
	return fmt.Errorf("failed to watch directory %v: %w", dir, err)
}

// Changed returns the .go files that an event means. When it means a new
// folder, that is watched from now on and these are the files in it.
func (w *Watcher) Changed(event fsnotify.Event) []string {
	path := filepath.Clean(event.Name)
	if event.Has(fsnotify.Rename) {
		w.forgetBelow(path)
	}
	if event.Has(fsnotify.Create) && isDir(path) {
		return w.addNew(path)
	}
	if isSave(event) {
		return []string{path}
	}
	return nil
}

// forgetBelow ends the watching of what was in a folder that was moved, which
// would be reported under its old name. The new one is a new folder.
func (w *Watcher) forgetBelow(dir string) {
	for _, path := range w.files.WatchList() {
		if strings.HasPrefix(path, dir+string(filepath.Separator)) {
			_ = w.files.Remove(path) // it may have gone by itself
		}
	}
}

// isSave reports whether a .go file has another content than before. It is
// gotestsum's rule, which leaves out that a file is gone.
func isSave(event fsnotify.Event) bool {
	const saves = fsnotify.Write | fsnotify.Create | fsnotify.Rename
	return event.Op&saves != 0 && isGoFile(event.Name)
}

// addNew watches a new folder and those below, also without .go files, which
// may be to come. First it watches and then it reads: a file that comes
// meanwhile is found twice and not missed.
func (w *Watcher) addNew(dir string) []string {
	if !w.allows(dir) {
		return nil
	}
	if err := w.files.Add(dir); err != nil {
		w.warnUnlessGone(dir, err)
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		w.warnUnlessGone(dir, err)
	}
	var files []string
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		switch {
		case entry.IsDir():
			files = append(files, w.addNew(path)...)
		case isGoFile(path):
			files = append(files, path)
		}
	}
	return files
}

// allows leaves out the packages of npm beside the usual: there are thousands
// of folders in there, none of them with Go files.
func (w *Watcher) allows(dir string) bool {
	if filepath.Base(dir) == "node_modules" {
		return false
	}
	for _, root := range w.roots {
		if root.allows(dir) {
			return true
		}
	}
	return false
}

// warnUnlessGone is for a folder that somebody made and that may be gone again.
func (w *Watcher) warnUnlessGone(dir string, err error) {
	if !errors.Is(err, os.ErrNotExist) {
		w.warn(dir, err)
	}
}

// isDir is not for a link to a folder: what is behind it is not followed at the
// start either, and may be anywhere.
func isDir(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}
