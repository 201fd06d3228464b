package history

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Run collects the durations of one run. Several goroutines may call its methods.
type Run struct {
	mu       sync.Mutex
	packages map[string]*packageRun
	last     bool // whether the run is not used after Save
}

// Last declares that the run is not used after Save, which may then free memory while it
// merges: a run of hundreds of thousands of tests is as large as the resulting history.
func (r *Run) Last() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = true
}

type packageRun struct {
	start, whole mean
	leastStart   time.Duration // the shortest start
	complete     bool
	tests        map[string]testRun
	subtests     map[string]*subtestsRun // by test
}

type testRun struct {
	passes, all     mean // of the passed runs, and of all runs
	failed, skipped bool
}

// mean is the mean of the samples of one run.
type mean struct {
	sum time.Duration
	n   int
}

// add ignores negative durations, which a clock that was set back can cause.
func (m *mean) add(took time.Duration) {
	if took >= 0 {
		m.sum += min(took, longest)
		m.n++
	}
}

// of returns the mean, 0 without samples.
func (m *mean) of() time.Duration { return m.sum / time.Duration(max(m.n, 1)) }

func (m *mean) addTo(s *samples) {
	if m.n > 0 {
		s.add(m.sum / time.Duration(m.n))
	}
}

// Outcome is the result of a test.
type Outcome int

// A test that panicked, was killed or timed out is Failed.
const (
	Passed Outcome = iota
	Failed
	Skipped
)

// NewRun starts the record of a run.
func NewRun() *Run { return &Run{packages: map[string]*packageRun{}} }

// Test records the end of a top-level test, fuzz test or example. Subtests are not
// recorded, because they are planned with their test.
func (r *Run) Test(pkg, test string, took time.Duration, outcome Outcome) {
	if !recordable(pkg) || !recordable(test) || strings.Contains(test, "/") {
		return
	}
	r.in(pkg, func(p *packageRun) {
		t := p.tests[test]
		t.all.add(took)
		switch outcome {
		case Passed:
			t.passes.add(took)
		case Failed:
			t.failed = true
		case Skipped:
			t.skipped = true
		}
		p.tests[test] = t
	})
}

// Start records the cost of one process of a package's test binary in addition to its
// tests.
func (r *Run) Start(pkg string, took time.Duration) {
	r.in(pkg, func(p *packageRun) {
		if p.start.add(took); took >= 0 && (p.start.n == 1 || took < p.leastStart) {
			p.leastStart = took
		}
	})
}

// Package records the duration of a package that passed as a whole in one process.
func (r *Run) Package(pkg string, took time.Duration) {
	r.in(pkg, func(p *packageRun) { p.whole.add(took) })
}

// Complete declares that every test of a package was supposed to run, without -run, -skip
// or an early end. Tests that were not recorded age by one run.
func (r *Run) Complete(pkg string) {
	r.in(pkg, func(p *packageRun) { p.complete = true })
}

// Counts returns how many tests of how many packages passed.
func (r *Run) Counts() (tests, packages int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.packages {
		passed := 0
		for _, t := range p.tests {
			if t.passes.n > 0 {
				passed++
			}
		}
		tests += passed
		packages += min(passed, 1)
	}
	return tests, packages
}

// Measured are the durations that a run measured for one package.
type Measured struct {
	Package string
	// Start is the cost of one of its processes in addition to the tests. Whole is the
	// duration of the package in one process. They are 0 if not measured.
	Start, Whole time.Duration
	// Tests is the duration of each top-level test, summed over all its runs, passed or
	// not. If several processes ran its subtests, it is that of the longest process.
	Tests map[string]time.Duration
	// Subtests are those of long tests that passed.
	Subtests map[string]Subtests
}

// Measured returns what was recorded so far, by package. Packages with a cached result
// did not run and are not included.
func (r *Run) Measured() []Measured {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Measured
	for _, name := range slices.Sorted(maps.Keys(r.packages)) {
		p := r.packages[name]
		m := Measured{Package: name, Start: p.start.of(), Whole: p.whole.of(), Tests: map[string]time.Duration{}}
		for test, t := range p.tests {
			m.Tests[test] = t.all.sum
		}
		for test, s := range p.subtests {
			if m.Subtests == nil {
				m.Subtests = map[string]Subtests{}
			}
			m.Subtests[test] = s.Subtests
			if s.longest > 0 { // as it is shown
				m.Tests[test] = s.longest
			}
		}
		all = append(all, m)
	}
	return all
}

func (r *Run) in(pkg string, record func(*packageRun)) {
	if !recordable(pkg) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.packages[pkg]
	if !ok {
		p = &packageRun{tests: map[string]testRun{}}
		r.packages[pkg] = p
	}
	record(p)
}
