package stream

import (
	"strings"
	"testing"
	"time"
)

func TestMerge(t *testing.T) {
	tests := map[string]struct {
		sources []string
		feed    []feed
		want    []string
	}{
		"each event names its shard": {
			sources: []string{"a", "b"},
			feed:    []feed{{0, ev("start", "p")}, {1, ev("start", "q")}, {0, ev("run", "p", "Test=T")}},
			want: []string{
				ev("start", "p", "Worker=a"), ev("start", "q", "Worker=b"), ev("run", "p", "Test=T", "Worker=a"),
			},
		},
		"one source's package ends at once": {
			sources: []string{"a"},
			feed:    []feed{{0, ev("start", "p")}, {0, ev("pass", "p", "Elapsed=1")}},
			want:    []string{ev("start", "p", "Worker=a"), ev("pass", "p", "Elapsed=1", "Worker=a")},
		},
		"a package of two sources starts once and ends when both have ended it": {
			sources: []string{"a", "b"},
			feed: []feed{
				{0, ev("start", "p")}, {1, ev("start", "p")},
				{0, ev("pass", "p", "Elapsed=1")}, {1, ev("run", "p", "Test=T")}, {1, ev("pass", "p", "Elapsed=2")},
			},
			want: []string{
				ev("start", "p", "Worker=a"), ev("run", "p", "Test=T", "Worker=b"), ev("pass", "p", "Elapsed=3", "Worker=a,b"),
			},
		},
		"a failure that comes first is not hidden": {
			sources: []string{"a", "b"},
			feed:    []feed{{0, ev("fail", "p")}, {1, ev("pass", "p")}},
			want:    []string{ev("fail", "p", "Worker=a,b")},
		},
		"a failure that comes last is not lost": {
			sources: []string{"a", "b"},
			feed:    []feed{{1, ev("pass", "p")}, {0, ev("fail", "p")}},
			want:    []string{ev("fail", "p", "Worker=a,b")},
		},
		"a package without tests in one source passes by the other": {
			sources: []string{"a", "b"},
			feed:    []feed{{0, ev("pass", "p")}, {1, ev("skip", "p")}},
			want:    []string{ev("pass", "p", "Worker=a,b")},
		},
		"an end is held until the other source can add nothing": {
			sources: []string{"a", "b"},
			feed:    []feed{{0, ev("start", "p")}, {0, ev("pass", "p")}, {1, ev("start", "q")}, {1, ev("pass", "q")}, {1, end}},
			want:    []string{ev("start", "p", "Worker=a"), ev("start", "q", "Worker=b"), ev("pass", "p", "Worker=a")},
		},
		"an end is held for the others, however often one source repeats it": {
			sources: []string{"a", "b"},
			feed:    []feed{{0, ev("start", "p")}, {0, ev("pass", "p")}, {0, ev("start", "p")}, {0, ev("pass", "p")}, {1, ev("start", "p")}, {1, ev("pass", "p")}},
			want:    []string{ev("start", "p", "Worker=a"), ev("pass", "p", "Worker=a,b")},
		},
		"a source that stops in a package fails it": {
			sources: []string{"a"},
			feed:    []feed{{0, ev("start", "p")}, {0, ev("run", "p", "Test=T")}, {0, end}},
			want: []string{
				ev("start", "p", "Worker=a"), ev("run", "p", "Test=T", "Worker=a"),
				`{"Action":"output","Package":"p","Output":"gotestshard: the output of shard a stopped before p ended\n","Worker":"a"}`,
				`{"Action":"fail","Package":"p","Elapsed":0,"Worker":"a"}`,
			},
		},
		"a source that stops in a package fails it for the others": {
			sources: []string{"a", "b"},
			feed:    []feed{{0, ev("start", "p")}, {1, ev("pass", "p")}, {0, end}},
			want: []string{
				ev("start", "p", "Worker=a"),
				`{"Action":"output","Package":"p","Output":"gotestshard: the output of shard a stopped before p ended\n","Worker":"a"}`,
				`{"Action":"fail","Package":"p","Elapsed":0,"Worker":"a,b"}`,
			},
		},
		"a package that comes again in one source cannot pass after it failed": {
			sources: []string{"a"},
			feed:    []feed{{0, ev("fail", "p")}, {0, ev("start", "p")}, {0, ev("pass", "p")}},
			want:    []string{ev("fail", "p", "Worker=a"), ev("start", "p", "Worker=a")},
		},
		"a package that comes again ends once": {
			sources: []string{"a"},
			feed:    []feed{{0, ev("start", "p")}, {0, ev("pass", "p")}, {0, ev("start", "p")}, {0, ev("run", "p", "Test=T")}, {0, ev("pass", "p")}},
			want:    []string{ev("start", "p", "Worker=a"), ev("pass", "p", "Worker=a"), ev("run", "p", "Test=T", "Worker=a")},
		},
		"a package that appears again and fails": {
			sources: []string{"a"},
			feed:    []feed{{0, ev("pass", "p")}, {0, ev("fail", "p")}},
			want:    []string{ev("pass", "p", "Worker=a"), ev("fail", "p", "Worker=a")},
		},
		"tests of one name do not run at the same time": {
			sources: []string{"a", "b", "c"},
			feed: []feed{
				{0, ev("run", "p", "Test=T")}, {1, ev("run", "p", "Test=T")}, {2, ev("start", "p")},
				{1, ev("output", "p", "Test=T", "Output=why\n")}, {0, ev("output", "p", "Test=T", "Output=a's\n")},
				{1, ev("fail", "p", "Test=T")}, {0, ev("pass", "p", "Test=T")}, {1, ev("fail", "p")}, {2, end},
				{0, ev("pass", "p")},
			},
			want: []string{
				ev("run", "p", "Test=T", "Worker=a"), ev("output", "p", "Test=T", "Output=a's\n", "Worker=a"),
				ev("pass", "p", "Test=T", "Worker=a"),
				ev("run", "p", "Test=T", "Worker=b"), ev("output", "p", "Test=T", "Output=why\n", "Worker=b"),
				ev("fail", "p", "Test=T", "Worker=b"), ev("start", "p", "Worker=c"),
				`{"Action":"output","Package":"p","Output":"gotestshard: the output of shard c stopped before p ended\n","Worker":"c"}`,
				`{"Action":"fail","Package":"p","Elapsed":0,"Worker":"a,b,c"}`,
			},
		},
		"a test that panicked in one source ends before the other runs it": {
			sources: []string{"a", "b"},
			feed: []feed{
				{0, ev("run", "p", "Test=T")}, {0, ev("run", "p", "Test=T/s")}, {0, ev("run", "p", "Test=Gone/s")}, {1, ev("run", "p", "Test=T")},
				{0, ev("fail", "p")}, {1, ev("pass", "p", "Test=T")}, {1, ev("pass", "p")},
			},
			want: []string{
				ev("run", "p", "Test=T", "Worker=a"), ev("run", "p", "Test=T/s", "Worker=a"), ev("run", "p", "Test=Gone/s", "Worker=a"),
				ev("fail", "p", "Test=T", "Elapsed=0", "Worker=a"), ev("fail", "p", "Test=T/s", "Elapsed=0", "Worker=a"),
				ev("run", "p", "Test=T", "Worker=b"), ev("pass", "p", "Test=T", "Worker=b"), ev("fail", "p", "Worker=a,b"),
			},
		},
		"a time is not lost and never infinite": {
			sources: []string{"a", "b"},
			feed: []feed{
				{0, ev("pass", "p", "Elapsed=2")}, {1, ev("pass", "p")},
				{0, ev("pass", "q", "Elapsed=1.7e308")}, {1, ev("pass", "q", "Elapsed=1.7e308")},
			},
			want: []string{ev("pass", "p", "Elapsed=2", "Worker=a,b"), ev("pass", "q", "Elapsed=1.7e308", "Worker=a,b")},
		},
		"build output has no package": {
			sources: []string{"a"},
			feed:    []feed{{0, `{"ImportPath":"p","Action":"build-output","Output":"x.go:1: no\n"}`}},
			want:    []string{`{"ImportPath":"p","Action":"build-output","Output":"x.go:1: no\n","Worker":"a"}`},
		},
		"the worker of a run inside is replaced": {
			sources: []string{"a"},
			feed: []feed{
				{0, `{"Action":"run","Package":"p","Test":"T","Worker":"gw1"}`},
				{0, `{"Worker":"gw1","Action":"run","Package":"p","Test":"T"}`},
				{0, `{"Action":"run","Worker" : "gw1" ,"Package":"p","Test":"T"}`},
			},
			want: []string{
				`{"Action":"run","Package":"p","Test":"T","Worker":"a"}`, `{"Action":"run","Package":"p","Test":"T","Worker":"a"}`,
				`{"Action":"run","Package":"p","Test":"T","Worker":"a"}`,
			},
		},
		"carriage returns and blank lines go": {
			sources: []string{"a"},
			feed:    []feed{{0, ev("run", "p", "Test=T") + "\r"}, {0, "\r"}, {0, ""}},
			want:    []string{ev("run", "p", "Test=T", "Worker=a")},
		},
		"a benchmark with a result, and its parent, pass in a package that fails": {
			sources: []string{"a"},
			feed: []feed{
				{0, ev("run", "p", "Test=BenchmarkA")}, {0, ev("run", "p", "Test=BenchmarkA/x")},
				{0, ev("output", "p", "Test=BenchmarkA/x", "Output=BenchmarkA/x-2 10 12.3 ns/op\n")},
				{0, ev("run", "p", "Test=BenchmarkB")}, {0, ev("fail", "p")},
			},
			want: []string{
				ev("run", "p", "Test=BenchmarkA", "Worker=a"), ev("run", "p", "Test=BenchmarkA/x", "Worker=a"),
				ev("output", "p", "Test=BenchmarkA/x", "Output=BenchmarkA/x-2 10 12.3 ns/op\n", "Worker=a"),
				ev("run", "p", "Test=BenchmarkB", "Worker=a"),
				ev("pass", "p", "Test=BenchmarkA", "Worker=a"), ev("pass", "p", "Test=BenchmarkA/x", "Worker=a"), ev("fail", "p", "Worker=a"),
			},
		},
		"a benchmark without an end passes with its package": {
			sources: []string{"a"},
			feed: []feed{
				{0, ev("run", "p", "Test=BenchmarkB")}, {0, ev("run", "p", "Test=BenchmarkC")},
				{0, ev("fail", "p", "Test=BenchmarkC")}, {0, ev("pass", "p")},
			},
			want: []string{
				ev("run", "p", "Test=BenchmarkB", "Worker=a"), ev("run", "p", "Test=BenchmarkC", "Worker=a"),
				ev("fail", "p", "Test=BenchmarkC", "Worker=a"), ev("pass", "p", "Test=BenchmarkB", "Worker=a"), ev("pass", "p", "Worker=a"),
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var sources []Source
			for _, source := range test.sources {
				sources = append(sources, Source{Name: source})
			}
			checkLines(t, mergeAll(t, NewMerge(sources), test.feed), test.want)
		})
	}
}

