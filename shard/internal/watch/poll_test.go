package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// received returns the files of the events that have come, sorted.
func received(w *Watcher) string {
	var files []string
	for {
		synctest.Wait()
		select {
		case event := <-w.Events():
			files = append(files, w.Changed(event)...)
		default:
			slices.Sort(files)
			return filepath.ToSlash(strings.Join(files, " "))
		}
	}
}

func TestPolling(t *testing.T) {
	warn := inFolder(t, "a/a.go", "b/b.go")
	synctest.Test(t, func(t *testing.T) {
		w, err := NewWatcher(nil, time.Second, warn)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = w.Close() }()
		if count, err := w.Look(); count != 2 || err != nil {
			t.Fatal(count, err)
		}
		for _, step := range []struct {
			name string
			do   func()
			want string
		}{
			{"nothing", func() {}, ""},
			{"written", func() { write(t, "a/a.go", "package a") }, "a/a.go"},
			{"nothing after it", func() {}, ""},
			{"another time", func() { _ = os.Chtimes("b/b.go", time.Unix(1, 0), time.Unix(1, 0)) }, "b/b.go"},
			{"renamed over with the same time and size", func() {
				write(t, "b/other", "")
				_ = os.Chtimes("b/other", time.Unix(1, 0), time.Unix(1, 0))
				rename(t, "b/other", "b/b.go")
			}, "b/b.go"},
			{"a new file, and one that does not count", func() { write(t, "a/new.go", ""); write(t, "a/x.txt", "") }, "a/new.go"},
			{"removed", func() { _ = os.Remove("a/new.go") }, ""},
			{"a new folder", func() { write(t, "c/sub/c.go", "") }, "c/sub/c.go"},
			{"in the new folder", func() { write(t, "c/sub/c.go", "package c") }, "c/sub/c.go"},
			{"a moved folder", func() { rename(t, "c", "d") }, "d/sub/c.go"},
			{"in the moved folder", func() { write(t, "d/sub/c.go", "package d") }, "d/sub/c.go"},
			{"a folder that is removed", func() { _ = os.RemoveAll("d") }, ""},
			{"a folder that comes again", func() { write(t, "d/sub/d.go", "") }, "d/sub/d.go"},
		} {
			step.do()
			time.Sleep(1100 * time.Millisecond)
			if got := received(w); got != step.want {
				t.Errorf("%s: %q, want %q", step.name, got, step.want)
			}
		}
	})
}

// limited is a source that can watch only some folders.
type limited struct {
	dirs   []string
	most   int
	err    error
	closed bool
}

func (l *limited) Add(dir string) error {
	if len(l.dirs) == l.most {
		return &os.PathError{Op: "watch", Path: dir, Err: l.err}
	}
	l.dirs = append(l.dirs, dir)
	return nil
}
func (l *limited) Remove(string) error { return nil }
func (l *limited) WatchList() []string { return l.dirs }
func (l *limited) Close() error        { l.closed = true; return nil }

// Where the system cannot watch all folders, all are looked at, also those it did watch.
func TestPollingAtALimit(t *testing.T) {
	for _, limit := range []error{syscall.ENOSPC, syscall.EMFILE, syscall.ENFILE} {
		inFolder(t, "a/a.go", "b/b.go", "c/c.go")
		synctest.Test(t, func(t *testing.T) {
			var warned []string
			w := &Watcher{
				roots: parseRoots(nil), events: make(chan fsnotify.Event), errs: make(chan error), done: make(chan struct{}),
				warn: func(path string, err error) { warned = append(warned, path+": "+err.Error()) },
			}
			few := &limited{most: 2, err: limit}
			w.use(few, nil, nil)
			defer func() { _ = w.Close() }()
			if count, err := w.Look(); count != 3 || err != nil || !few.closed {
				t.Fatal(count, err, few.closed)
			}
			if len(warned) != 1 || !strings.HasPrefix(warned[0], "c: watch c: ") || !strings.Contains(warned[0], "every 500ms instead") || !strings.Contains(warned[0], "ulimit -n") {
				t.Errorf("warned %q", warned)
			}
			write(t, "a/a.go", "package a")
			write(t, "c/c.go", "package c")
			time.Sleep(DefaultPoll + time.Millisecond)
			if got := received(w); got != "a/a.go c/c.go" {
				t.Errorf("got %q", got)
			}
		})
	}
	inFolder(t, "a/a.go")
	w := &Watcher{files: &limited{err: syscall.EACCES}, roots: parseRoots(nil), done: make(chan struct{})}
	if _, err := w.Look(); err == nil || w.polls {
		t.Errorf("%v, polls: %v", err, w.polls)
	}
}
