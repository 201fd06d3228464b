package uncached

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDisabled(t *testing.T) {
	for args, want := range map[string]string{
		"-test.paniconexit0 -test.v=test2json -test.timeout=0s":                         "",
		"-test.run=A -test.skip=B -test.short=true -test.cpu=1 -test.coverprofile=/tmp": "",
		"-test.v=true -test.gocoverdir=/tmp -test.count=1":                              "-count=1",
		"-test.cpuprofile=x":            "-cpuprofile=x",
		"-test.shuffle=on":              "-shuffle=on",
		"-test.timeout=0s word":         "the test gets the argument word",
		"-test.benchmem":                "-benchmem",
		"-test.timeout=0s -update=true": "the test gets the argument -update=true",
	} {
		if got := Disabled(strings.Fields(args)); got != want {
			t.Errorf("%s: %q", args, got)
		}
	}
}

func TestNewBinary(t *testing.T) {
	dir := t.TempDir()
	build := func(change func(c *current)) current {
		c := current{
			state:    state{identity: identity{Dir: dir, Go: "go1.26.8"}, Key: []byte("key")},
			settings: map[string]string{"GOARCH": "amd64"}, module: "example.com/m", pkg: "example.com/m/a",
			built: []part{{"example.com/m/a", "1", "1"}, {"example.com/m/a_test", "1", "1"}, {"example.com/m/internal/db", "1", "1"}, {"example.com/other", "v1.0.0", "v1.0.0"}},
		}
		change(&c)
		c.Settings = map[string]string{}
		for name, value := range c.settings {
			c.Settings[name] = c.secret(value, true)
		}
		for _, p := range c.built {
			hash := p.hash()
			c.Built = append(c.Built, hash[:]...)
		}
		return c
	}
	before := build(func(*current) {})
	for want, change := range map[string]func(c *current){
		"internal/db changed":             func(c *current) { c.built[0].id, c.built[2] = "2", part{"example.com/m/internal/db", "2", "2"} },
		"a and internal/db changed":       func(c *current) { c.built[0].id, c.built[2].id = "2", "2" }, // such as by go:embed
		"a changed":                       func(c *current) { c.built[1] = part{"example.com/m/a_test", "2", "2"} },
		"example.com/other changed":       func(c *current) { c.built[3] = part{"example.com/other", "v1.1.0", "v1.1.0"} },
		"go1.27.1 instead of go1.26.8":    func(c *current) { c.Go, c.built[0].id = "go1.27.1", "2" },
		"-race and GOARCH differ":         func(c *current) { c.settings = map[string]string{"GOARCH": "arm64", "-race": "true"} },
		"GOARCH differs":                  func(c *current) { c.settings = nil },
		"it no longer needs some package": func(c *current) { c.built = c.built[:3] },
		"the package was in " + dir:       func(c *current) { c.Dir = "/elsewhere" },
		"not known why; its packages, modules and build settings, and the version of Go, are those of its last run": func(*current) {},
	} {
		if got, _ := build(change).newBinary(before.state); got != "test binary is new: "+want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Of several earlier runs, the one with the fewest differences is compared.
func TestTheMostSimilarRunIsCompared(t *testing.T) {
	now := current{state: state{identity: identity{Action: "1", Args: []string{"-test.short=true"}}}}
	earlier := []state{
		{identity: identity{Action: "2", Args: []string{"-test.run=A"}}},
		{identity: identity{Action: "1", Args: []string{"-test.run=A", "-test.short=true"}}},
	}
	if got := watchOf().reason(now, earlier); got != "-run differs" {
		t.Error(got)
	}
}

func TestBuildID(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if id := buildID(self); strings.Count(id, "/") != 3 {
		t.Errorf("the build id of this test is %q", id)
	}
	name := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(name, []byte("MZ...\xff Go build ID: \"a/b/c/d\"\n \xff..."), 0o600); err != nil {
		t.Fatal(err)
	}
	if id := buildID(name); id != "a/b/c/d" {
		t.Errorf("%q", id)
	}
	if id := watchOf().packageID(name); id != "" {
		t.Errorf("%q", id)
	}
}

// An edit of a source file shows; one of another file, or of tests elsewhere, does not.
func TestSourceOf(t *testing.T) {
	m := newModule(t)
	now := m.now()
	put(t, m.at("../go.mod"), "module example.com/m\n", day1)
	now.pkg = "example.com/m/a"
	source := func(path string) string { return watchOf().sourceOf(path, now) }
	put(t, m.at("a.go"), "package a", day1)
	first := source("example.com/m/a")
	put(t, m.at("a_test.go"), "package a", day1)
	second := source("example.com/m/a")
	if first == "" || first == second || second != source("example.com/m/a_test") || source("example.com/m") == second {
		t.Errorf("%q, %q", first, second)
	}
	now.pkg = "example.com/m"
	if got := source("example.com/m/a"); got == second {
		t.Error("tests of another package count")
	}
	if source("example.com/other") != "" || source("example.com/m/none") != "" {
		t.Error("the source of a package that cannot be found is known")
	}
}

func TestRecordsAreBounded(t *testing.T) {
	f := folderIn(t.TempDir())
	if r := f.read("a"); !reflect.DeepEqual(r, record{Version: recordVersion}) {
		t.Errorf("%+v", r)
	}
	m := newModule(t)
	w := New(Config{Cache: filepath.Dir(string(f)), Run: "run"})
	for i := range mostStates + 2 {
		test := &Test{watch: w, pkg: "a", log: m.at("log"), record: f.read("a"), state: state{identity: identity{Dir: m.dir, Action: fmt.Sprint(i)}}}
		test.End(0)
		test.record = f.read("a")
		test.End(1) // of the same binary
	}
	r := f.read("a")
	newest := func(s state) bool { return s.Action == fmt.Sprint(mostStates+1) && s.Failed }
	if len(r.States) != mostStates || slices.IndexFunc(r.States, newest) != 0 {
		t.Errorf("%+v", r.States)
	}
	// Without a result that could be kept, only the reason changes.
	test := w.Begin("a", "", []string{"-test.count=1"}, nil, m.dir)
	test.End(0)
	if reason, ok := Reason(filepath.Dir(string(f)), "run", "a"); !ok || reason != "-count=1" || len(f.read("a").States) != mostStates {
		t.Errorf("%q, %v", reason, ok)
	}
	if _, ok := Reason(filepath.Dir(string(f)), "other", "a"); ok {
		t.Error("the reason of another run is taken")
	}
	now := time.Now()
	f.removeOld(now.Add(longest + time.Hour))
	if _, err := os.Stat(f.name("a")); err == nil {
		t.Error("a record that was not written for long stays")
	}
}

func TestLongListsAreCut(t *testing.T) {
	m := newModule(t)
	var text strings.Builder
	text.WriteString("# test log\n")
	for i := range mostInputs + 10 {
		fmt.Fprintf(&text, "getenv X%d\n", i)
	}
	put(t, m.at("log"), text.String(), day1)
	if s := m.ran(); len(s.Inputs) != mostInputs || !s.More {
		t.Errorf("%d, %v", len(s.Inputs), s.More)
	}
}

// A record that lacks something is as if there were none.
func TestDamagedRecord(t *testing.T) {
	f := folder(t.TempDir())
	for text, want := range map[string]string{
		`{"Version":1,"Reason":"x","States":[{"Inputs":[{"Op":"getenv","Name":"HOME"}]}]}`: "x",
		`{"Version":1,"Reason":"x","States":[{"Inputs":[{"Op":"open","Name":"/a"}]}]}`:     "",
		`{"Version":1,"Reason":"x","States":`:                                              "",
		`{"Version":0,"Reason":"x"}`:                                                       "",
	} {
		if err := os.WriteFile(f.name("a"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := f.read("a"); r.Reason != want || r.Version != recordVersion {
			t.Errorf("%s: %+v", text, r)
		}
	}
}
