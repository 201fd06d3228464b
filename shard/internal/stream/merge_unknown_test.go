package stream

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

// An event that does not open a package changes nothing: not the owner, not what has
// ended, and not the events of other sources.
func TestMergeOfUnknownActions(t *testing.T) {
	note := func(pairs ...string) string { return ev("note", "p", pairs...) }
	noteA := ev("note", "p", "Test=A", "tEST=", "Worker=a") // see untested
	for name, test := range map[string]struct {
		feed []feed
		want []string
	}{
		"after an end": {
			[]feed{
				{0, ev("start", "p")}, {0, ev("run", "p", "Test=A")}, {0, ev("pass", "p", "Test=A")}, {0, ev("pass", "p")}, {0, note()}, {0, note("Test=A")}, {0, end},
				{1, ev("start", "p")}, {1, ev("run", "p", "Test=B")}, {1, ev("fail", "p", "Test=B")}, {1, ev("fail", "p")}, {1, end},
			},
			[]string{
				ev("start", "p", "Worker=a"), ev("run", "p", "Test=A", "Worker=a"), ev("pass", "p", "Test=A", "Worker=a"), note("Worker=a"), noteA,
				ev("run", "p", "Test=B", "Worker=b"), ev("fail", "p", "Test=B", "Worker=b"), ev("fail", "p", "Worker=a,b"),
			},
		},
		"before a start": {
			[]feed{{0, note()}, {1, ev("start", "p")}, {1, ev("pass", "p")}, {0, end}},
			[]string{note("Worker=a"), ev("start", "p", "Worker=b"), ev("pass", "p", "Worker=b")},
		},
		"among what is held back": {
			[]feed{
				{0, ev("start", "p")}, {1, note("Key=first")}, {1, ev("run", "p", "Test=B")}, {1, note("Key=second")}, {0, note("Key=own")},
				{0, ev("pass", "p")}, {1, ev("pass", "p", "Test=B")}, {1, ev("pass", "p")},
			},
			[]string{
				ev("start", "p", "Worker=a"), note("Key=first", "Worker=b"), note("Key=own", "Worker=a"), ev("run", "p", "Test=B", "Worker=b"),
				note("Key=second", "Worker=b"), ev("pass", "p", "Test=B", "Worker=b"), ev("pass", "p", "Worker=a,b"),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			checkLines(t, mergeAll(t, NewMerge([]Source{{Name: "a"}, {Name: "b"}}), test.feed), test.want)
		})
	}
}

// With workers, one go command reports for all of them.
func TestMergeOfWorkersLetsUnknownActionsPass(t *testing.T) {
	m := NewMerge([]Source{{Lookup: func(string) (Run, bool) { return Run{Worker: "gw1"}, true }}})
	feeds := []feed{{0, ev("note", "p")}, {0, ev("start", "p")}, {0, ev("pass", "p")}, {0, ev("note", "p", "Test=A")}, {0, end}}
	checkLines(t, mergeAll(t, m, feeds), []string{
		ev("note", "p", "Worker=gw1"), ev("start", "p", "Worker=gw1"), ev("pass", "p", "Worker=gw1"), ev("note", "p", "Test=A", "tEST=", "Worker=gw1"),
	})
}

// A line keeps its worker while it is held back.
func TestMergeKeepsTheWorkerOfALineThatIsHeldBack(t *testing.T) {
	same := func(own string) string { return own }
	m := NewMerge([]Source{{Name: "1", Worker: same}, {Name: "2", Worker: same}})
	checkLines(t, mergeAll(t, m, []feed{
		{0, ev("start", "p", "Worker=gw0")}, {1, `{"action":"run","Package":"p","Test":"T","worker":"gw3"}`},
		{1, `{"action":"fail","Package":"p","worker":"gw4"}`}, {0, ev("pass", "p", "Worker=gw0")},
	}), []string{
		ev("start", "p", "Worker=gw0"), `{"action":"run","Package":"p","Test":"T","Worker":"gw3"}`,
		`{"Action":"fail","Package":"p","Test":"T","Elapsed":0,"Worker":"gw4"}`, ev("fail", "p", "Worker=gw0,gw4"),
	})
}

// testjson takes an event with an unknown action for the end of its test.
func TestMergeHidesTestsOfUnknownActionsFromTestjson(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	feeds := []feed{
		{0, ev("start", "p")}, {0, ev("run", "p", "Test=A")}, {0, ev("output", "p", "Test=A", "Output=before\n")},
		{0, ev("artifacts", "p", "Test=A", "Path=/x")}, {0, ev("note", "p", "Test=A", "Value="+long)}, {0, `{"action":"retry","Package":"p","Test":"A"}`},
		{0, ev("output", "p", "Test=A", "Output=after\n")}, {0, ev("fail", "p", "Test=A")}, {0, ev("fail", "p")},
	}
	out := mergeAll(t, NewMerge([]Source{{Name: "a"}}), feeds)
	exec, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: strings.NewReader(out)})
	if err != nil {
		t.Fatal(err)
	}
	failed := exec.Package("p").Failed
	if exec.Total() != 1 || len(failed) != 1 {
		t.Fatalf("%d tests, failed: %v", exec.Total(), failed)
	}
	if got := strings.Join(exec.OutputLines(failed[0]), ""); got != "before\nafter\n" {
		t.Errorf("its output: %q", got)
	}
	if strings.Count(out, untested+`,"Worker":"a"}`) != 3 {
		t.Errorf("got %.3000s", out)
	}
}

