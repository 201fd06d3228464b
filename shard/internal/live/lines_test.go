package live

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/fatih/color"
	"go.uber.org/goleak"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
)

func TestMain(m *testing.M) {
	color.NoColor = true
	goleak.VerifyTestMain(m)
}

// known is a source with fixed answers.
type known struct {
	busy     []Busy
	usual    map[string]time.Duration // by package.test
	expected map[string]Package
}

func (k *known) Busy() []Busy                 { return k.busy }
func (k *known) Expected() map[string]Package { return k.expected }
func (k *known) Usual(pkg, test string) (time.Duration, bool) {
	took, ok := k.usual[pkg+"."+test]
	return took, ok
}

// note passes events on, such as "gw0 m/store TestImport run". "@2s" waits, and "rerun" is
// for what follows.
func note(s *State, events ...string) {
	runID := 0
	for _, text := range events {
		if pause, ok := strings.CutPrefix(text, "@"); ok {
			took, err := time.ParseDuration(pause)
			if err != nil {
				panic(err)
			}
			time.Sleep(took)
			continue
		}
		if text == "rerun" {
			runID++
			continue
		}
		words := strings.SplitN(text, " ", 5)
		event := testjson.TestEvent{Package: words[1], Action: testjson.Action(words[len(words)-1]), RunID: runID}
		switch len(words) {
		case 4:
			event.Test = words[2]
		case 5:
			event.Test, event.Action, event.Output = words[2], testjson.ActionOutput, words[4]
		}
		s.Note(event, words[0])
	}
}

