package page

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
)

var update = flag.Bool("update", false, "update golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update to accept); got\n%s", name, got)
	}
}

// at is a time after the start of the sample.
func at(ms int) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, ms*1e6, time.UTC)
}

func sample() Run {
	test := func(pkg, name string, outcome Outcome, worker string, from, to int) Result {
		return Result{Name: Name{"example.com/m/" + pkg, name}, Outcome: outcome, Worker: worker, Started: at(from), Ended: at(to), Elapsed: at(to).Sub(at(from))}
	}
	again := test("b", "TestFlaky", Passed, "gw1", 3000, 3100)
	again.Attempt = 1
	first := test("b", "TestFlaky", Failed, "gw1", 2000, 2100)
	first.Output = "    b_test.go:7: the first time\n"
	skipped := test("a", "TestSkip", Skipped, "gw0", 1500, 1500)
	skipped.Output = "    a_test.go:9: not here\n"
	return Run{
		Summary: report.Summary{
			Started: at(0), Elapsed: 4 * time.Second, Output: "go: a warning\n",
			Failures: []report.Failure{{Test: report.Test{Package: "example.com/m/a", Name: "TestA/sub"}, Place: "a/a_test.go:3", Message: "a_test.go:3: got 1", Rerun: "go test -run '^TestA$/^sub$' ./a", Output: "\x1b[31m    a_test.go:3: got 1\x1b[0m\r\n\x1b[2J\x00"}, {Test: report.Test{Package: "example.com/m/c"}, Output: "FAIL\texample.com/m/c [build failed]\n"}},
			Diagnoses: []report.Diagnosis{
				{Package: "example.com/m/a", Test: "TestA", Verdict: "broken", Title: "example.com/m/a TestA", Why: []string{"it failed 3 of 3 times alone"}, Command: "go test '-run=^TestA$' ./a"},
				{Package: "example.com/m/c", Test: "TestMain", Verdict: "unknown", Title: "example.com/m/c, outside its tests"},
			},
			Flaky: []report.Failure{{Test: report.Test{Package: "example.com/m/b", Name: "TestFlaky"}, Place: "b/b_test.go:7"}},
			Shards: report.Shards{RunID: "run-1", Wall: 5 * time.Second, Build: time.Second, Shards: []report.Shard{
				{Worker: "gw0", Tests: 4, Failed: 2, Busy: 2 * time.Second, Started: at(1000), Completed: at(3000), Runs: []report.Run{{Package: "example.com/m/a", Started: at(1000), Completed: at(3000), Failed: true}}},
				{Worker: "gw1", Tests: 2, Busy: 1300 * time.Millisecond, Started: at(1900), Completed: at(3200), Runs: []report.Run{
					{Package: "example.com/m/b", Started: at(1900), Completed: at(2900), Failed: true}, {Package: "example.com/m/b", Started: at(2950), Completed: at(3200), Rerun: true},
				}},
			}},
			Packages: []report.PackageSummary{
				{Name: "example.com/m/a", Result: report.PackageFailed, Tests: 4, Elapsed: 2 * time.Second}, {Name: "example.com/m/b", Result: report.PackageFlaky, Tests: 2},
				{Name: "example.com/m/c", Result: report.PackageFailed}, {Name: "example.com/m/d", Result: report.PackageEmpty},
			},
			Coverage: map[string]string{"example.com/m/a": "87.5% of statements"},
		},
		Results: []Result{
			test("a", "TestA/sub", Failed, "gw0", 1100, 1400), test("a", "TestA/other", Passed, "gw0", 1400, 1450), test("a", "TestA", Failed, "gw0", 1050, 1450), skipped,
			test("a", "TestParallel", Passed, "gw0", 1200, 2900), first, again,
		},
		Spans:   []Span{{Package: "example.com/m/a", Started: at(900), Ended: at(3000)}, {Package: "example.com/m/b", Started: at(1800), Ended: at(2900)}, {Package: "example.com/m/d", Started: at(500), Cached: true}},
		LeftOut: map[string]int{"example.com/m/b": 7},
		Origin:  Origin{Commit: strings.Repeat("ab", 20), Branch: "main", Repository: "git@github.com:example/m.git", Job: "CI / test", JobURL: "https://github.com/example/m/actions/runs/1"},
		Facts:   []Fact{{Label: "Module", Value: "example.com/m"}}, Environment: []Fact{{Label: "GOFLAGS", Value: "-mod=mod"}},
		Rerun: map[string]string{"example.com/m/a": "go test -run '^TEST$' ./a -race"},
	}
}