func TestMergeOfWorkersTakesOutTheWaiting(t *testing.T) {
	run := Run{Worker: "gw1", Waited: 1500 * time.Millisecond}
	known := false
	m := NewMerge([]Source{{Lookup: func(pkg string) (Run, bool) { return run, known && pkg == "p" }}})
	out := mergeAll(t, m, []feed{{0, ev("start", "p")}, {0, ev("start", "cached")}})
	known = true
	out += mergeAll(t, m, []feed{
		{0, ev("run", "p", "Test=T")},
		{0, ev("output", "p", "Test=T", "Output=ok  \tp\t9.000s\n")}, // printed by the test itself
		{0, ev("output", "p", "Output=ok  \tother\t9.000s\n")},
		{0, ev("output", "p", "Output=ok  \tp\t2.750s\tcoverage: 10.0% of statements\n")},
		{0, ev("output", "p", "Output=FAIL\tp\t1.000s\n")},
		{0, ev("output", "p", "Output=FAIL\tp [build failed]\n")},
		{0, ev("pass", "p", "Elapsed=2.751")},
		{0, ev("output", "cached", "Output=ok  \tcached\t(cached)\n")},
		{0, ev("pass", "cached", "Elapsed=2.7")},
	})
	checkLines(t, out, []string{
		ev("start", "p"), ev("start", "cached"),
		ev("run", "p", "Test=T", "Worker=gw1"),
		ev("output", "p", "Test=T", "Output=ok  \tp\t9.000s\n", "Worker=gw1"),
		ev("output", "p", "Output=ok  \tother\t9.000s\n", "Worker=gw1"),
		ev("output", "p", "Output=ok  \tp\t1.250s\tcoverage: 10.0% of statements\n", "Worker=gw1"),
		ev("output", "p", "Output=FAIL\tp\t0.000s\n", "Worker=gw1"),
		ev("output", "p", "Output=FAIL\tp [build failed]\n", "Worker=gw1"),
		ev("pass", "p", "Elapsed=1.251", "Worker=gw1"),
		ev("output", "cached", "Output=ok  \tcached\t(cached)\n"),
		ev("pass", "cached", "Elapsed=2.7"),
	})
}