func TestLines(t *testing.T) {
	two := map[string]Package{"m/store": {Tests: 3, Known: 3, Took: 20 * time.Second}, "m/api": {Tests: 1021, Known: 1021, Took: 100 * time.Second}}
	usual := map[string]time.Duration{"m/store.TestImport": 4 * time.Second, "m/api.TestB": 50 * time.Millisecond}
	began := func(busy ...string) func() []Busy {
		return func() (all []Busy) {
			for _, b := range busy {
				worker, pkg, _ := strings.Cut(b, " ")
				all = append(all, Busy{Worker: worker, Package: pkg, Since: time.Now()})
			}
			return all
		}
	}
	for _, test := range []struct {
		name          string
		workers       string // gw0 gw1 unless set
		busy          func() []Busy
		expected      map[string]Package
		events        []string
		width, height int
		want          string
	}{
		{"nothing is known", "", nil, nil, []string{"@3s"}, 80, 24, `
0 tests  building  3s`},
		{"it builds", "", began("gw0 m/store"), two, []string{" m/store start", "gw0 m/store TestImport run", "@2s"}, 80, 24, `
[gw0] 2s m/store.TestImport (usually 4s)
0/1,024 tests  building: 1 of 2 test binaries are ready  2s`},
		{"all workers are busy, so another binary may be ready", "", began("gw0 m/store", "gw1 m/store"), two, []string{" m/store start", "@2s"}, 80, 24, `
[gw0] 2s m/store
[gw1] 2s m/store
0/1,024 tests  2s  about 1m0s left`},
		{"slow and failed tests", "", began("gw0 m/store", "gw1 m/api"), two, []string{
			" m/store start", " m/api start", "gw0 m/store TestImport run", "@125s", "gw1 m/api TestA run", "gw1 m/api TestA/sub run", "@1s",
			"gw1 m/api TestA/sub fail", "gw1 m/api TestA fail", "gw1 m/api TestB run", "@5s"}, 80, 24, `
[gw0] 2m11s m/store.TestImport (usually 4s)
[gw1]    5s m/api.TestB (usually 50ms)
1/1,024 tests  1 failed  2m11s  about 1m0s left`},
		{"less than a second is left", "gw0", began("gw0 m/a"), map[string]Package{"m/a": {Tests: 1, Known: 1, Took: 3 * time.Second, Whole: true}}, []string{" m/a start", "@2500ms"}, 80, 24, `
[gw0] 2s m/a
0/1 tests  2s`},
		{"narrow", "", began("gw0 m/store", "gw1 m/api"), two, []string{
			" m/store start", " m/api start", "gw0 m/store TestImport run", "gw1 m/api Test世界世界世界世界世界 run", "@125s"}, 20, 24, `
[gw0] 2m5s …stImport
[gw1] 2m5s …世界世界
0/1,024 tests  2m5s`},
		{"very narrow", "", began("gw0 m/store"), two, []string{" m/store start", "gw0 m/store TestImport run", "@125s"}, 7, 24, `
2m5s m…
0/1,02…`},
		{"low", "", began("gw0 m/store", "gw1 m/api"), nil, []string{" m/store start", "@1s"}, 80, 3, `
0 tests  1s`},
		{"one line", "", nil, nil, nil, 80, 1, ""},
		{"more workers than lines", "gw0 gw1 gw2 gw3 gw4 gw5", nil, nil, []string{
			"gw4 m/a Test4 run", "@1s", "gw1 m/a Test1 run", "@1s", "gw0 m/a Test0 run", "gw2 m/a Test2 run", "gw5 m/a Test5 run", "@1s"}, 80, 8, `
[gw1] 2s m/a.Test1
[gw4] 3s m/a.Test4
… and 3 more
0 tests  3s`},
		{"parallel tests, of which paused ones do not count", "", began("gw0 m/p"), nil, []string{
			" m/p start", "gw0 m/p TestA run", "gw0 m/p TestA pause", "@1s", "gw0 m/p TestB run", "gw0 m/p TestB pause", "gw0 m/p TestC run", "gw0 m/p TestC pause",
			"gw0 m/p TestB cont", "gw0 m/p TestA cont", "@2s"}, 80, 24, `
[gw0] 2s m/p.TestA, and 1 more
0 tests  3s`},
		{"reruns", "", nil, nil, []string{" m/a start", "gw0 m/a TestA run", "gw0 m/a TestA fail", "gw0 m/a TestB fail", "gw0 m/a fail", "rerun",
			" m/a start", "gw0 m/a TestA run", "gw0 m/a TestA pass", "gw0 m/a pass"}, 80, 24, `
2 tests  1 failed  1 flaky  rerun 1  0s`},
		{"a package that failed outside its tests, and one that passed again", "", nil, nil, []string{" m/a start", "gw0 m/a fail", " m/b start", " m/b fail", "rerun",
			" m/b start", " m/b pass"}, 80, 24, `
0 tests  1 failed  1 flaky  rerun 1  0s`},
		{"a test that its process did not end", "", nil, nil, []string{" m/a start", "gw0 m/a TestA run", "gw0 m/a fail", "@1s"}, 80, 24, `
0 tests  1 failed  1s`},
		{"the end of a test has not arrived yet", "", began("gw0 m/b"), nil, []string{"gw0 m/a TestA run", "gw1 m/a TestB run", "@1s"}, 80, 24, `
[gw0] 1s m/b
0 tests  1s`},
		{"a hostile name", "", nil, nil, []string{"gw0 m/a Test\x1b[2J\n\u0085x run"}, 80, 24, `
[gw0] 0s m/a.Test��x
0 tests  0s`},
		{"more tests than the source shows", "", nil, map[string]Package{"m/a": {Tests: 1}}, []string{" m/a start", " m/a TestA pass", " m/a TestB pass"}, 80, 24, `
2 tests  0s`},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				workers := "gw0 gw1"
				if test.workers != "" {
					workers = test.workers
				}
				s := NewState(strings.Fields(workers))
				if test.busy != nil || test.expected != nil {
					k := &known{usual: usual, expected: test.expected}
					if test.busy != nil {
						k.busy = test.busy()
					}
					s.Follow(k)
				}
				s.Lines(80, 24) // when a worker began to wait
				note(s, test.events...)
				lines := s.Lines(test.width, test.height)
				if got := strings.Join(lines, "\n"); got != strings.TrimPrefix(test.want, "\n") {
					t.Errorf("got\n%s\nwant%s", got, test.want)
				}
			})
		})
	}
}