// said is an event of a random stream, with a number to recognize it.
type said struct {
	Action, Package, Test, Worker string
	Number                        int
}

// randomStream is the stream of a source for some packages: complete, or cut off. It
// includes unknown events.
func randomStream(random *rand.Rand, number *int) []said {
	var events []said
	say := func(action, pkg, test string) {
		*number++
		events = append(events, said{action, pkg, test, "", *number})
	}
	maybeNote := func(pkg string) {
		for random.IntN(4) == 0 {
			say([]string{"note", "retry", "Start", ""}[random.IntN(3)], pkg, []string{"", "A", "X"}[random.IntN(3)])
		}
	}
	pkgs := []string{"p", "q", "r"}
	for range 1 + random.IntN(4) {
		pkg := pkgs[random.IntN(len(pkgs))]
		maybeNote(pkg)
		say("start", pkg, "")
		for _, test := range []string{"A", "B"}[random.IntN(3)%2:] {
			maybeNote(pkg)
			say("run", pkg, test)
			say("output", pkg, test)
			maybeNote(pkg)
			say([]string{"pass", "fail", "skip"}[random.IntN(3)], pkg, test)
		}
		maybeNote(pkg)
		say("output", pkg, "")
		say([]string{"pass", "fail", "skip"}[random.IntN(3)], pkg, "")
		maybeNote(pkg)
	}
	if random.IntN(4) == 0 {
		events = events[:random.IntN(len(events)+1)]
	}
	return events
}

// FuzzMergeLosesNothing merges random streams in random order. All events of a source are
// written, in order within a package, and a package's result is the worst one.
func FuzzMergeLosesNothing(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, uint8(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, count uint8) {
		random := rand.New(rand.NewPCG(seed, 0))
		var sources []Source
		var streams [][]said
		var waiting []int // sources that have not ended
		number := 0
		for i := range 1 + int(count)%4 {
			sources = append(sources, Source{Name: fmt.Sprintf("s%d", i)})
			streams = append(streams, randomStream(random, &number))
			waiting = append(waiting, i)
		}
		m := NewMerge(sources)
		var out []byte
		var err error
		want := map[string][]int{}     // by source and package
		results := map[string]string{} // by package
		open := map[string]bool{}      // by source and package
		for len(waiting) > 0 {
			at := random.IntN(len(waiting))
			i := waiting[at]
			if len(streams[i]) == 0 {
				waiting = slices.Delete(waiting, at, at+1)
				if out, err = m.End(out, i, nil); err != nil {
					t.Fatal(err)
				}
				continue
			}
			e := streams[i][0]
			streams[i] = streams[i][1:]
			line, _ := json.Marshal(e)
			if out, err = m.Line(out, i, line); err != nil {
				t.Fatal(err)
			}
			key := sources[i].Name + " " + e.Package
			h := &header{action: []byte(e.Action)}
			switch {
			case e.Test == "" && h.ends():
				results[e.Package] = worse(e.Action, results[e.Package])
				open[key] = false
				continue
			case h.opens():
				open[key] = true
			}
			if e.Action != "start" {
				want[key] = append(want[key], e.Number)
			}
		}
		for key, is := range open {
			if _, pkg, _ := strings.Cut(key, " "); is {
				results[pkg] = "fail" // it was cut off
			}
		}
		got := map[string][]int{}
		ends := map[string]string{}
		running := map[string]string{} // by package and test
		for line := range strings.Lines(string(out)) {
			var e said
			line = strings.Replace(line, untested, "", 1)
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			test := e.Package + " " + e.Test
			switch {
			case e.Test == "" && (&header{action: []byte(e.Action)}).ends():
				ends[e.Package] = e.Action
				continue
			case e.Action == "run" && running[test] != "":
				t.Errorf("%s runs twice at a time", test)
			case e.Action == "run":
				running[test] = e.Worker
			case e.Test != "" && (&header{action: []byte(e.Action)}).ends():
				delete(running, test)
			}
			if e.Action != "start" && e.Number > 0 {
				got[e.Worker+" "+e.Package] = append(got[e.Worker+" "+e.Package], e.Number)
			}
		}
		for key := range want {
			if !slices.Equal(got[key], want[key]) {
				t.Errorf("%s: got %v, want %v", key, got[key], want[key])
			}
		}
		for pkg, result := range results {
			if ends[pkg] != result {
				t.Errorf("%s ended with %q, want %q", pkg, ends[pkg], result)
			}
		}
		if len(running) > 0 && len(sources) > 1 { // otherwise testjson ends them
			t.Errorf("without an end: %v", running)
		}
	})
}
