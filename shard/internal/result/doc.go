// Package result is the file of --result: what one CI node did, for
// gotestshard merge. It is written while the tests run and read one line at a
// time; neither holds more than a line of it.
//
//	header → plan … → events, stderr, rerun … → shard … coverage … timings … → end
//
// The file is lines of JSON, compressed with gzip. A line that begins with
// {"gotestshard":" is one of the records below, any other a go test -json event
// as --jsonfile has it. docs/result.md describes every field.
package result

import (
	"errors"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/history"
)

// Version is that of the format. A reader refuses a higher one: what is added in
// a way that older readers may pass over does not change it.
const Version = 1

// Extension is how the files are usually called, and by what they are found in a
// folder.
const Extension = ".gotestshard"

// MostParts is more than any CI has nodes: what is above is damage.
const MostParts = 10_000

// longestLine is how long a line may be in bytes. The lines of a run are cut at
// 60 KiB before (package stream), those of the records at longestList.
const longestLine = 1 << 20

// What is wrong with a file.
var (
	ErrForeign = errors.New("it is not a gotestshard result file")
	ErrNewer   = errors.New("it was written by a newer gotestshard")
	ErrCut     = errors.New("it is cut off")
	ErrDamaged = errors.New("it is damaged")
)

// Header says whose file it is.
type Header struct {
	// Part is the number of the node's part, from 1 to Parts.
	Part  int `json:"part"`
	Parts int `json:"parts"`
	// Digest is plan.Digest of the whole plan, empty without one.
	Digest string `json:"digest"`
	RunID  string `json:"run_id"`
	// Attempt counts from 1 how often the CI has started the node, 0 when it does
	// not say.
	Attempt int       `json:"attempt"`
	Started time.Time `json:"started"`
	// Command are gotestshard's arguments.
	Command []string `json:"command"`
	Module  string   `json:"module"` // its path, empty when there is none
	Go      string   `json:"go"`     // what go version says, without "go version "
	// Workers are the names of the workers or shards, none for a plain run.
	Workers []string `json:"workers"`
	Dist    string   `json:"dist"` // the --dist mode, empty without workers
}

// Plan is a piece of the whole plan: a part, or tests of one of its packages. A
// package with many tests comes in several pieces, one after another.
type Plan struct {
	Part     int           `json:"part"`        // from 1
	Expected time.Duration `json:"expected_ns"` // of the part, in nanoseconds; 0 in the piece of a package
	Package  string        `json:"package"`     // empty in the piece of a part
	Whole    bool          `json:"whole"`
	Rest     bool          `json:"rest"`
	Tests    []string      `json:"tests"`
}

// Rerun is the beginning of one test process or command of an attempt to run
// failed tests again.
type Rerun struct {
	Attempt int `json:"attempt"` // from 1
}

// Shard is what a worker or a named invocation ran. One with many packages or
// processes comes in several pieces, one after another.
type Shard struct {
	Worker    string         `json:"worker"`
	Busy      time.Duration  `json:"busy_ns"`
	Started   *time.Time     `json:"started"` // nil when it had no work
	Completed *time.Time     `json:"completed"`
	Packages  []ShardPackage `json:"packages"`
	Runs      []ShardRun     `json:"runs"`
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
}

// Text is a line of standard error, without its newline, or whole lines of the
// coverage profile.
type Text struct {
	Text string `json:"text"`
}

// End is the last line: a file without it is cut off.
type End struct {
	ExitCode int `json:"exit_code"`
	// Reason is what gotestshard said of that code, empty when the tests say it.
	Reason  string        `json:"reason"`
	Wall    time.Duration `json:"wall_ns"` // of the whole run
	Tests   int           `json:"tests"`
	Failed  int           `json:"failed"`
	Skipped int           `json:"skipped"`
	Errors  int           `json:"errors"`
}

// Timings are how long a package and tests of it took.
type Timings = history.Record
