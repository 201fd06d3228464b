package watch

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// waysOfSaving are how editors and formatters save a/a.go, and what they write beside it.
var waysOfSaving = []struct {
	name string
	do   func(t *testing.T)
	want string // the packages of the one run
}{
	{"truncate and write", func(t *testing.T) { write(t, "a/a.go", "package a\n") }, "./a"},
	{"append", func(t *testing.T) {
		f, err := os.OpenFile("a/a.go", os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString("// more\n")
		_ = f.Close()
	}, "./a"},
	{"rename over", func(t *testing.T) {
		write(t, "a/a.go.tmp.123", "package a\n")
		rename(t, "a/a.go.tmp.123", "a/a.go")
	}, "./a"},
	{"rename over from a hidden file", func(t *testing.T) {
		write(t, "a/.a.go.123.go", "package a\n")
		rename(t, "a/.a.go.123.go", "a/a.go")
	}, "./a"},
	{"vim, with a backup and a probe", func(t *testing.T) {
		write(t, "a/4913", "")
		_ = os.Remove("a/4913")
		rename(t, "a/a.go", "a/a.go~")
		write(t, "a/a.go", "package a\n")
		_ = os.Remove("a/a.go~")
	}, "./a"},
	{"emacs, with a lock and a backup that stays", func(t *testing.T) {
		write(t, "a/.#a.go", "")
		rename(t, "a/a.go", "a/a.go~")
		write(t, "a/a.go", "package a\n")
		_ = os.Remove("a/.#a.go")
	}, "./a"},
	{"GoLand, safe write", func(t *testing.T) {
		write(t, "a/a.go___jb_tmp___", "package a\n")
		rename(t, "a/a.go", "a/a.go___jb_old___")
		rename(t, "a/a.go___jb_tmp___", "a/a.go")
		_ = os.Remove("a/a.go___jb_old___")
	}, "./a"},
	{"a formatter after the editor", func(t *testing.T) {
		write(t, "a/a.go", "package  a\n")
		write(t, "a/a.go.9876", "package a\n")
		rename(t, "a/a.go.9876", "a/a.go")
	}, "./a"},
	{"gofmt -w after the editor", func(t *testing.T) {
		write(t, "a/a.go", "package  a\n")
		write(t, "a/a.go.321", "package  a\n")
		write(t, "a/a.go", "package a\n")
		_ = os.Remove("a/a.go.321")
	}, "./a"},
	{"save all", func(t *testing.T) { write(t, "b/b.go", "package b\n"); write(t, "a/a.go", "package a\n") }, "./a ./b"},
	{"a swap file", func(t *testing.T) { write(t, "a/.a.go.swp", "x") }, ""},
	{"backup files and drafts", func(t *testing.T) {
		for _, name := range []string{"a/a.go~", "a/a.go.orig", "a/#a.go#", "a/.#a.go", "a/a.go.bak"} {
			write(t, name, "package a\n")
		}
	}, ""},
	{"other rights", func(*testing.T) { _ = os.Chmod("a/a.go", 0o400) }, ""},
}

// Each way of saving is one run, whether the system reports it or the folders are looked at.
func TestWaysOfSaving(t *testing.T) {
	for _, test := range waysOfSaving {
		t.Run(test.name, func(t *testing.T) {
			for _, poll := range []bool{false, true} {
				warn := inFolder(t, "a/a.go", "b/b.go", "last/last.go")
				w := &Watcher{files: &poller{folders: map[string]listing{}}, polls: true, roots: parseRoots(nil), warn: warn}
				if !poll {
					if !supported {
						continue
					}
					var err error
					if w, err = NewWatcher(nil, 0, warn); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := w.Look(); err != nil {
					t.Fatal(err)
				}
				test.do(t)
				pending := NewPending()
				for _, file := range w.savedUntil(t, "last/last.go") {
					pending.Add(file, time.Now(), false)
				}
				if got := filepath.ToSlash(strings.Join(pending.Take(), " ")); got != test.want {
					t.Errorf("polling %v: %q, want %q", poll, got, test.want)
				}
				if !poll {
					_ = w.Close()
				}
			}
		})
	}
}

// savedUntil saves the file last and returns the files that were saved before it.
func (w *Watcher) savedUntil(t *testing.T, last string) []string {
	t.Helper()
	var events []fsnotify.Event
	write(t, last, "package last\n")
	if p, ok := w.files.(*poller); ok {
		events = p.look()
	} else {
		for !slices.ContainsFunc(events, func(event fsnotify.Event) bool { return filepath.ToSlash(event.Name) == last }) {
			select {
			case event := <-w.Events():
				events = append(events, event)
			case <-time.After(time.Minute):
				t.Fatalf("%s was not reported, only %v", last, events)
			}
		}
	}
	var files []string
	for _, event := range events {
		for _, file := range w.Changed(event) {
			if filepath.ToSlash(file) != last {
				files = append(files, file)
			}
		}
	}
	return files
}

// descriptors returns how many files this process has open, and false where that is not known.
func descriptors(t *testing.T) (int, bool) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0, false
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries), true
}

