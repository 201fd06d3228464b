// Package plan decides which worker runs which tests, and when. It is pure: it has no
// processes or goroutines and reads no clock. The pool drives a Scheduler with real
// processes. Simulate drives the same Scheduler with expected durations, so --plan prints
// what a run would do.
//
// Workers are shared by one rule: every test binary that is ready gets one worker,
// longest first. A worker with nothing else to do helps the binary with the most
// remaining work, if the mode allows it to be split.
package plan

import "time"

// Mode decides which tests stay together and which workers get them (--dist; the words are
// pytest-xdist's, the scopes are Go's).
type Mode string

// The modes.
const (
	LoadScope Mode = "loadscope" // a package stays together
	LoadFile  Mode = "loadfile"  // the tests of one file stay together
	LoadGroup Mode = "loadgroup" // the tests of one group stay together
	Load      Mode = "load"      // nothing stays together: batches that shrink
	LoadSub   Mode = "loadsub"   // nothing stays together, not even the subtests of a long test
	WorkSteal Mode = "worksteal" // nothing stays together: an even split, then stealing
	Each      Mode = "each"      // every worker runs everything
)

// Splits reports whether the mode allows the tests of a package to run in several
// processes, each test in one of them.
func (m Mode) Splits() bool {
	return m == LoadFile || m == LoadGroup || m == Load || m == LoadSub || m == WorkSteal
}

// Test is one top-level test, fuzz target or example of a test binary.
type Test struct {
	Name string
	// Files are the base names of the files that declare it: two if packages p and p_test
	// both do.
	Files []string
	// Group is the group of its //gotestshard:group directive, empty for none.
	Group string
	// Serial is whether nothing else may run at the same time.
	Serial bool
	// Estimate is its expected duration, 0 if unknown.
	Estimate time.Duration
	// Split is whether //gotestshard:split is above it.
	Split bool
	// Pieces are the parts of its subtests that several processes run, see Spread. They are
	// empty if it runs in one process.
	Pieces []Piece
	// Of is the name of the test of which this is a piece, empty for a test, and Index is
	// which of its Pieces this is. See Apart.
	Of    string
	Index int
}

// Package is a test binary that is ready to run, or will be.
type Package struct {
	// Name is the import path.
	Name string
	// Tests are the tests to run, in the order of a single process. If they are empty, the
	// tests are unknown and the package stays whole.
	Tests []Test
	// Whole is whether it stays in one process in every mode.
	Whole bool
	// Serial is whether nothing else may run at the same time as any of its tests.
	Serial bool
	// Groups are the groups of its tests, for a package with unknown Tests.
	Groups []string
	// Limits are how many processes may run tests of a group at the same time, by group. They hold
	// in every mode but Each. A group without a limit is one of LoadGroup only, with the limit 1.
	Limits map[string]int
	// Start is the cost of one more process before and after its tests (init, TestMain), 0
	// if unknown.
	Start time.Duration
	// StartOnce is whether Start comes from a single run, on a machine that may have been
	// busy.
	StartOnce bool
	// Estimate is the duration of all of it in one process, for a package with unknown
	// Tests; 0 if unknown.
	Estimate time.Duration
}

// Batch is the work of one process.
type Batch struct {
	Job    *Job
	Worker int // index
	// Tests are in the order of the Package. They are empty for a package with unknown
	// tests.
	Tests []Test
	// All is whether these are all tests of the package. They then run as the user's own
	// command line selects them.
	All bool
	// Bound is whether the mode keeps some of these tests in one process.
	Bound bool
	// Groups are those of its tests, as far as the Package or the mode limits them.
	Groups []string
	// Alone is whether nothing else may run at the same time.
	Alone bool
	// Last is whether the package has nothing more to hand out.
	Last bool
}
