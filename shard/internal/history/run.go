package history

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Run collects how long one run took. Its methods may be called from several
// goroutines.
type Run struct {
	mu       sync.Mutex
	packages map[string]*packageRun
	last     bool // whether nothing is asked of it after Save
}

// Last says that nothing is asked of the run after Save, which may then make room
// while it merges: a run of hundreds of thousands of tests is as large as the
// history that it becomes.
func (r *Run) Last() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = true
}

type packageRun struct {
	start, whole mean
	leastStart   time.Duration // of those in start
	complete     bool
	tests        map[string]testRun
}

type testRun struct {
	passes, all     mean // of those that passed, of all however they ended
	failed, skipped bool
}

// mean is of the samples of one run.
type mean struct {
	sum time.Duration
	n   int
}

// add leaves out what a clock that was set back measured.
func (m *mean) add(took time.Duration) {
	if took >= 0 {
		m.sum += min(took, longest)
		m.n++
	}
}

// of is 0 without samples.
func (m *mean) of() time.Duration { return m.sum / time.Duration(max(m.n, 1)) }

func (m *mean) addTo(s *samples) {
	if m.n > 0 {
		s.add(m.sum / time.Duration(m.n))
	}
}

// Outcome is how a test ended.
type Outcome int

// A test that panicked, was killed or ran into the timeout is Failed.
const (
	Passed Outcome = iota
	Failed
	Skipped
)

// NewRun starts the record of a run.
func NewRun() *Run { return &Run{packages: map[string]*packageRun{}} }

// Test records the end of a top-level test, fuzz test or example. Subtests are
// left out: they are planned with their test.
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

// Start records what one process of a package's test binary cost beside its tests.
func (r *Run) Start(pkg string, took time.Duration) {
	r.in(pkg, func(p *packageRun) {
		if p.start.add(took); took >= 0 && (p.start.n == 1 || took < p.leastStart) {
			p.leastStart = took
		}
	})
}

// Package records how long a package took that passed whole in one process.
func (r *Run) Package(pkg string, took time.Duration) {
	r.in(pkg, func(p *packageRun) { p.whole.add(took) })
}

// Complete says that every test of a package was to run, without -run, -skip or
// an end before time: those that were not recorded have aged by a run.
func (r *Run) Complete(pkg string) {
	r.in(pkg, func(p *packageRun) { p.complete = true })
}

// Counts says how many tests of how many packages passed.
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

// Measured is what a run measured of one package.
type Measured struct {
	Package string
	// Start is what a process of it cost beside the tests, Whole what all of it
	// took in one process; 0 when that was not measured.
	Start, Whole time.Duration
	// Tests is how long each top-level test took, all its runs together, whether it
	// passed or not.
	Tests map[string]time.Duration
}

// Measured returns what was recorded so far, by package. Packages whose result
// came from the go command's cache did not run and are not in it.
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
