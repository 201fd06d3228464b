package watch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watcher reports which .go files were saved.
type Watcher struct {
	files source
	roots []root
	warn  func(path string, err error)
	// Counts reports whether a file that is no Go file counts; nil if none does.
	Counts func(path string) bool
	// Ignores reports whether a Go file, or a folder that is new, does not count; nil if all do.
	Ignores func(path string) bool

	polls  bool // whether files is a poller
	room   room
	events chan fsnotify.Event
	errs   chan error
	done   chan struct{} // ends forward
	ended  sync.WaitGroup
}

// source is what reports changes: an fsnotify.Watcher or a poller.
type source interface {
	Add(dir string) error
	Remove(dir string) error
	WatchList() []string
	Close() error
}

// NewWatcher watches nothing until Look is called. The patterns are folders such as ./a,
// or with subfolders ./a/...; without patterns it is ./... . With a poll above 0, the folders are
// looked at so often, and the system need not report anything. warn is called for folders
// that later cannot be watched.
func NewWatcher(patterns []string, poll time.Duration, warn func(path string, err error)) (*Watcher, error) {
	if !supported && poll == 0 {
		return nil, fmt.Errorf("file watching is not supported on %s/%s; write --watch-poll=%v", runtime.GOOS, runtime.GOARCH, DefaultPoll)
	}
	w := &Watcher{roots: parseRoots(patterns), warn: warn, events: make(chan fsnotify.Event), errs: make(chan error), done: make(chan struct{})}
	w.room = room{needs: needs, most: mostDescriptors(), counted: map[string]bool{}}
	if poll > 0 {
		w.usePoller(poll)
		return w, nil
	}
	files, err := fsnotify.NewWatcher()
	switch {
	case atLimit(err):
		w.fallBack(".", err)
	case err != nil:
		return nil, fmt.Errorf("failed to create file watcher: %w", err)
	default:
		w.use(files, files.Events, files.Errors)
	}
	return w, nil
}

// use takes the events of a source.
func (w *Watcher) use(files source, events <-chan fsnotify.Event, errs <-chan error) {
	w.files = files
	w.ended.Go(func() { forward(events, w.events, w.done) })
	w.ended.Go(func() { forward(errs, w.errs, w.done) })
}

func (w *Watcher) usePoller(every time.Duration) {
	p := newPoller(every)
	w.polls = true
	w.use(p, p.events, nil)
}

// forward passes on what it receives until done is closed, or the source.
func forward[T any](from <-chan T, to chan<- T, done <-chan struct{}) {
	for {
		select {
		case value, ok := <-from:
			if !ok {
				return
			}
			select {
			case to <- value:
			case <-done:
				return
			}
		case <-done:
			return
		}
	}
}

// fallBack polls from now on what was watched, because the system has reached a limit.
func (w *Watcher) fallBack(dir string, err error) {
	w.warn(dir, fmt.Errorf("%w: all folders are looked at every %v instead, as with --watch-poll; "+
		"raise the system's limit (Linux: sysctl fs.inotify.max_user_watches and max_user_instances; macOS and BSD: ulimit -n, on macOS also sysctl kern.maxfilesperproc), or watch less with --packages",
		err, DefaultPoll))
	before := w.files
	w.usePoller(DefaultPoll)
	if before == nil {
		return
	}
	for _, dir := range before.WatchList() {
		_ = w.files.Add(dir) // it may just have gone
	}
	_ = before.Close()
}

// errTooMany is atLimit before the system says so, which would leave nothing to the runs.
var errTooMany = errors.New("more files than half of the limit of open files")

// atLimit reports whether the system cannot watch more.
func atLimit(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, errTooMany)
}

// add watches a folder, or polls if the system cannot watch more.
func (w *Watcher) add(dir string) error {
	if !w.polls && !w.room.has(dir) {
		w.fallBack(".", errTooMany)
	}
	err := w.files.Add(dir)
	if !w.polls && atLimit(err) {
		w.fallBack(dir, err)
		err = w.files.Add(dir)
	}
	return err
}

// Events returns the events, which must be passed to Changed.
func (w *Watcher) Events() <-chan fsnotify.Event { return w.events }

// Errors returns the errors since the start. After one that Lost reports, some saves were
// missed.
func (w *Watcher) Errors() <-chan error { return w.errs }

// Lost reports whether there were more events than the system could store.
func Lost(err error) bool { return errors.Is(err, fsnotify.ErrEventOverflow) }

// Close stops watching.
func (w *Watcher) Close() error {
	close(w.done)
	err := w.files.Close()
	w.ended.Wait()
	return err
}

// Look finds folders, watches them and returns how many have .go files. It also watches
// their parents, for new folders.
func (w *Watcher) Look() (int, error) {
	found := find(w.roots, w.warn)
	for _, dir := range slices.Concat(found.packages, found.parents) {
		if err := w.add(dir); err != nil {
			return 0, explain(dir, err)
		}
	}
	return len(found.packages), nil
}

func explain(dir string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
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
	if (isSave(event) || w.isRemoval(event)) && !w.ignores(path) || w.Counts != nil && event.Op&saves != 0 && !isGoFile(path) && w.Counts(path) {
		return []string{path}
	}
	return nil
}

func (w *Watcher) ignores(path string) bool { return w.Ignores != nil && w.Ignores(path) }

// Also watches more folders. One that cannot be watched is left out, with a warning.
func (w *Watcher) Also(dirs []string) {
	for _, dir := range dirs {
		if err := w.add(filepath.Clean(dir)); err != nil {
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

// isRemoval reports whether a .go file was removed from a package that has others, which can break
// what depends on it. It is so only where that runs too, as gotestsum ignores removed files.
func (w *Watcher) isRemoval(event fsnotify.Event) bool {
	return w.Counts != nil && event.Has(fsnotify.Remove) && isGoFile(event.Name) && isPackage(filepath.Dir(event.Name))
}

// addNew watches a new folder and its subfolders, also those that have no .go files yet.
// It watches before it reads, so a file that arrives in between is found twice instead of
// missed.
func (w *Watcher) addNew(dir string) []string {
	if !w.allows(dir) || w.ignores(dir) {
		return nil
	}
	if err := w.add(dir); err != nil {
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
