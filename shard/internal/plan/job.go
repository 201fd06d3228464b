package plan

import "time"

// Job is a Package while it runs.
type Job struct {
	Package Package

	open   queue // what may run beside other tests
	serial queue // what runs only when nothing else does
	left   tally // what open holds
	alone  tally // what serial holds
	once   tally // all of it, run once

	known   bool // whether anything is known of how long its tests take
	pace    pace
	index   map[string]int // of Package.Tests, by name
	worker  []int          // which runs this test, -1 when none does; by index
	runs    []tally        // what of the batch that a worker runs has not ended; by worker
	running int            // batches that run
}

// Left is the expected time of what was not handed out, without process starts.
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

// ahead is the expected time of what was handed out and has not ended; it does
// not count a test that is the last of its batch when last is false: nobody
// knows how much of it is over.
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

// pays is whether j, run by this many workers, ends earlier than with one less
// although one more process has to start: start + t/k < t/(k-1) for a time t of
// what is left and what runs. So the starts of all helpers together never cost
// more than they save.
func (j *Job) pays(workers int) bool {
	k := time.Duration(workers)
	return j.pace.start()*k*(k-1) < j.cost(j.left)+j.ahead(true)
}

// unit is tests that are never cut: they run in one process.
type unit struct {
	tests  []int    // indexes of Package.Tests; none when they are not known
	sum    tally    // of this unit alone
	groups []string // which no other process may run meanwhile
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

// sum is t alone.
func (t Test) sum() tally {
	if t.Estimate <= 0 {
		return tally{tests: 1, unknown: 1}
	}
	return tally{tests: 1, known: t.Estimate}
}

// tally is the sum of some units.
type tally struct {
	tests   int           // one for a package whose tests are not known
	known   time.Duration // what the tests with an Estimate take
	unknown int           // how many tests have none
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

// queue is units that were not handed out, in the order of one mode.
type queue interface {
	// ready is whether the worker can have something while these groups run.
	ready(worker int, held map[string]bool) bool
	// take removes what the worker runs in its next process. It is called only
	// when the queue is ready.
	take(worker int, held map[string]bool, want want) []unit
	// rest returns everything that is left.
	rest() []unit
}

// want is how much one batch should be.
type want struct {
	target time.Duration             // how long it should take without the start
	probe  bool                      // nothing is known of the job: it is there to learn
	parts  int                       // how many workers the job is worth
	cost   func(tally) time.Duration // how long units are expected to take
	all    bool                      // everything that may be in one process
	start  time.Duration             // what another process would cost
}
