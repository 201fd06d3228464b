// Package page writes the reports that show every test of a run and when it ran: a page for
// the browser, a trace for Perfetto, and a picture of the timeline.
package page

import (
	"time"

	"github.com/gotestshard/gotestshard/format/report"
)

// Run is a finished run with all its tests.
type Run struct {
	report.Summary
	// Results are the ends of all tests, of each attempt, in any order.
	Results []Result
	// Spans are the packages of the run with the times in their events, in any order.
	Spans []Span
	// LeftOut is how many passed tests are not in Results, by package, because there are
	// too many.
	LeftOut map[string]int
	Origin  Origin
	// Facts are shown at the head of the page, and Environment below its tests.
	Facts, Environment []Fact
	// Rerun is the command that runs a test named RerunTest again, by package. The page has
	// it for all tests of the package.
	Rerun map[string]string
}

// RerunTest is the name in Run.Rerun, in place of which the page puts other names.
const RerunTest = "TEST"

// Name identifies a test, or a package if Test is empty.
type Name struct{ Package, Test string }

// Outcome is how an attempt ended.
type Outcome string

// The outcomes of an attempt. Unfinished is for a test without an end.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
	// Quarantined is for a failure that does not count. Figures have it among the skipped tests.
	Quarantined Outcome = "quarantined"
	Flaky       Outcome = "flaky" // of a test with several attempts: it passed in the end
	Unfinished  Outcome = "unfinished"
)

// Result is the end of one attempt of a test.
type Result struct {
	Name
	Attempt int // from 0
	Outcome Outcome
	Worker  string // empty if unknown
	// Started is when the test began to run, after it waited to run in parallel, and
	// Ended when it ended; zero if unknown.
	Started, Ended time.Time
	Elapsed        time.Duration // as go test reports it
	// Output is that of a test that did not pass, without go test's own lines.
	Output string
	// Unended says why the test has no end, empty if it has one or that is not known.
	Unended string
}

// Span is a package in the stream of events.
type Span struct {
	Package string
	// Started is when its test binary was built, and Ended when its last event came; zero
	// if unknown.
	Started, Ended time.Time
	Cached         bool // whether its result is an earlier one
}

// Fact is a line of a list, with a link if URL is not empty.
type Fact struct{ Label, Value, URL string }