func TestMergeOfWorkersTagsTheTestsOfASplitPackage(t *testing.T) {
	workers := map[string]string{"A": "gw0", "B@gw1": "gw1", "Ü": "gw2"}
	run := Run{Worker: "gw0", WorkerOf: func(test string) string { return workers[test] }}
	m := NewMerge([]Source{{Lookup: func(string) (Run, bool) { return run, true }}})
	out := mergeAll(t, m, []feed{{0, ev("start", "p")}, {0, ev("run", "p", "Test=A")}, {0, ev("run", "p", "Test=Late")}})
	workers["Late"] = "gw1"
	run.Worker = "gw0,gw1,gw2"
	out += mergeAll(t, m, []feed{
		{0, ev("run", "p", "Test=B@gw1/sub")}, {0, ev("pass", "p", "Test=Ü", "Elapsed=1")}, {0, ev("pass", "p", "Test=Late", "Elapsed=1")},
		{0, ev("output", "p", "Output=TestMain says\n")}, {0, ev("output", "p", "Output=and\tsays\n")},
		{0, ev("output", "p", "Output=ok  \tp\t1.000s\n")}, {0, ev("pass", "p", "Elapsed=1")},
	})
	checkLines(t, out, []string{
		ev("start", "p"), ev("run", "p", "Test=A", "Worker=gw0"), ev("run", "p", "Test=Late"),
		ev("run", "p", "Test=B@gw1/sub", "Worker=gw1"), ev("pass", "p", "Test=Ü", "Elapsed=1", "Worker=gw2"),
		ev("pass", "p", "Test=Late", "Elapsed=1", "Worker=gw1"),
		ev("output", "p", "Output=TestMain says\n"), ev("output", "p", "Output=and\tsays\n"),
		ev("output", "p", "Output=ok  \tp\t1.000s\n", "Worker=gw0,gw1,gw2"), ev("pass", "p", "Elapsed=1", "Worker=gw0,gw1,gw2"),
	})
}

