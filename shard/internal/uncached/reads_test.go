package uncached

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// noted makes a package with a passed run, of which everything was noted.
func noted(t *testing.T, change func(s *state)) (module, *Watch, Present) {
	t.Helper()
	m := newModule(t)
	put(t, m.at("../go.mod"), "module example.com/m\n", day1)
	put(t, m.at("a.go"), "package a\n\nimport _ \"embed\"\n\n//go:embed \"embedded one\" testdata/d*\nvar text string\n", day1)
	put(t, m.at("embedded one"), "1", day1)
	if err := os.Mkdir(filepath.Join(m.root, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	w := New(Config{Cache: t.TempDir(), Env: []string{"HOME=/secret"}})
	now := current{pkg: "example.com/m/a", module: "example.com/m", root: m.root}
	s := state{identity: identity{Dir: m.dir, Action: "a", Go: "go1.26.1"}, Key: []byte("key"), Modules: w.surroundings(m.root).hash(readFile)}
	s.Settings = map[string]string{"GOOS": s.secret(runtime.GOOS, true), "GOARCH": s.secret(runtime.GOARCH, true), "-tags": s.secret("x", true)}
	hash := part{path: "example.com/m/a", id: "1", source: w.sourceOf("example.com/m/a", now)}.hash()
	s.Built = hash[:]
	if change != nil {
		change(&s)
	}
	test := &Test{watch: w, pkg: "example.com/m/a", log: m.at("log"), state: s, record: record{Version: recordVersion}, keptOnly: true}
	test.End(0)
	return m, New(w.config), Present{
		Package: "example.com/m/a", Dir: m.dir, Module: "example.com/m", Go: "go1.26.1", Settings: map[string]string{"-tags": "x"},
		Local: []string{"example.com/m/a"}, Before: readFile,
		Differs: func(string) bool { return false }, Ignored: func(string) bool { return false },
	}
}

func TestReads(t *testing.T) {
	m, w, p := noted(t, nil)
	reads := w.Reads(p)
	if reads.Unknown != "" || reads.Always != "" || !reads.Passed || len(reads.Programs) > 0 {
		t.Errorf("%+v", reads)
	}
	for name, listed := range map[string]bool{"testdata/x.golden": false, "testdata/missing": false, "testdata/dir": true} {
		if !slices.Contains(reads.Names, Name{m.at(name), listed}) {
			t.Errorf("%s is not in %+v", name, reads.Names)
		}
	}
	if len(reads.Names) != 6 { // what is outside of the repository does not count
		t.Errorf("%+v", reads.Names)
	}
	if names := w.Names(p.Package, p.Dir); !slices.Equal(names, reads.Names) {
		t.Errorf("%+v", names)
	}
	if names := w.Names(p.Package, t.TempDir()); len(names) > 0 { // another repository
		t.Errorf("%+v", names)
	}
	if other := w.Reads(Present{Package: "example.com/m/none"}); other.Unknown != "no run of it with -n is known" {
		t.Errorf("%+v", other)
	}
}

// What a run noted counts only for the package as it was then.
func TestReadsOfAnotherState(t *testing.T) {
	for name, test := range map[string]struct {
		of     func(s *state)
		change func(t *testing.T, m module, p *Present)
		want   string // reads.Unknown, or after a ! reads.Always
	}{
		"a new time alone": {change: func(t *testing.T, m module, _ *Present) { stamp(t, m.at("testdata/x.golden"), day2) }},
		"source":           {change: func(t *testing.T, m module, _ *Present) { put(t, m.at("b_test.go"), "package a\n", day1) }, want: "example.com/m/a has changed since its last run"},
		"embedded":         {change: func(t *testing.T, m module, _ *Present) { put(t, m.at("embedded one"), "2", day1) }, want: "example.com/m/a has changed since its last run"},
		"embedded, in a folder": {change: func(t *testing.T, m module, _ *Present) { put(t, m.at("testdata/dir/one"), "2", day1) },
			want: "example.com/m/a has changed since its last run"},
		"another package": {change: func(_ *testing.T, _ module, p *Present) { p.Local = append(p.Local, "example.com/m/b") }, want: "example.com/m/b has changed since its last run"},
		"modules": {change: func(t *testing.T, m module, _ *Present) {
			put(t, m.at("../go.sum"), "x", day1)
		}, want: "go.mod has changed since its last run"},
		"modules, as they were before the change": {change: func(t *testing.T, m module, p *Present) {
			put(t, m.at("../go.mod"), "module example.com/m\ngo 1.26\n", day1)
			p.Before = func(name string) []byte {
				if name == m.at("../go.mod") {
					return []byte("module example.com/m\n")
				}
				return readFile(name)
			}
		}},
		"content": {change: func(t *testing.T, m module, _ *Present) { put(t, m.at("testdata/x.golden"), "2", day1) }, want: "a/testdata/x.golden, which it reads, has changed since its last run"},
		"content, known to differ": {change: func(t *testing.T, m module, p *Present) {
			put(t, m.at("testdata/x.golden"), "2", day1)
			p.Differs = func(name string) bool { return name == m.at("testdata/x.golden") }
		}},
		"content, ignored": {change: func(t *testing.T, m module, p *Present) {
			put(t, m.at("testdata/x.golden"), "2", day1)
			p.Ignored = func(string) bool { return true }
		}, want: "!reads a/testdata/x.golden, which git ignores, and which has changed since its last run"},
		"a new file": {change: func(t *testing.T, m module, _ *Present) { put(t, m.at("testdata/missing"), "2", day1) }, want: "a/testdata/missing, which it reads, has changed since its last run"},
		"a variable": {of: func(s *state) {
			s.Inputs = append(s.Inputs, input{Op: opEnv, Name: "HOME", Value: s.secret("/other", true)})
		}, want: "the variable HOME, which it reads, had another value in its last run"},
		"tags":        {change: func(_ *testing.T, _ module, p *Present) { p.Settings = nil }, want: "its last run was built with another -tags"},
		"-race":       {change: func(_ *testing.T, _ module, p *Present) { p.Settings["-race"] = "true" }, want: "its last run was built with another -race"},
		"the system":  {change: func(_ *testing.T, _ module, p *Present) { p.Settings["GOOS"] = "plan9" }, want: "its last run was built with another GOOS"},
		"Go":          {change: func(_ *testing.T, _ module, p *Present) { p.Go = "go1.27.1" }, want: "!Go is go1.27.1, and was go1.26.1 in its last run"},
		"some tests":  {of: func(s *state) { s.Some = true }, want: "only some of its tests ran in its last run"},
		"-short":      {of: func(s *state) { s.Args = []string{"-test.short=true"} }, want: "its last run had -short"},
		"-short, too": {of: func(s *state) { s.Args = []string{"-test.short=true"} }, change: func(_ *testing.T, _ module, p *Present) { p.Short = true }},
		"elsewhere":   {of: func(s *state) { s.Dir = filepath.Dir(s.Dir) }, want: "its last run was in another folder"},
	} {
		t.Run(name, func(t *testing.T) {
			m, w, p := noted(t, test.of)
			if test.change != nil {
				test.change(t, m, &p)
			}
			reads := w.Reads(p)
			got := reads.Unknown
			if strings.HasPrefix(test.want, "!") {
				got = "!" + reads.Always
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	m, w, p := noted(t, nil)
	failed := &Test{watch: w, pkg: p.Package, log: m.at("log"), state: state{identity: identity{Dir: m.dir, Action: "b", Go: "go1.26.1"}}, record: w.folder.read(p.Package), keptOnly: true}
	failed.End(1)
	if reads := w.Reads(p); reads.Unknown != "" { // another run still says it
		t.Errorf("%+v", reads)
	}
	if f := w.folder.read(p.Package); len(f.Further) != 2 || len(f.States) != 0 {
		t.Errorf("%+v", f)
	}
}

// A program that a test starts is logged like a file that it opens.
func TestPrograms(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("what is executable is not a matter of the mode")
	}
	m, _, _ := noted(t, nil)
	put(t, m.at("script"), "#!/bin/sh\n", day1)
	put(t, m.at("data"), "data", day1)
	for _, name := range []string{"script", "data"} {
		if err := os.Chmod(m.at(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	put(t, m.at("log"), logTitle+"open script\nopen data\nopen "+self+"\nstat "+self+"\nopen "+m.at("a.go")+"\nopen ../../other/file\n", day1)
	s := state{identity: identity{Dir: m.dir}, Time: time.Now()}
	watchOf().readInputs(&s, m.at("log"))
	if want := []string{"script", filepath.Base(self)}; !slices.Equal(s.Programs, want) {
		t.Errorf("%q, want %q", s.Programs, want)
	}
}

func TestSurroundings(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.work":  "go 1.26\nuse (\n\t./a\n\t./b\n)\n",
		"a/go.mod": "module example.com/a\nreplace x.org/y => ../y\n",
		"b/go.mod": "module example.com/a/b\n",
		"y/go.mod": "module x.org/y\nreplace x.org/z => ../z\n",
		"z/go.mod": "module x.org/z\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, name), text, day1)
	}
	for _, test := range []struct{ gowork, pkg, want string }{
		{"", "example.com/a/c", "a/c"}, {"", "example.com/a/b/c", "b/c"}, {"", "x.org/y", "y"}, {"", "x.org/z/d", "z/d"}, {"", "x.org/none", ""},
		{"off", "example.com/a/b/c", "a/b/c"}, {filepath.Join(dir, "none"), "example.com/a/c", "a/c"},
	} {
		got := surroundingsOf(filepath.Join(dir, "a"), test.gowork).dirOf(test.pkg)
		if want := filepath.Join(dir, test.want); got != want && (test.want != "" || got != "") {
			t.Errorf("GOWORK=%s, %s: %s", test.gowork, test.pkg, got)
		}
	}
}
