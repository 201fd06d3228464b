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

// Watcher reports which .go files were saved.
type Watcher struct {
	files *fsnotify.Watcher
	roots []root
	warn  func(path string, err error)
	// Counts reports whether a file that is no Go file counts; nil if none does.
	Counts func(path string) bool
}

// NewWatcher watches nothing until Look is called. The patterns are folders such as ./a,
// or with subfolders ./a/...; without patterns it is ./... . warn is called for folders
// that later cannot be watched.
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

// Events returns the events, which must be passed to Changed.
func (w *Watcher) Events() <-chan fsnotify.Event { return w.files.Events }

// Errors returns the errors since the start. After one that Lost reports, some saves were
// missed.
func (w *Watcher) Errors() <-chan error { return w.files.Errors }

// Lost reports whether there were more events than the system could store.
func Lost(err error) bool { return errors.Is(err, fsnotify.ErrEventOverflow) }

// Close stops watching.
func (w *Watcher) Close() error { return w.files.Close() }

// Look finds folders, watches them and returns how many have .go files. It also watches
// their parents, for new folders.
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

// Changed returns the .go files that an event concerns. If the event is for a new folder,
// the folder is watched from now on, and the result is the files in it.
func (w *Watcher) Changed(event fsnotify.Event) []string {
	path := filepath.Clean(event.Name)
	if event.Has(fsnotify.Rename) {
		w.forgetBelow(path)
	}
	if event.Has(fsnotify.Create) && isDir(path) {
		return w.addNew(path)
	}
	if isSave(event) || w.Counts != nil && event.Op&saves != 0 && !isGoFile(path) && w.Counts(path) {
		return []string{path}
	}
	return nil
}

// Also watches more folders. One that cannot be watched is left out, with a warning.
func (w *Watcher) Also(dirs []string) {
	for _, dir := range dirs {
		if err := w.files.Add(filepath.Clean(dir)); err != nil {
			w.warnUnlessGone(dir, explain(dir, err))
		}
	}
}

// forgetBelow stops watching the folders in a folder that was moved, which would be
// reported under their old names. The moved folder counts as a new one.
func (w *Watcher) forgetBelow(dir string) {
	for _, path := range w.files.WatchList() {
		if strings.HasPrefix(path, dir+string(filepath.Separator)) {
			_ = w.files.Remove(path) // it may have gone by itself
		}
	}
}

// saves are the events after which a file may have another text.
const saves = fsnotify.Write | fsnotify.Create | fsnotify.Rename

// isSave reports whether the text of a .go file may have changed. It follows gotestsum's
// rule, which ignores removed files.
func isSave(event fsnotify.Event) bool {
	return event.Op&saves != 0 && isGoFile(event.Name)
}

// addNew watches a new folder and its subfolders, also those that have no .go files yet.
// It watches before it reads, so a file that arrives in between is found twice instead of
// missed.
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

// allows also excludes the packages of npm: they are thousands of folders without Go files.
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

// warnUnlessGone is for a folder that was just created and may already be gone.
func (w *Watcher) warnUnlessGone(dir string, err error) {
	if !errors.Is(err, os.ErrNotExist) {
		w.warn(dir, err)
	}
}

// isDir returns false for a link to a folder. Links are not followed at the start either,
// because they may lead anywhere.
func isDir(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}
