package history

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Record is what a run recorded for a package or a part of it, in the form that is sent to
// another machine. Durations are sums in nanoseconds, each with the number of summands.
type Record struct {
	Package string `json:"package"`
	// Start and Starts are the calls of Run.Start, and LeastStart is the shortest of them.
	// Whole and Wholes are the calls of Run.Package.
	Start      time.Duration `json:"start_ns"`
	Starts     int           `json:"starts"`
	LeastStart time.Duration `json:"least_start_ns"`
	Whole      time.Duration `json:"whole_ns"`
	Wholes     int           `json:"wholes"`
	// Complete is whether Run.Complete was called.
	Complete bool             `json:"complete"`
	Tests    []RecordTest     `json:"tests"`
	Subtests []RecordSubtests `json:"subtests"`
}

// RecordTest is one top-level test.
type RecordTest struct {
	Test string `json:"test"`
	// Passed and Passes count the passed runs, Took and Runs all runs.
	Passed  time.Duration `json:"passed_ns"`
	Passes  int           `json:"passes"`
	Took    time.Duration `json:"took_ns"`
	Runs    int           `json:"runs"`
	Failed  bool          `json:"failed"`
	Skipped bool          `json:"skipped"`
}

// RecordSubtests are the calls of Run.Subtests and Run.StaysWhole for a test, or some of its
// subtests.
type RecordSubtests struct {
	Test    string                   `json:"test"`
	Own     time.Duration            `json:"own_ns"`
	Times   map[string]time.Duration `json:"times_ns"`
	Longest time.Duration            `json:"longest_ns"`
	Whole   Whole                    `json:"stays_whole"`
}

// Records returns what was recorded so far, sorted by package and test.
func (r *Run) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, name := range slices.Sorted(maps.Keys(r.packages)) {
			p := r.packages[name]
			record := Record{
				Package: name, Start: p.start.sum, Starts: p.start.n, LeastStart: min(p.leastStart, longest), Whole: p.whole.sum, Wholes: p.whole.n, Complete: p.complete,
			}
			for _, test := range slices.Sorted(maps.Keys(p.tests)) {
				t := p.tests[test]
				record.Tests = append(record.Tests, RecordTest{
					Test: test, Passed: t.passes.sum, Passes: t.passes.n, Took: t.all.sum, Runs: t.all.n, Failed: t.failed, Skipped: t.skipped,
				})
			}
			for _, test := range slices.Sorted(maps.Keys(p.subtests)) {
				record.Subtests = append(record.Subtests, p.subtests[test].records(test)...)
			}
			if !yield(record) {
				return
			}
		}
	}
}

// Add records what another run, or another part of this one, recorded. If no run can have
// recorded that, it returns an error and adds nothing.
func (r *Run) Add(record Record) error {
	tests := map[string]testRun{}
	means := []mean{{record.Start, record.Starts}, {record.Whole, record.Wholes}}
	for _, t := range record.Tests {
		if !recordable(t.Test) || strings.Contains(t.Test, "/") {
			return fmt.Errorf("timings of %.99q: %.99q is not a valid name of a top-level test", record.Package, t.Test)
		}
		run := testRun{passes: mean{t.Passed, t.Passes}, all: mean{t.Took, t.Runs}, failed: t.Failed, skipped: t.Skipped}
		means = append(means, run.passes, run.all)
		tests[t.Test] = run
	}
	for _, s := range record.Subtests {
		if err := s.check(); err != nil {
			return fmt.Errorf("timings of %.99q: %w", record.Package, err)
		}
	}
	if !recordable(record.Package) {
		return fmt.Errorf("timings: %.99q is not a valid name of a package", record.Package)
	}
	if record.LeastStart < 0 || record.LeastStart > longest || record.LeastStart > means[0].of() {
		return fmt.Errorf("timings of %.99q: a shortest start of %v is not possible", record.Package, record.LeastStart)
	}
	for _, m := range means {
		if !m.possible() {
			return fmt.Errorf("timings of %.99q: a total of %[3]v for %[2]d runs is not possible", record.Package, m.n, m.sum)
		}
	}
	r.in(record.Package, func(p *packageRun) {
		if means[0].n > 0 && (p.start.n == 0 || record.LeastStart < p.leastStart) {
			p.leastStart = record.LeastStart
		}
		p.start.join(means[0])
		p.whole.join(means[1])
		p.complete = p.complete || record.Complete
		for name, run := range tests {
			t := p.tests[name]
			t.passes.join(run.passes)
			t.all.join(run.all)
			t.failed, t.skipped = t.failed || run.failed, t.skipped || run.skipped
			p.tests[name] = t
		}
		for _, s := range record.Subtests {
			p.subtestsOf(s.Test).join(s)
		}
	})
	return nil
}

func (m mean) possible() bool {
	return m.n >= 0 && m.n <= math.MaxInt32 && m.sum >= 0 && m.sum/time.Duration(max(m.n, 1)) <= longest && (m.n > 0 || m.sum == 0)
}

// join ignores values that would overflow the sum, which cannot be measurements.
func (m *mean) join(other mean) {
	if m.sum <= math.MaxInt64-other.sum && m.n <= math.MaxInt32 {
		m.sum += other.sum
		m.n += other.n
	}
}