// No line is wider than the terminal, at any width.
func TestLinesFit(t *testing.T) {
	for _, heading := range [][]string{nil, {"世界/db.go changed", "last run: 2 tests failed", "watching 26 packages in 世界"}} {
		synctest.Test(t, func(t *testing.T) { linesFit(t, heading) })
	}
}

func linesFit(t *testing.T, heading []string) {
	s := NewState([]string{"gw0", "gw1", "世界"})
	s.keys = true
	s.heading, s.reasons = heading, map[string]string{"m/a": "imports 世界, which changed", "m/b": "世界"}
	s.Follow(&known{usual: map[string]time.Duration{"m/a.TestLong": time.Second}, expected: map[string]Package{"m/a": {Tests: 3_000_000, Known: 3_000_000, Took: time.Hour}}, busy: []Busy{
		{"gw0", "m/a", time.Now()}, {"gw1", "m/b", time.Now()}, {"世界", "m/c", time.Now()},
	}})
	note(s, " m/a start", "gw0 m/a TestLong run", "gw0 m/a TestOther run", "gw1 m/b Test👩‍👩‍👧e\u0301한국 run", "世界 m/c Test run", "gw0 m/a TestX fail", "@3h")
	for width := range 120 {
		for height := range 12 {
			lines := s.Lines(width, height)
			if len(lines) > AreaHeight(len(s.workers), len(s.heading) > 0, height) {
				t.Fatalf("%d lines in a terminal of %d", len(lines), height)
			}
			for _, line := range lines {
				if got := displaywidth.String(line); got > width {
					t.Fatalf("%q is %d wide, more than %d", line, got, width)
				}
			}
		}
	}
}

// In watch mode the area shows what changed and why each package runs, as far as there is room.
func TestLinesOfTheWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewState([]string{"gw0", "gw1"})
		s.heading = []string{"db/conn.go changed", "last run: 2 tests failed", "watching 26 packages in m"}
		s.reasons = map[string]string{"m/db": "db/conn.go changed", "m/store": "imports db, which changed"}
		s.Follow(&known{usual: map[string]time.Duration{"m/store.TestImport": 4 * time.Second}, busy: []Busy{{"gw0", "m/db", time.Now()}, {"gw1", "m/store", time.Now()}}})
		note(s, " m/store start", "gw1 m/store TestImport run", "@2s")
		for _, test := range []struct {
			width, height int
			want          string
		}{
			{90, 24, `
db/conn.go changed  last run: 2 tests failed  watching 26 packages in m
[gw0] 2s m/db  db/conn.go changed
[gw1] 2s m/store.TestImport (usually 4s)  imports db, which changed
0 tests  2s`},
			{60, 24, `
db/conn.go changed  last run: 2 tests failed
[gw0] 2s m/db  db/conn.go changed
[gw1] 2s m/store.TestImport (usually 4s)
0 tests  2s`},
			{16, 6, `
db/conn.go chan…
[gw0] 2s m/db
0 tests  2s`},
			{90, 4, `
db/conn.go changed  last run: 2 tests failed  watching 26 packages in m
0 tests  2s`},
		} {
			if got := strings.Join(s.Lines(test.width, test.height), "\n"); got != strings.TrimPrefix(test.want, "\n") {
				t.Errorf("%d by %d: got\n%s\nwant%s", test.width, test.height, got, test.want)
			}
		}
	})
}

