// Package plan decides which worker runs which tests when. It is pure: it has no
// processes, no goroutines and reads no clock. The pool drives a Scheduler with
// real processes, Simulate drives the same one with expected times, so that what
// --plan prints is what a run does.
//
// Workers share the machine by one rule: every test binary that is ready gets
// one worker, longest first; a worker with nothing else to do helps the binary
// with the most work left, if the mode lets it be split.
package plan

import "time"

// Mode says which tests stay together and who gets them (--dist; the words are
// pytest-xdist's, the scopes are Go's).
type Mode string

// The modes.
const (
	LoadScope Mode = "loadscope" // a package stays together
	LoadFile  Mode = "loadfile"  // the tests of one file stay together
	LoadGroup Mode = "loadgroup" // the tests of one group stay together
	Load      Mode = "load"      // nothing stays together: batches that shrink
	WorkSteal Mode = "worksteal" // nothing: an even split, then stealing
	Each      Mode = "each"      // every worker runs everything
)

// Splits is whether the mode lets the tests of a package run in several processes,
// each of them in one.
func (m Mode) Splits() bool {
	return m == LoadFile || m == LoadGroup || m == Load || m == WorkSteal
}

// Test is one top-level test, fuzz target or example of a test binary.
type Test struct {
	Name string
	// Files are the base names of the files that declare it: two when package p
	// and package p_test both do.
	Files []string
	// Group is that of its //gotestshard:group directive, empty for none.
	Group string
	// Serial is whether nothing else may run while it does.
	Serial bool
	// Estimate is how long it is expected to take, 0 when nothing is known.
	Estimate time.Duration
}

// Package is one test binary that is ready to run, or will be.
type Package struct {
	// Name is the import path.
	Name string
	// Tests are those that are to run, in the order in which one process would
	// run them. They are empty when nobody knows: then it stays whole.
	Tests []Test
	// Whole is whether it stays in one process whatever the mode.
	Whole bool
	// Serial is whether nothing else may run while any of it does.
	Serial bool
	// Groups are those of its tests, for a package without known Tests.
	Groups []string
	// Start is what one more process costs before and after its tests (init,
	// TestMain), 0 when nothing is known.
	Start time.Duration
	// StartOnce is whether Start comes from a single run, on a machine that may
	// have been busy.
	StartOnce bool
	// Estimate is how long all of it takes in one process, for a package without
	// known Tests; 0 when nothing is known.
	Estimate time.Duration
}

// Batch is what one process is to run.
type Batch struct {
	Job    *Job
	Worker int // index
	// Tests are in the order of the Package. They are empty for a package whose
	// tests are not known.
	Tests []Test
	// All is whether these are all tests of the package: they run as the user's
	// own command line selects them.
	All bool
	// Bound is whether the mode keeps some of its tests in one process.
	Bound bool
	// Last is whether nothing of the package is left to be handed out.
	Last bool
}
