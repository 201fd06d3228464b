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
	names   map[string]bool // the tests without Estimate
	running int             // batches that run
}

// Left is the expected time of what was not handed out, without process starts.
func (j *Job) Left() time.Duration { return j.cost(j.left) + j.cost(j.alone) }

func (j *Job) cost(t tally) time.Duration { return t.known + time.Duration(t.unknown)*j.pace.test() }

// unit is tests that are never cut: they run in one process.
type unit struct {
	tests  []int    // indexes of Package.Tests; none when they are not known
	sum    tally    // of this unit alone
	groups []string // which no other process may run meanwhile
	serial bool
}

// newUnit returns the tests of p with these indexes as one unit.
func newUnit(p Package, tests ...int) unit {
	u := unit{tests: tests, sum: tally{units: 1}}
	for _, i := range tests {
		u.sum.known += p.Tests[i].Estimate
		if p.Tests[i].Estimate <= 0 {
			u.sum.unknown++
		}
		u.serial = u.serial || p.Tests[i].Serial
	}
	return u
}

// tally is the sum of some units.
type tally struct {
	units   int
	known   time.Duration // what the tests with an Estimate take
	unknown int           // how many tests have none
}

func (t *tally) add(u unit) {
	t.units += u.sum.units
	t.known += u.sum.known
	t.unknown += u.sum.unknown
}

func (t *tally) remove(u unit) {
	t.units -= u.sum.units
	t.known -= u.sum.known
	t.unknown -= u.sum.unknown
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
	cost   func(tally) time.Duration // how long units are expected to take
	all    bool                      // everything that may be in one process
	start  time.Duration             // what another process would cost
}
