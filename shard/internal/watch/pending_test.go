package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestSaves(t *testing.T) {
	for _, test := range []struct {
		name string
		op   fsnotify.Op
		want bool
	}{
		{"a_test.go", fsnotify.Write, true},
		{"a.go", fsnotify.Create, true},
		{"a.go", fsnotify.Rename, true},
		{"a.go", fsnotify.Write | fsnotify.Chmod, true},
		{"a.go", fsnotify.Chmod, false},
		{"a.go", fsnotify.Remove, false},
		{"readme.md", fsnotify.Write, false},
		{"a.go~", fsnotify.Write, false},
		{"d/.#a.go", fsnotify.Create, false},
		{"d/.a.go.swp", fsnotify.Write, false},
	} {
		if got := isSave(fsnotify.Event{Name: filepath.FromSlash(test.name), Op: test.op}); got != test.want {
			t.Errorf("%s %v: %v", test.name, test.op, got)
		}
	}
}

func TestPackageOfAFile(t *testing.T) {
	for file, want := range map[string]string{"a/b/x.go": "./a/b", "x.go": "./.", "/abs/x.go": "/abs"} {
		if got := filepath.ToSlash(packageOf(filepath.FromSlash(file))); got != want && filepath.Separator == '/' {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}

func TestWhenPackagesAreDue(t *testing.T) {
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for name, test := range map[string]struct{ saves, due []int }{
		"nothing":         {nil, nil},
		"one save":        {[]int{0}, []int{250}},
		"several":         {[]int{0, 100, 300}, []int{550}},
		"without an end":  {[]int{0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800, 1990}, []int{2000}},
		"during long run": {[]int{0, 5000}, []int{2000}}, // taken when the run has ended
	} {
		p := NewPending()
		for _, ms := range test.saves {
			p.Add("x.go", at(ms), false)
		}
		due, ok := p.Due()
		if ok != (test.due != nil) || ok && !due.Equal(at(test.due[0])) {
			t.Errorf("%s: %v %v", name, due.Sub(start), ok)
		}
		p.Take()
		if _, ok := p.Due(); ok {
			t.Errorf("%s: due after Take", name)
		}
	}
}

func TestPackagesOfTheSaves(t *testing.T) {
	disk := map[string]string{}
	p := NewPending()
	p.read = func(file string) (c content) { copy(c[:], disk[file]); return c }
	p.isPackage = func(dir string) bool { return dir != "only" }
	now := time.Now()
	for _, step := range []struct {
		name, write string // FILE=TEXT, FILE= for a removed file; -FILE during a run
		everything  bool
		want        string
	}{
		{name: "one", write: "a/x.go=1", want: "./a"},
		{name: "the same content by hand", write: "a/x.go=1", want: "./a"},
		{name: "several, sorted", write: "c/x.go=1 b/x.go=1 b/y.go=1", want: "./b ./c"},
		{name: "taken", want: ""},
		{name: "in a run", write: "-a/x.go=2", want: "./a"},
		{name: "the same content in a run", write: "-a/x.go=2", want: ""},
		{name: "a new file in a run", write: "-n/x.go=1", want: "./n"},
		{name: "a file that came and went in a run", write: "-t/tmp.go=", want: ""},
		{name: "a file that went in a run", write: "-n/x.go=", want: "./n"},
		{name: "a new package in a run", write: "-only/x.go=1", want: "./only"},
		{name: "it went with its package in a run", write: "-only/x.go=", want: ""},
		{name: "it came again in a run", write: "-only/x.go=1", want: ""},
		{name: "it came again in another form", write: "-only/x.go=2", want: "./only"},
		{name: "it went by hand", write: "only/x.go=", want: "./only"},
		{name: "in a run and by hand", write: "-a/x.go=2 a/x.go=2", want: "./a"},
		{name: "by hand and in a run", write: "a/x.go=2 -a/x.go=2", want: "./a"},
		{name: "everything", write: "a/x.go=2", everything: true, want: "./..."},
	} {
		for save := range strings.FieldsSeq(step.write) {
			file, text, _ := strings.Cut(save, "=")
			file, running := strings.CutPrefix(file, "-")
			disk[file] = text
			p.Add(file, now, running)
		}
		if step.everything {
			p.AddEverything(now)
		}
		if got := strings.Join(p.Take(), " "); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
}

func TestRightAfterARunIsDuringIt(t *testing.T) {
	p := NewPending()
	p.read = func(string) content { return content{1} }
	ended := time.Now()
	p.Add("a/x.go", ended, true)
	p.Take()
	p.RunEnded(ended)
	p.Add("a/x.go", ended.Add(quiet-1), false)
	if got := p.Take(); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	p.Add("a/x.go", ended.Add(quiet), false)
	if got := p.Take(); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}

// A test that writes different text each time causes a few runs, and no more until a file
// is saved between runs.
func TestTestsThatWriteFiles(t *testing.T) {
	version := byte(0)
	p := NewPending()
	p.read = func(string) content { version++; return content{version} }
	runs := 0
	for range 3 * mostInARow {
		p.Add("a/written.go", time.Now(), true)
		if len(p.Take()) > 0 && !p.Endless() {
			runs++
		}
	}
	if runs != mostInARow {
		t.Errorf("%d runs", runs)
	}
	p.Add("a/a.go", time.Now(), false)
	if got := p.Take(); len(got) != 1 || p.Endless() {
		t.Errorf("got %q after a save", got)
	}
	p.Add("a/written.go", time.Now(), true)
	if got := p.Take(); len(got) != 1 || p.Endless() {
		t.Errorf("got %q in the run after it", got)
	}
}

func TestReadContent(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.go")
	if err := os.WriteFile(file, []byte("package a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if readContent(file) == (content{}) {
		t.Error("nothing was read")
	}
	if readContent(dir) != (content{}) || readContent(filepath.Join(dir, "missing")) != (content{}) {
		t.Error("something was read")
	}
}

// A file that is no Go file counts, and has no package of its own.
func TestOtherFiles(t *testing.T) {
	p := NewPending()
	p.read = func(string) content { return content{1} }
	p.Add("a/testdata/x", time.Now(), false)
	p.Add("b/b.go", time.Now(), false)
	if got := p.Take(); !slices.Equal(got, []string{"./b"}) || !slices.Equal(p.Taken(), []string{"a/testdata/x", "b/b.go"}) {
		t.Errorf("%q, %q", got, p.Taken())
	}
	if got := p.Take(); len(got) != 0 || len(p.Taken()) != 0 {
		t.Errorf("%q, %q", got, p.Taken())
	}
	p.AddEverything(time.Now())
	if got := p.Take(); !slices.Equal(got, []string{Everything}) || len(p.Taken()) != 0 {
		t.Errorf("%q, %q", got, p.Taken())
	}
}

// Tests that write a package and remove it again stop a run once: what stopped it is known then, also
// if it is gone before it is tested.
func TestAPackageThatTestsRemoveAgain(t *testing.T) {
	exists := true
	p := NewPending()
	p.isPackage = func(string) bool { return exists }
	p.read = func(string) (c content) {
		if exists {
			c[0] = 1
		}
		return c
	}
	for run, want := range []int{1, 0, 0} {
		exists = true
		p.Add("only/x.go", time.Now(), true)
		if got, _ := p.Peek(); len(got) != want {
			t.Errorf("run %d: %q", run, got)
		}
		exists = false
		if got := p.Take(); len(got) != 0 {
			t.Errorf("run %d: took %q", run, got)
		}
	}
}

// A removed Go file counts where what depends on its package runs too, as long as the package is there.
func TestRemovedFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"a", "gone"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("a/left.go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	counts, ignores := func(string) bool { return false }, func(path string) bool { return filepath.Base(path) == "ignored.go" }
	with := &Watcher{Counts: counts, Ignores: ignores}
	for path, want := range map[string]int{"a/x.go": 1, "a/ignored.go": 0, "a/x.txt": 0, "gone/x.go": 0} {
		event := fsnotify.Event{Name: filepath.FromSlash(path), Op: fsnotify.Remove}
		if got := with.Changed(event); len(got) != want {
			t.Errorf("%s: %q", path, got)
		}
		if got := (&Watcher{}).Changed(event); got != nil {
			t.Errorf("%s without dependents: %q", path, got)
		}
	}
}
