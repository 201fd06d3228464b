package uncached

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

var (
	day1 = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	day2 = day1.Add(24 * time.Hour)
)

// put writes a file with a modification time.
func put(t *testing.T, name, text string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stamp(t, name, at)
}

func stamp(t *testing.T, name string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

// module is a package with files that a test reads, and what a run of it noted.
type module struct {
	dir   string // of the package
	root  string
	other string // outside the module
}

const log = `# test log
getenv HOME
getenv UNSET
open testdata/x.golden
open testdata/x.golden
stat testdata/stat
stat testdata/large
open testdata/dir
open testdata/tmp123456789
open testdata/missing
open OTHER/file
chdir OTHER/chdir
open relative
`

func newModule(t *testing.T) module {
	t.Helper()
	base := t.TempDir()
	m := module{root: filepath.Join(base, "m"), dir: filepath.Join(base, "m", "a"), other: filepath.Join(base, "other")}
	for _, dir := range []string{"testdata/dir", "../../other/chdir"} {
		if err := os.MkdirAll(filepath.Join(m.dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"../go.mod", "testdata/x.golden", "testdata/stat", "testdata/dir/one", "testdata/tmp123456789", "../../other/file", "log"} {
		put(t, m.at(name), "1", day1)
	}
	put(t, m.at("testdata/large"), strings.Repeat("1", mostContent+1), day1)
	stamp(t, m.at("testdata/dir"), day1)
	stamp(t, filepath.Join(m.other, "chdir"), day1)
	put(t, m.at("log"), strings.ReplaceAll(log, "OTHER", m.other), day1)
	return m
}

func (m module) at(name string) string { return filepath.Join(m.dir, filepath.FromSlash(name)) }

func watchOf(env ...string) *Watch { return New(Config{Env: environ.List(env)}) }

// ran returns what a run noted.
func (m module) ran(env ...string) state {
	s := state{identity: identity{Dir: m.dir, Action: "a", Content: "c"}, Zone: zone(), Key: []byte("key"), Time: day2}
	watchOf(env...).readInputs(&s, m.at("log"))
	return s
}

func (m module) now() current {
	return current{state: state{identity: identity{Dir: m.dir, Action: "a", Content: "c"}, Zone: zone()}, root: m.root}
}

func TestCausesOfInputs(t *testing.T) {
	home := "HOME=/secret"
	tests := map[string]struct {
		change func(t *testing.T, m module)
		env    string
		want   string
	}{
		"env differs":  {env: "HOME=/other", want: "env HOME differs"},
		"env is gone":  {env: "X=", want: "env HOME is not set any more"},
		"env is new":   {env: home + "\nUNSET=", want: "env UNSET is set now"},
		"GODEBUG":      {env: home + "\nGODEBUG=x=1", want: "env GODEBUG is set now"},
		"other env":    {env: home + "\nOTHER=1", want: ""},
		"content":      {change: func(t *testing.T, m module) { put(t, m.at("testdata/x.golden"), "2", day1) }, want: ""}, // the go command misses it too
		"content, new": {change: func(t *testing.T, m module) { put(t, m.at("testdata/x.golden"), "2", day2) }, want: "testdata/x.golden changed"},
		"size":         {change: func(t *testing.T, m module) { put(t, m.at("testdata/x.golden"), "22", day1) }, want: "testdata/x.golden changed"},
		"only a time": {change: func(t *testing.T, m module) { stamp(t, m.at("testdata/x.golden"), day2) },
			want: "testdata/x.golden has a new modification time; its content is the same: gotestshard cache prepare"},
		"large": {change: func(t *testing.T, m module) { put(t, m.at("testdata/large"), strings.Repeat("2", mostContent+1), day2) },
			want: "testdata/large has a new modification time"},
		"all times": {
			change: func(t *testing.T, m module) {
				for _, name := range []string{"testdata/x.golden", "testdata/stat", "testdata/dir/one", "testdata/dir"} {
					stamp(t, m.at(name), day2)
				}
			}, want: "testdata/dir/one and 2 more inputs have new modification times: gotestshard cache prepare",
		},
		"stat":    {change: func(t *testing.T, m module) { put(t, m.at("testdata/stat"), "2", day2) }, want: "testdata/stat changed"},
		"gone":    {change: func(t *testing.T, m module) { remove(t, m.at("testdata/x.golden")) }, want: "testdata/x.golden is gone"},
		"new":     {change: func(t *testing.T, m module) { put(t, m.at("testdata/missing"), "", day1) }, want: "testdata/missing is new"},
		"entry":   {change: func(t *testing.T, m module) { put(t, m.at("testdata/dir/two"), "", day1) }, want: "testdata/dir/two is new"},
		"no more": {change: func(t *testing.T, m module) { remove(t, m.at("testdata/dir/one")) }, want: "testdata/dir/one is gone"},
		"time of a folder": {change: func(t *testing.T, m module) { stamp(t, m.at("testdata/dir"), day2) },
			want: "the folder testdata/dir has a new modification time: gotestshard cache prepare"},
		"temporary":      {change: func(t *testing.T, m module) { remove(t, m.at("testdata/tmp123456789")) }, want: "testdata/tmp123456789 is gone, a temporary name that never repeats"},
		"outside":        {change: func(t *testing.T, m module) { put(t, filepath.Join(m.other, "file"), "22", day2) }, want: ""}, // the go command does not look there
		"chdir, outside": {change: func(t *testing.T, m module) { remove(t, filepath.Join(m.other, "chdir")) }, want: "OTHER/chdir is gone, a temporary name that never repeats"},
		"two": {env: "HOME=/other", change: func(t *testing.T, m module) {
			put(t, m.at("testdata/x.golden"), "22", day1)
			stamp(t, m.at("testdata/dir"), day2)
		},
			want: "env HOME differs; testdata/x.golden changed, and 1 other difference"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := newModule(t)
			before := m.ran(home)
			if before.Lost || before.Early != "" || before.More || strings.Contains(fmt.Sprintf("%+v", before), "secret") {
				t.Errorf("noted %+v", before)
			}
			if test.change != nil {
				test.change(t, m)
			}
			env := home
			if test.env != "" {
				env = test.env
			}
			got := ""
			if causes := watchOf(strings.Split(env, "\n")...).changes(m.now(), before); len(causes) > 0 {
				got = listed(causes)
			}
			if want := strings.ReplaceAll(test.want, "OTHER", filepath.ToSlash(m.other)); filepath.ToSlash(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	dir := filepath.Dir(name)
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	stamp(t, dir, info.ModTime())
}

func TestReasonOfATestThatRanBefore(t *testing.T) {
	m := newModule(t)
	w := watchOf("HOME=x")
	w.config.Cache = m.root
	same := m.ran("HOME=x")
	with := func(change func(s *state)) []state {
		s := same
		change(&s)
		return []state{s}
	}
	for want, earlier := range map[string][]state{
		"no earlier run with -n is known":                nil,
		"no result kept: the test failed last time":      with(func(s *state) { s.Failed = true }),
		"no result kept: the last run of the test ended": with(func(s *state) { s.Lost = true }),
		"no result kept: testdata/new was written less ": with(func(s *state) { s.Early = m.at("testdata/new") }),
		"not known: the test binary, its flags, and the": with(func(*state) {}),
		"the package was in /elsewhere":                  with(func(s *state) { s.Dir = "/elsewhere" }),
		"the time zone differs, in which go test notes":  with(func(s *state) { s.Zone = "other" }),
		"gotestshard was /old; -timeout differs; -parti": nil,
	} {
		if strings.HasPrefix(want, "gotestshard was") {
			want = "gotestshard was /old; -timeout differs; --partition selects other tests; -run differs"
			earlier = with(func(s *state) { s.Program, s.Timeout, s.Part, s.Args = "/old", "1s", "x", []string{"-test.run=A"} })
		}
		if got := w.reason(m.now(), earlier); !strings.HasPrefix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	put(t, m.at("testdata/x.golden"), "22", day1)
	if got := w.reason(m.now(), with(func(s *state) { s.Failed = true })); got != "testdata/x.golden changed; and the test failed last time, so no result was kept" {
		t.Error(got)
	}
	if err := os.WriteFile(filepath.Join(m.root, "testexpire.txt"), fmt.Appendf(nil, "%d\n", day2.Add(time.Hour).UnixNano()), 0o600); err != nil {
		t.Fatal(err)
	}
	// What differs from the last run may be as in one before it, whose result would do.
	for _, earlier := range [][]state{{same}, with(func(s *state) { s.Zone = "other" }), with(func(s *state) { s.Failed = true })} {
		if got := w.reason(m.now(), earlier); got != "no result kept: go clean -testcache was run" {
			t.Error(got)
		}
	}
}

// A file that was just written is noted, and a log that is cut off.
func TestWhatKeepsAResultFromBeingKept(t *testing.T) {
	m := newModule(t)
	put(t, m.at("testdata/x.golden"), "1", day2.Add(-time.Second))
	if s := m.ran(); s.Early != m.at("testdata/x.golden") {
		t.Errorf("%q", s.Early)
	}
	put(t, m.at("log"), "# test log\ngetenv HO", day1)
	if s := m.ran(); !s.Lost {
		t.Error("it is not noted that the log is cut off")
	}
	remove(t, m.at("log"))
	if s := m.ran(); !s.Lost {
		t.Error("it is not noted that there is no log")
	}
}

func TestALinkToAnotherFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege")
	}
	m := newModule(t)
	put(t, m.at("log"), "# test log\nstat testdata/link\n", day1)
	link := func(to string) {
		_ = os.Remove(m.at("testdata/link"))
		if err := os.Symlink(to, m.at("testdata/link")); err != nil {
			t.Fatal(err)
		}
	}
	link("stat")
	before := m.ran()
	link("../testdata/stat")
	if causes := watchOf().changes(m.now(), before); len(causes) != 1 || causes[0].text != "testdata/link is another link" {
		t.Errorf("%v", causes)
	}
}
