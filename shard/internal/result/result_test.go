package result

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

var started = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

// write returns a file with records of each kind, and its uncompressed text.
func write(t testing.TB) (file []byte, text string) {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, Header{
		Part: 1, Parts: 2, Digest: "d", RunID: "r", Attempt: 1, Started: started, Command: []string{"-n", "2"}, Module: "example.com/m",
		Go: "go1.26", Workers: []string{"gw0", "gw1"}, Dist: "load", Origin: node.Job{CI: "GitLab", Commit: "abc"},
		Changed: &Changed{Base: "def", Selected: 1, LeftOut: []string{"example.com/m/c"}},
	})
	run := history.NewRun()
	run.Test("example.com/m/a", "TestA", time.Second, history.Passed)
	run.Subtests("example.com/m/a", "TestA", history.Subtests{Times: map[string]time.Duration{"a": time.Second, "b": time.Second / 2}}, 0)
	for _, step := range []func() error{
		func() error {
			return w.Plan([]plan.Part{
				{Expected: time.Second, Packages: []plan.PartPackage{{Name: "example.com/m/a", Tests: []string{"TestA", "TestB"}, Whole: true, Rest: true}}},
				{},
			})
		},
		func() error { return w.Event([]byte(`{"Action":"start","Package":"example.com/m/a"}`)) },
		func() error { return w.Stderr("go: <downloading>") },
		func() error { return w.Event([]byte(`{"gotestshard":"end","exit_code":0,"Action":"output"}`)) }, // a test's event that imitates a record
		func() error { return w.Rerun(1) },
		func() error { return w.Event([]byte(`{"Action":"pass","Package":"example.com/m/a"}`)) },
		func() error {
			return w.Shard(report.Shard{
				Worker: "gw0", Busy: time.Second, Started: started, Completed: started.Add(time.Second),
				Packages: []report.Package{{Name: "example.com/m/a", Elapsed: time.Second, Failed: true}},
				Runs:     []report.Run{{Package: "example.com/m/a", Started: started, Completed: started.Add(time.Second), Failed: true, Rerun: true, Build: "b1"}},
			})
		},
		func() error {
			return w.Processes("gw0", []ShardProcess{
				{Package: "example.com/m/a", Tests: []string{"TestA", "TestB"}, Until: map[string]int{"TestA": 2}}, {Package: "example.com/m/b"},
			})
		},
		func() error { return w.Shard(report.Shard{Worker: "gw1"}) },
		func() error { return w.Coverage(strings.NewReader("mode: set\nexample.com/m/a/a.go:1.1,2.2 1 1\n")) },
		func() error { return w.Timings(run) },
		func() error {
			return w.End(End{ExitCode: 1, Wall: time.Second, Tests: 2, Failed: 1, Skipped: 1, Errors: 1})
		},
	} {
		if err := errors.Join(err, step()); err != nil {
			t.Fatal(err)
		}
	}
	in, err := gzip.NewReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), string(lines)
}

func compress(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}

