package split

import (
	"slices"
	"sync"
)

// ending is how a test process ended.
type ending int

const (
	noProcess      ending = iota // there was none
	endedEarly                   // before its first test
	gotThrough                   // with all its tests behind it
	crashed                      // in the middle of them
	wasHalted                    // killed since the whole run is halted
	wasInterrupted               // ended since the whole run is interrupted
)

// outcome is what became of the tests that one process was to run. It is a value: an
// attempt returns it when its process has ended, and fold adds it to the others. What
// fails a package beside its processes is one without a process.
type outcome struct {
	suffix string // of the names of its tests in the output
	how    ending
	code   int      // of the process
	ran    []string // the tests that need no other process
	left   []string // those that it has not come to, for another process
	unrun  []string // those that fail, as no other process starts for them

	failed   bool      // the package fails, whatever the code
	empty    bool      // it found none of the tests that it was to run
	broken   bool      // it failed before its first test or after its last one: no further one starts
	stopped  bool      // it was ended, or not started, since the whole run stops
	outside  []failure // what failed outside all tests
	coverage string    // the process's own line
}

// outcomes are those of a package so far. Nothing else is written by several of its
// batches; what they print goes to text.Merge.
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

// broken is whether no further process is to start.
func (o *outcomes) broken() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.all, func(one outcome) bool { return one.broken })
}