// testjson would take everything after that line for output of the package.
func TestMergeLeavesTheOutputOfATimeoutToTheTestsOfASplitPackage(t *testing.T) {
	const panicked = "Output=panic: test timed out after 1s\n"
	workerOf := func(string) string { return "gw1" }
	for name, c := range map[string]struct {
		workerOf func(string) string
		lines    []string
	}{
		"split": {workerOf, []string{
			ev("output", "p", "Test=A", "Output=panic: test timed", "Worker=gw1"), ev("output", "p", "Test=A", "Output= out after 1s\n", "Worker=gw1"),
			ev("output", "p", "Output=panic: test timed out after 1s\n"),
		}},
		"whole": {nil, []string{ev("output", "p", "Test=A", panicked, "Worker=gw1"), ev("output", "p", panicked, "Worker=gw1")}},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewMerge([]Source{{Lookup: func(string) (Run, bool) { return Run{Worker: "gw1", WorkerOf: c.workerOf}, true }}})
			feeds := []feed{{0, ev("start", "p")}, {0, ev("output", "p", "Test=A", panicked)}, {0, ev("output", "p", panicked)}}
			checkLines(t, strings.SplitAfterN(mergeAll(t, m, feeds), "\n", 2)[1], c.lines)
		})
	}
}

func TestMergeOfWorkersAsksForAResultThatTheStreamLacks(t *testing.T) {
	runs := map[string]Run{"well": {Worker: "gw0", Passed: true}, "badly": {Worker: "gw1"}}
	m := NewMerge([]Source{{Lookup: func(pkg string) (Run, bool) { run, ok := runs[pkg]; return run, ok }}})
	checkLines(t, mergeAll(t, m, []feed{{0, ev("start", "well")}, {0, ev("start", "badly")}, {0, ev("start", "never")}, {0, end}}), []string{
		ev("start", "well", "Worker=gw0"), ev("start", "badly", "Worker=gw1"), ev("start", "never"),
		ev("output", "badly", "Output=gotestshard: the output of the go command stopped before badly ended\n", "Worker=gw1"),
		ev("output", "never", "Output=gotestshard: the output of the go command stopped before never ended\n"),
		ev("fail", "badly", "Elapsed=0", "Worker=gw1"), ev("fail", "never", "Elapsed=0"), ev("pass", "well", "Elapsed=0", "Worker=gw0"),
	})
}

func TestPackagesOfASource(t *testing.T) {
	m := NewMerge([]Source{{Name: "a"}, {Name: "b"}})
	mergeAll(t, m, []feed{{0, ev("fail", "p", "Elapsed=1.5")}, {1, ev("pass", "p", "Elapsed=2")}, {1, ev("skip", "q")}})
	want := []Package{{Name: "p", Result: "pass", Elapsed: 2 * time.Second}, {Name: "q", Result: "skip"}}
	if got := m.Packages(1); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
}