// A watch leaves nothing open, also one that fell back to polling. TestMain has the goroutines.
func TestAHundredWatches(t *testing.T) {
	warn := inFolder(t, "a/a.go", "b/b.go")
	if !supported {
		t.Skip("nothing can be watched here")
	}
	before, known := descriptors(t)
	for i := range 100 {
		w, err := NewWatcher(nil, 0, warn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Look(); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			w.warn = func(string, error) {}
			w.fallBack("a", errTooMany)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after, _ := descriptors(t); known && after > before+2 { // the runtime may open its own
		t.Errorf("%d open files, %d before", after, before)
	}
}

// Where each file takes a descriptor, they are counted before a folder is watched, also that of files
// which tests read and a new one.
func TestDescriptorsAreCounted(t *testing.T) {
	inFolder(t, "a/a.go", "b/b.go", "data/x", "new/n.go")
	if !supported {
		t.Skip("nothing can be watched here")
	}
	for name, step := range map[string]func(w *Watcher){
		"at the start":   func(w *Watcher) { w.room.most = 3 },
		"other folders":  func(w *Watcher) { w.Also([]string{"data"}) },
		"a new folder":   func(w *Watcher) { w.Changed(fsnotify.Event{Name: "new", Op: fsnotify.Create}) },
		"the same again": func(w *Watcher) { w.Also([]string{"a"}) },
	} {
		var warned []string
		w, err := NewWatcher([]string{"./a", "./b"}, 0, func(_ string, err error) { warned = append(warned, err.Error()) })
		if err != nil {
			t.Fatal(err)
		}
		w.room = room{needs: func(string) int { return 2 }, most: 4, counted: map[string]bool{}}
		if name == "at the start" {
			step(w)
		}
		if _, err := w.Look(); err != nil {
			t.Fatal(err)
		}
		if name != "at the start" {
			if w.polls {
				t.Errorf("%s: polls from the start", name)
			}
			w.roots = parseRoots(nil)
			w.room.most = w.room.taken
			step(w)
		}
		want := name != "the same again"
		if w.polls != want || want && (len(warned) != 1 || !strings.Contains(warned[0], "ulimit -n")) {
			t.Errorf("%s: polls %v, warned %q", name, w.polls, warned)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What git ignores does not count, neither a file nor a new folder with everything in it.
func TestIgnoredFiles(t *testing.T) {
	w := &Watcher{files: &poller{folders: map[string]listing{}}, polls: true, roots: parseRoots(nil), warn: inFolder(t, "a/a.go", "a/gen.go", "out/o.go", "new/n.go")}
	w.Ignores = func(path string) bool { return path == "out" || filepath.Base(path) == "gen.go" }
	for name, want := range map[string]string{filepath.Join("a", "a.go"): "a.go", filepath.Join("a", "gen.go"): "", "out": "", "new": "n.go"} {
		got := ""
		for _, file := range w.Changed(fsnotify.Event{Name: name, Op: fsnotify.Create}) {
			got += filepath.Base(file)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
