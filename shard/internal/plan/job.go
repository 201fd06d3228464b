package plan

import "time"

// Job is a Package while it runs.
type Job struct {
	Package Package

	open   queue // units that may run at the same time as other tests
	serial queue // units that must run alone
	left   tally // the sum of open
	alone  tally // the sum of serial
	once   tally // the sum of all of it, run once

	known   bool // whether anything is known about the durations of its tests
	pace    pace
	index   map[string]int // of Package.Tests, by name
	worker  []int          // the worker that runs this test, -1 for none; by index
	runs    []tally        // the unfinished part of the batch that a worker runs; by worker
	running int            // number of running batches
}

// Left is the expected duration of what was not handed out, without process starts.
func (j *Job) Left() time.Duration { return j.cost(j.left) + j.cost(j.alone) }

func (j *Job) cost(t tally) time.Duration { return t.known + time.Duration(t.unknown)*j.pace.test() }

// tests returns the tests with these indexes.
func (j *Job) tests(indexes []int) []Test {
	tests := make([]Test, len(indexes))
	for at, i := range indexes {
		tests[at] = j.Package.Tests[i]
	}
	return tests
}

// ahead is the expected duration of what was handed out and has not ended. If last is
// false, it excludes a test that is the last of its batch, because its remaining time is
// unknown.
func (j *Job) ahead(last bool) (d time.Duration) {
	if j.running == 0 {
		return 0
	}
	for _, t := range j.runs {
		if t.tests > 1 || last {
			d += j.cost(t)
		}
	}
	return d
}

// pays reports whether j, run by this many workers, ends earlier than with one worker
// less, although one more process must start: start + t/k < t/(k-1), where t is the time
// of the remaining and running work. So the starts of all helpers together never cost
// more than they save.
func (j *Job) pays(workers int) bool {
	k := time.Duration(workers)
	return j.pace.start()*k*(k-1) < j.cost(j.left)+j.ahead(true)
}

// unit is a group of tests that run in one process and are never split.
type unit struct {
	tests  []int    // indexes in Package.Tests; empty if unknown
	sum    tally    // of this unit alone
	groups []string // groups that no other process may run at the same time
	serial bool
}

// newUnit returns the tests of p with these indexes as one unit.
func newUnit(p Package, tests ...int) unit {
	u := unit{tests: tests}
	for _, i := range tests {
		u.sum.add(p.Tests[i].sum())
		u.serial = u.serial || p.Tests[i].Serial
	}
	return u
}

// sum returns the tally of t alone.
func (t Test) sum() tally {
	if t.Estimate <= 0 {
		return tally{tests: 1, unknown: 1}
	}
	return tally{tests: 1, known: t.Estimate}
}

// tally is the sum of units.
type tally struct {
	tests   int           // one for a package whose tests are unknown
	known   time.Duration // total duration of the tests with an Estimate
	unknown int           // number of tests without one
}

func (t *tally) add(u tally) {
	t.tests += u.tests
	t.known += u.known
	t.unknown += u.unknown
}

func (t *tally) remove(u tally) {
	t.tests -= u.tests
	t.known -= u.known
	t.unknown -= u.unknown
}

// queue holds units that were not handed out, in the order of one mode.
type queue interface {
	// ready reports whether the worker can get something while these groups run.
	ready(worker int, held map[string]bool) bool
	// take removes the units for the worker's next process. It is called only if the
	// queue is ready.
	take(worker int, held map[string]bool, want want) []unit
	// rest returns all remaining units.
	rest() []unit
}

// want is how much one batch should have.
type want struct {
	target time.Duration             // its duration without the start
	probe  bool                      // nothing is known about the job, so the batch is for measuring
	parts  int                       // how many workers are useful for the job
	cost   func(tally) time.Duration // the expected duration of units
	all    bool                      // everything that may be in one process
	start  time.Duration             // the cost of another process
}