func TestColorsOfLines(t *testing.T) {
	color.NoColor = false
	defer func() { color.NoColor = true }()
	n := snapshot{failed: 2, flaky: 1, done: 5, rows: []row{{worker: "gw0", pkg: "m/a", test: "TestA", since: 9 * time.Second, usual: 4 * time.Second}}}
	got := n.lines(80, 24, format.NewPrefixes(nil))
	want := []string{"[gw0] \x1b[33m9s m/a.TestA (usually 4s)\x1b[0m", "5 tests  \x1b[31m2 failed\x1b[0m  \x1b[33m1 flaky\x1b[0m  0s"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for since, slow := range map[time.Duration]bool{8 * time.Second: false, 8*time.Second + 1: true} {
		if r := (row{since: since, usual: 4 * time.Second}); r.slow() != slow {
			t.Errorf("%v: slow %v", since, r.slow())
		}
	}
}

func TestRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewState([]string{"gw0", "gw1"})
		s.Follow(&known{usual: map[string]time.Duration{"m/a.TestB": 1234 * time.Millisecond}, expected: map[string]Package{"m/a": {Tests: 4}}, busy: []Busy{
			{"gw0", "m/a", time.Now()}, {"gw1", "m/b", time.Now()},
		}})
		events := []string{" m/a start", "gw0 m/a TestA run", "gw0 m/a TestA/x run", "gw0 m/a TestA/x/y run", "gw0 m/a TestA/x/y output \x1b[2Jlast\r\n", "@1s", "gw0 m/a TestB run"}
		for i := range 2000 {
			events = append(events, fmt.Sprintf("gw0 m/a TestB output line %d\n", i))
		}
		note(s, append(events, "gw0 m/a TestC run", "gw0 m/a TestC pause", "gw0 m/a TestD fail", "@2s")...)
		const want = `running for 3s: 1 of 4 tests done, 1 failed
[gw0] m/a.TestA/x/y 3s
        last
[gw0] m/a.TestB 2s (usually 1.2s)
        line 1995
        line 1996
        line 1997
        line 1998
        line 1999
[gw1] m/b 3s
`
		if got := s.Running(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		for i := range 200 {
			note(s, fmt.Sprintf("gw1 m/b Test%d run", i))
		}
		if got := s.Running(); !strings.HasSuffix(got, "\nand 102 more\n") || strings.Count(got, "[gw1]") != 98 {
			t.Errorf("got\n%s", got)
		}
	})
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{1234567: "1ms", 40 * time.Millisecond: "40ms", 4230 * time.Millisecond: "4.2s", 4 * time.Second: "4s", 74600 * time.Millisecond: "1m15s"} {
		if got := about(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}

func TestShowsProgress(t *testing.T) {
	for env, want := range map[string]bool{
		"": false, "WT_SESSION=x": true, "ConEmuANSI=ON": true, "ConEmuANSI=OFF": false, "TERM_PROGRAM=ghostty": true, "TERM_PROGRAM=WezTerm": true,
		"TERM_PROGRAM=kitty": false, "TERM_PROGRAM=ghostty TMUX=x": false, "WT_SESSION=x STY=x": false,
	} {
		get := func(name string) string {
			for variable := range strings.FieldsSeq(env) {
				if value, ok := strings.CutPrefix(variable, name+"="); ok {
					return value
				}
			}
			return ""
		}
		if got := showsProgress(get); got != want {
			t.Errorf("%q: %v", env, got)
		}
	}
	s := NewState([]string{"gw0"})
	k := &known{}
	s.Follow(k)
	for _, step := range []struct {
		expected map[string]Package
		events   []string
		want     string
	}{
		{nil, nil, "4;3"},
		{map[string]Package{"a": {Tests: 3}}, []string{" a start"}, "4;1;0"},
		{map[string]Package{"a": {Tests: 3}}, []string{"gw0 a TestA pass"}, "4;1;33"},
		{map[string]Package{"a": {Tests: 3}}, []string{"gw0 a TestB fail"}, "4;2;66"},
	} {
		k.expected = step.expected
		note(s, step.events...)
		if got := s.progress(); got != "\x1b]9;"+step.want+"\x1b\\" {
			t.Errorf("%q, want %s", got, step.want)
		}
	}
}