// records reads a file to its end or to its first error.
func records(in io.Reader, each func(Record)) error {
	r, err := NewReader(in)
	if err != nil {
		return err
	}
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		each(record)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	file, text := write(t)
	golden, err := os.ReadFile("testdata/result.jsonl")
	if os.Getenv("UPDATE") != "" {
		golden, err = []byte(text), os.WriteFile("testdata/result.jsonl", []byte(text), 0o600)
	}
	if err != nil || text != string(golden) {
		t.Errorf("%v: got\n%s\nwant\n%s", err, text, golden)
	}
	var got []string
	err = records(bytes.NewReader(file), func(r Record) {
		switch {
		case r.Event != nil:
			got = append(got, string(r.Event))
		case r.Plan != nil:
			got = append(got, fmt.Sprintf("%+v", *r.Plan))
		case r.Stderr != nil:
			got = append(got, r.Stderr.Text)
		case r.Rerun != nil:
			got = append(got, fmt.Sprint("rerun ", r.Rerun.Attempt))
		case r.Shard != nil:
			got = append(got, fmt.Sprint(r.Shard.Worker, " ", r.Shard.Busy, " ", r.Shard.Started, " ", r.Shard.Completed, " ", r.Shard.Packages, r.Shard.Runs, " ", r.Shard.Processes))
		case r.Coverage != nil:
			got = append(got, r.Coverage.Text)
		case r.Timings != nil:
			got = append(got, fmt.Sprintf("%+v", *r.Timings))
		case r.End != nil:
			got = append(got, fmt.Sprintf("%+v", *r.End))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"{Part:1 Expected:1s Package: Whole:false Rest:false Tests:[]}",
		"{Part:1 Expected:0s Package:example.com/m/a Whole:true Rest:true Tests:[TestA TestB]}",
		"{Part:2 Expected:0s Package: Whole:false Rest:false Tests:[]}",
		`{"Action":"start","Package":"example.com/m/a"}`,
		"go: <downloading>",
		`{ "gotestshard":"end","exit_code":0,"Action":"output"}`,
		"rerun 1",
		`{"Action":"pass","Package":"example.com/m/a"}`,
		"gw0 1s 2026-01-02 03:04:05.000000006 +0000 UTC 2026-01-02 03:04:06.000000006 +0000 UTC [{example.com/m/a 1s true}] [{example.com/m/a 2026-01-02 03:04:05.000000006 +0000 UTC 2026-01-02 03:04:06.000000006 +0000 UTC true true b1}] []",
		"gw0 0s <nil> <nil> [] [] [{example.com/m/a [TestA TestB] map[TestA:2] false}]",
		"gw0 0s <nil> <nil> [] [] [{example.com/m/b [] map[] false}]",
		"gw1 0s <nil> <nil> [] [] []",
		"mode: set\nexample.com/m/a/a.go:1.1,2.2 1 1\n",
		"{Package:example.com/m/a Start:0s Starts:0 LeastStart:0s Whole:0s Wholes:0 Complete:false Tests:[{Test:TestA Passed:1s Passes:1 Took:1s Runs:1 Failed:false Skipped:false}] Subtests:[{Test:TestA Own:0s Times:map[a:1s b:500ms] Longest:0s Whole:0}]}",
		"{ExitCode:1 Reason: Interrupted:<nil> Wall:1s Tests:2 Failed:1 Skipped:1 Errors:1}",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	r, err := NewReader(bytes.NewReader(file))
	if err != nil || r.Header.Part != 1 || r.Header.Parts != 2 || !r.Header.Started.Equal(started) || r.Header.Workers[1] != "gw1" || r.Header.Origin.CI != "GitLab" ||
		!r.Header.LeavesOut("example.com/m/c") || r.Header.LeavesOut("example.com/m/a") || (Header{}).LeavesOut("example.com/m/c") {
		t.Errorf("%+v, %v", r.Header, err)
	}
	before, after, _ := strings.Cut(text, `,"origin":{`)
	_, after, _ = strings.Cut(after, "}")
	older, err := NewReader(bytes.NewReader(compress(before + after)))
	if err != nil || older.Header.Dist != "load" || older.Header.Origin != (node.Job{}) {
		t.Errorf("a file of a version without an origin: %+v, %v", older, err)
	}
	r.SkipPlan = true
	if record, err := r.Next(); err != nil || record.Event == nil {
		t.Errorf("the plan was not passed over: %+v, %v", record, err)
	}
}

// Lists may be longer than a line.
func TestLongLists(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, Header{Part: 1, Parts: 1, Workers: []string{"gw0"}})
	part := plan.PartPackage{Name: "example.com/m/a"}
	shard := report.Shard{Worker: "gw0"}
	process := ShardProcess{Package: "example.com/m/a", Until: map[string]int{}}
	run := history.NewRun()
	var profile strings.Builder
	profile.WriteString("mode: set\n")
	const n = 20_000
	for i := range n {
		name := fmt.Sprintf("TestWithANameThatIsQuiteLong%d", i)
		part.Tests = append(part.Tests, name)
		process.Until[name] = n
		shard.Packages = append(shard.Packages, report.Package{Name: "example.com/m/" + name})
		shard.Runs = append(shard.Runs, report.Run{Package: "example.com/m/" + name})
		run.Test("example.com/m/a", name, time.Second, history.Passed)
		run.Subtests("example.com/m/a", name, history.Subtests{Times: map[string]time.Duration{name: time.Second, "b": time.Second}}, 0)
		fmt.Fprintf(&profile, "example.com/m/a/a.go:%d.1,%d.2 1 1\n", i+1, i+1)
	}
	process.Tests = part.Tests
	run.Start("example.com/m/a", time.Second)
	if err := errors.Join(err, w.Plan([]plan.Part{{Packages: []plan.PartPackage{part}}}), w.Shard(shard), w.Processes("gw0", []ShardProcess{process}),
		w.Coverage(strings.NewReader(profile.String())), w.Timings(run), w.End(End{})); err != nil {
		t.Fatal(err)
	}
	planned, packages, runs, ran, tests, subtests, starts, covered := 0, 0, 0, 0, 0, 0, 0, ""
	err = records(&out, func(r Record) {
		switch {
		case r.Plan != nil:
			planned += len(r.Plan.Tests)
		case r.Shard != nil:
			packages += len(r.Shard.Packages)
			runs += len(r.Shard.Runs)
			for _, process := range r.Shard.Processes {
				if len(process.Until) == len(process.Tests) && process.Continues == (ran > 0) {
					ran += len(process.Tests)
				}
			}
		case r.Timings != nil:
			tests += len(r.Timings.Tests)
			subtests += len(r.Timings.Subtests)
			starts += r.Timings.Starts
		case r.Coverage != nil:
			if !strings.HasSuffix(r.Coverage.Text, "\n") {
				t.Fatal("a line of the profile was cut")
			}
			covered += r.Coverage.Text
		}
	})
	if err != nil || planned != n || packages != n || runs != n || ran != n || tests != n || subtests != n || starts != 1 || covered != profile.String() {
		t.Error(err, planned, packages, tests, subtests, starts, len(covered))
	}
}
