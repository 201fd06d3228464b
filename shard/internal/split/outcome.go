package split

import (
	"slices"
	"sync"
)

// ending is the way in which a test process ended.
type ending int

const (
	noProcess      ending = iota // there was no process
	endedEarly                   // before its first test
	gotThrough                   // after all its tests
	crashed                      // during its tests
	timedOut                     // during its tests, because one of them ran too long
	wasHalted                    // killed because the whole run is halted
	wasInterrupted               // ended because the whole run is interrupted
)

// outcome is the outcome of the tests that one process was to run. It is a value: an
// attempt returns it when its process has ended, and fold adds up all outcomes. A failure
// of the package that no process reported is an outcome without a process.
type outcome struct {
	suffix string // added to the names of its tests in the output
	how    ending
	code   int      // of the process
	ran    []string // the tests that need no other process
	left   []string // the tests that it has not run, for another process
	unrun  []string // the tests that fail because no other process starts for them

	failed   bool      // the package fails, regardless of the code
	empty    bool      // it found none of the tests that it was to run
	resumes  bool      // another process must run the unknown tests that it has not run
	broken   bool      // it failed before its first test or after its last one, so no more processes start
	stopped  bool      // it was ended, or not started, because the whole run stops
	outside  []failure // what failed outside all tests
	coverage string    // the line about coverage from the process
}

// outcomes are the outcomes of a package so far. It is the only thing that several of its
// batches write to, apart from their output, which goes to text.Merge.
type outcomes struct {
	mu  sync.Mutex
	all []outcome
}

func (o *outcomes) add(one outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, one)
}

// list returns them in the order in which they were added.
func (o *outcomes) list() []outcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all)
}

// broken reports whether no more processes may start.
func (o *outcomes) broken() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.all, func(one outcome) bool { return one.broken })
}
