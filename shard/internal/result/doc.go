// Package result reads and writes the file of --result, which records what one CI node
// did, for gotestshard merge. It is written while the tests run, and read line by line.
// Neither needs more than one line in memory.
//
//	header → plan … → events, stderr, rerun … → shard … coverage … timings … → end
//
// The file consists of lines of JSON, compressed with gzip. A line that begins with
// {"gotestshard":" is one of the records below. Any other line is a go test -json event,
// as in --jsonfile. docs/result.md describes every field.
package result

import (
	"errors"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/node"
)

// Version is the version of the format. A reader rejects a higher one. Additions that
// older readers can ignore do not change it.
const Version = 1

// Extension is the usual extension of the files, which is used to find them in a folder.
const Extension = ".gotestshard"

// MostParts is more than the nodes of any CI. A larger number means damage.
const MostParts = 10_000

// longestLine is the maximum length of a line in bytes. Lines of a run are limited to 60
// KiB before (package stream), those of the records to longestList.
const longestLine = 1 << 20

// Errors about a file.
var (
	ErrForeign = errors.New("it is not a gotestshard result file")
	ErrNewer   = errors.New("it was written by a newer gotestshard")
	ErrCut     = errors.New("it is cut off")
	ErrDamaged = errors.New("it is damaged")
)

// Header identifies the file's node and run.
type Header struct {
	// Part is the number of the node's part, from 1 to Parts.
	Part  int `json:"part"`
	Parts int `json:"parts"`
	// Digest is plan.Digest of the whole plan, empty without a plan.
	Digest string `json:"digest"`
	RunID  string `json:"run_id"`
	// Attempt is how often the CI has started the node, from 1; 0 if unknown.
	Attempt int       `json:"attempt"`
	Started time.Time `json:"started"`
	// Command are gotestshard's arguments.
	Command []string `json:"command"`
	Module  string   `json:"module"` // its path, empty if there is none
	// Folder is the working directory, relative to the folder of the module or workspace,
	// with slashes; empty in that folder.
	Folder string `json:"folder"`
	Go     string `json:"go"` // the output of go version, without "go version "
	// Workers are the names of the workers or shards, none for a plain run.
	Workers []string `json:"workers"`
	Dist    string   `json:"dist"` // the --dist mode, empty without workers
	// Origin is the state of the sources that were tested, and the job of the CI. It is empty
	// in the files of versions before it was added.
	Origin node.Job `json:"origin"`
	// Node is the name of the node that pulled this part as one of many units, empty if the part is all
	// that its node ran. Then the plan of the file is that of its part only.
	Node string `json:"node"`
	// Changed is what the run left out because nothing that it depends on had changed. It is nil
	// for a run without --changed, and in the files of versions before it was added.
	Changed *Changed `json:"changed"`
}

// Changed is a run of what a change can concern.
type Changed struct {
	Base string `json:"base"` // the commit that was compared with
	// Everything is why all packages ran, empty if some were left out.
	Everything string `json:"everything"`
	Selected   int    `json:"selected"` // how many packages ran
	// LeftOut are the import paths of the others.
	LeftOut []string `json:"left_out"`
}

// LeavesOut reports whether a run left out a package on purpose.
func (h Header) LeavesOut(pkg string) bool {
	return h.Changed != nil && slices.Contains(h.Changed.LeftOut, pkg)
}

// Plan is a piece of the whole plan: a part, or tests of one of its packages. A package
// with many tests has several consecutive pieces.
type Plan struct {
	Part     int           `json:"part"`        // from 1
	Expected time.Duration `json:"expected_ns"` // of the part, in nanoseconds; 0 in a piece of a package
	Package  string        `json:"package"`     // empty in a piece of a part
	Whole    bool          `json:"whole"`
	Rest     bool          `json:"rest"`
	Tests    []string      `json:"tests"`
}

// Rerun is the beginning of a test process or command of an attempt to rerun failed tests.
type Rerun struct {
	Attempt int `json:"attempt"` // from 1
}

// Shard is what a worker or a named invocation ran. A shard with many packages or
// processes has several consecutive pieces.
type Shard struct {
	Worker    string         `json:"worker"`
	Busy      time.Duration  `json:"busy_ns"`
	Started   *time.Time     `json:"started"` // nil if it had no work
	Completed *time.Time     `json:"completed"`
	Packages  []ShardPackage `json:"packages"`
	Runs      []ShardRun     `json:"runs"`
	// Processes are those of split packages, in the order in which they ended. The tests of
	// any other package ran in one process, in the order of their events.
	Processes []ShardProcess `json:"processes"`
}

// ShardPackage is a package that a shard ran.
type ShardPackage struct {
	Package string        `json:"package"`
	Elapsed time.Duration `json:"elapsed_ns"`
	Failed  bool          `json:"failed"`
}

// ShardRun is one test process of a worker.
type ShardRun struct {
	Package   string    `json:"package"`
	Started   time.Time `json:"started"`
	Completed time.Time `json:"completed"`
	Failed    bool      `json:"failed"`
	Rerun     bool      `json:"rerun"`
	// Build identifies the contents of the test binary. It is empty if that is not known, and in
	// the files of versions before it was added.
	Build string `json:"build"`
}

// ShardProcess is which tests a process of a split package ran, and in which order. A
// process with many tests has several consecutive pieces.
type ShardProcess struct {
	Package string `json:"package"`
	// Tests are the top-level tests in the order of their starts.
	Tests []string `json:"tests"`
	// Until is how many tests of the process had started when a test ended, for those that
	// did not end before the next one started: a parallel test, or one with which the
	// process crashed.
	Until map[string]int `json:"until"`
	// Continues is whether the process has begun in the piece before.
	Continues bool `json:"continues"`
}

// Text is a line of standard error without its newline, or whole lines of the coverage
// profile.
type Text struct {
	Text string `json:"text"`
}

// End is the last line. A file without it is cut off.
type End struct {
	ExitCode int `json:"exit_code"`
	// Reason is gotestshard's message about that code, empty if the tests explain it.
	Reason string `json:"reason"`
	// Interrupted is when the first signal came, nil for none.
	Interrupted *time.Time    `json:"interrupted"`
	Wall        time.Duration `json:"wall_ns"` // of the whole run
	Tests       int           `json:"tests"`
	Failed      int           `json:"failed"`
	Skipped     int           `json:"skipped"`
	Errors      int           `json:"errors"`
}

// Timings are the durations of a package and of tests in it.
type Timings = history.Record
