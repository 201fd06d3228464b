package history

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The records of several machines add up to those of one run of everything.
func TestRecordsOfSeveralRuns(t *testing.T) {
	one, joined := NewRun(), NewRun()
	nodes := []*Run{NewRun(), NewRun()}
	record := func(node int, f func(*Run)) { f(one); f(nodes[node]) }
	record(0, func(r *Run) { r.Test("m/a", "TestA", 10*time.Millisecond, Passed) })
	record(0, func(r *Run) { r.Test("m/a", "TestA", 30*time.Millisecond, Passed) })
	record(1, func(r *Run) { r.Test("m/a", "TestB", time.Second, Failed) })
	record(1, func(r *Run) { r.Test("m/a", "TestB", 3*time.Second, Passed) })
	record(1, func(r *Run) { r.Test("m/b", "TestS", 0, Skipped) })
	record(0, func(r *Run) { r.Start("m/a", 4*time.Millisecond) })
	record(1, func(r *Run) { r.Start("m/a", 6*time.Millisecond) })
	record(1, func(r *Run) { r.Package("m/b", time.Minute) })
	record(1, func(r *Run) { r.Complete("m/b") })
	times := map[string]time.Duration{}
	for i := range 3 * mostInRecord {
		times[fmt.Sprintf("case%d", i)] = time.Duration(i+1) * time.Millisecond
	}
	record(0, func(r *Run) { r.Subtests("m/a", "TestA", Subtests{Own: time.Second, Times: times}, 0) })
	record(0, func(r *Run) { r.StaysWhole("m/a", "TestC", NamesChanged) })
	record(1, func(r *Run) {
		r.Subtests("m/b", "TestS", Subtests{Times: map[string]time.Duration{"x": time.Second, "é y": time.Minute}}, time.Hour)
	})
	record(1, func(r *Run) { r.StaysWhole("m/b", "TestS", FailedApart) })
	for _, node := range nodes {
		for r := range node.Records() {
			// Also in pieces, with the tests and the subtests in separate lines.
			tests, subtests := r.Tests, r.Subtests
			r.Tests, r.Subtests = nil, nil
			for _, s := range subtests {
				if err := joined.Add(Record{Package: r.Package, Subtests: []RecordSubtests{s}}); err != nil {
					t.Fatal(err)
				}
			}
			if err := joined.Add(r); err != nil {
				t.Fatal(err)
			}
			for _, test := range tests {
				if err := joined.Add(Record{Package: r.Package, Tests: []RecordTest{test}}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var texts [][]byte
	for _, run := range []*Run{one, joined} {
		file := filepath.Join(t.TempDir(), "timings.json")
		if err := run.Save(file, now); err != nil {
			t.Fatal(err)
		}
		h, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, h.encode())
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Errorf("got\n%s\nwant\n%s", texts[1], texts[0])
	}
	if got, want := joined.Measured(), one.Measured(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for range one.Records() {
		break // it must not lock forever
	}
	one.Start("m/a", 1)
}

func TestImpossibleRecords(t *testing.T) {
	test := func(test RecordTest) Record { return Record{Package: "m/a", Tests: []RecordTest{test}} }
	subtests := func(s RecordSubtests) Record { return Record{Package: "m/a", Subtests: []RecordSubtests{s}} }
	subtest := func(name string, took time.Duration) Record {
		return subtests(RecordSubtests{Test: "TestA", Times: map[string]time.Duration{name: took}})
	}
	for name, r := range map[string]Record{
		"subtests of a subtest":    subtests(RecordSubtests{Test: "TestA/sub"}),
		"subtests of nothing":      subtests(RecordSubtests{}),
		"own code below 0":         subtests(RecordSubtests{Test: "TestA", Own: -1}),
		"a process below 0":        subtests(RecordSubtests{Test: "TestA", Longest: -1}),
		"another reason":           subtests(RecordSubtests{Test: "TestA", Whole: FailedApart + 1}),
		"a subtest without a name": subtest("", 1),
		"a nested subtest":         subtest("a/b", 1),
		"a subtest below 0":        subtest("a", -1),
		"a subtest without an end": subtest("a", longest+1),
		"no package":               {},
		"a long name":              {Package: strings.Repeat("x", longestName+1)},
		"a subtest":                test(RecordTest{Test: "TestA/sub"}),
		"no test":                  test(RecordTest{}),
		"less than nothing":        test(RecordTest{Test: "TestA", Passed: -1, Passes: 1}),
		"runs below 0":             test(RecordTest{Test: "TestA", Runs: -1}),
		"a time of no run":         test(RecordTest{Test: "TestA", Took: 1}),
		"longer than ever":         {Package: "m/a", Start: 49 * time.Hour, Starts: 1},
		"the least is above":       {Package: "m/a", Start: 10, Starts: 5, LeastStart: 3},
		"the least below 0":        {Package: "m/a", Start: 10, Starts: 5, LeastStart: -1},
		"runs without bound":       {Package: "m/a", Wholes: math.MaxInt64},
	} {
		run := NewRun()
		if err := run.Add(r); err == nil {
			t.Errorf("%s: it was added", name)
		}
		if len(run.packages) > 0 {
			t.Errorf("%s: something was added", name)
		}
	}
	run := NewRun()
	most := Record{Package: "m/a", Start: math.MaxInt64, Starts: math.MaxInt32}
	for range 3 {
		if err := run.Add(most); err != nil {
			t.Fatal(err)
		}
	}
	if m := run.Measured()[0]; m.Start < 0 || m.Start > longest {
		t.Errorf("a sum ran over: %v", m.Start)
	}
}