func written(t *testing.T, write func(out *bytes.Buffer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What the script of the page gets, the trace and the picture.
func TestFormats(t *testing.T) {
	text, err := json.MarshalIndent(newBuilder(sample()).data(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/data.golden", append(text, '\n'))
	golden(t, "testdata/svg.golden", written(t, func(out *bytes.Buffer) error { return sample().WriteSVG(out) }))
	golden(t, "testdata/trace.golden", written(t, func(out *bytes.Buffer) error { return sample().WriteTrace(out) }))
	golden(t, "testdata/empty.golden", written(t, func(out *bytes.Buffer) error { return Run{}.WriteSVG(out) }))
}

// Each thread of a trace has one name, and its spans are inside each other or apart.
func TestTraceNests(t *testing.T) {
	r := sample()
	for i := range 200 { // with many that overlap
		from := 1000 + i*37%1500
		r.Results = append(r.Results, Result{Name: Name{"example.com/m/a", fmt.Sprint("TestMany", i)}, Outcome: Passed, Worker: "gw0", Started: at(from), Ended: at(from + i*61%400)})
	}
	var trace struct{ TraceEvents []traceEvent }
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(written(t, func(out *bytes.Buffer) error { return r.WriteTrace(out) })), `"args":{"sort_index"`, `"x":{"y"`)), &trace); err != nil {
		t.Fatal(err)
	}
	type span struct{ from, to int64 }
	threads, names := map[[2]int][]span{}, map[[2]int]int{}
	for _, e := range trace.TraceEvents {
		thread := [2]int{e.Process, e.Thread}
		if e.Name == "thread_name" {
			names[thread]++
		}
		if e.Phase != "X" {
			continue
		}
		s := span{e.Time, e.Time + *e.Duration}
		if e.Name == "" || s.from < 0 || s.to < s.from || names[thread] != 1 {
			t.Errorf("%+v is at %v in a thread of %d names", e, s, names[thread])
		}
		for _, other := range threads[thread] {
			if apart := s.from >= other.to || s.to <= other.from; !apart && !(s.from >= other.from && s.to <= other.to) && !(other.from >= s.from && other.to <= s.to) {
				t.Errorf("%s overlaps another span of its thread", e.Name)
			}
		}
		threads[thread] = append(threads[thread], s)
	}
	if len(threads) < 5 {
		t.Errorf("there are %d threads", len(threads))
	}
}

func TestSentence(t *testing.T) {
	result := func(outcome Outcome, n int) (all []Result) {
		for i := range n {
			all = append(all, Result{Name: Name{"p", fmt.Sprint(outcome, i)}, Outcome: outcome})
		}
		return all
	}
	failed := []report.PackageSummary{{Name: "p", Result: report.PackageFailed}}
	passed := []report.PackageSummary{{Name: "p", Result: report.PackagePassed}}
	for _, test := range []struct {
		run  Run
		want string
	}{
		{Run{Summary: report.Summary{OK: true}}, "No tests were run in 0.00s."},
		{Run{Summary: report.Summary{}}, "The run failed before any test in 0.00s."},
		{Run{Summary: report.Summary{OK: true, Packages: passed, Elapsed: 280 * time.Second}, Results: result(Passed, 1024)}, "All 1,024 tests passed in 4m40s."},
		{Run{Summary: report.Summary{OK: true, Packages: passed}, Results: result(Passed, 1)}, "The only test passed in 0.00s."},
		{Run{Summary: report.Summary{OK: true, Packages: passed}, Results: append(result(Passed, 1), result(Skipped, 2)...)}, "Of 3 tests, 2 skipped in 0.00s."},
		{Run{Summary: report.Summary{Packages: failed}, Results: append(result(Failed, 2), result(Unfinished, 1)...)}, "Of 3 tests, 3 failed in 0.00s."},
		{Run{Summary: report.Summary{Packages: failed}, Results: result(Passed, 1)}, "The run failed: 1 test passed; 1 package failed in 0.00s."},
		{Run{Summary: report.Summary{Packages: failed, Errors: 3}, Results: result(Failed, 1)}, "Of 1 test, 1 failed; 3 errors in 0.00s."},
	} {
		if got := newBuilder(test.run).data().Sentence; got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// The numbers of a page add up, and each test counts once.
func TestCounts(t *testing.T) {
	c := newBuilder(sample()).data().Counts
	if want := (counts{Tests: 13, Passed: 9, Failed: 2, Flaky: 1, Skipped: 1}); c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
}

func TestOrigin(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for _, test := range []struct {
		origin Origin
		want   string
	}{
		{Origin{Repository: "https://github.com/o/r"}, ""},
		{Origin{Commit: commit}, ""},
		{Origin{Commit: commit, Repository: "https://user:secret@github.com/o/r.git"}, "https://github.com/o/r/blob/" + commit + "/"},
		{Origin{Commit: commit, Repository: "git@gitlab.example.com:g/s/r.git"}, "https://gitlab.example.com/g/s/r/-/blob/" + commit + "/"},
		{Origin{Commit: commit, Repository: "ssh://git@bitbucket.org:22/o/r"}, "https://bitbucket.org/o/r/src/" + commit + "/"},
		{Origin{Commit: commit, Repository: "https://git.example.com/o/r", JobURL: "https://git.example.com/o/r/-/jobs/7"}, "https://git.example.com/o/r/-/blob/" + commit + "/"},
		{Origin{Commit: commit, Repository: "https://git.example.com/o/r", JobURL: "https://git.example.com/o/r/actions/runs/7"}, "https://git.example.com/o/r/blob/" + commit + "/"},
		{Origin{Commit: commit, Repository: "https://git.example.com/o/r"}, ""},
		{Origin{Commit: commit, Repository: "/srv/github/r.git"}, ""},
		{Origin{Commit: commit, Repository: "javascript://github.com/%0aalert(1)"}, ""},
		{Origin{Commit: commit, Repository: "file:///github"}, ""},
	} {
		if got, _ := test.origin.sources(); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.origin, got, test.want)
		}
	}
}

// fill sets every text below a value.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() { // the other types have values of our own
			v.SetString(text)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, field := range v.Fields() {
			fill(field, text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), text)
		}
	}
}
