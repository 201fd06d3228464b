package reports

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Outcome is what the tests of a run came to.
type Outcome struct {
	Execution *testjson.Execution
	Noted     *observe.Handler
	Shards    report.Shards
	Attempts  int // how often failed tests ran again

	Err      error // how the commands ended
	Own      error // what went wrong with gotestshard itself
	RerunErr error // of writing --rerun-fails-report
	CloseErr error // of ending what was written on the way

	// What a merge knows from its files, zero for what this process finds out itself: how
	// long the run took, when it began, and the version of go.
	Elapsed   time.Duration
	Started   time.Time
	GoVersion string
}

// Report writes the summary and all reports, and returns what the run ends with.
func (o Outcome) Report(interrupts *signals.Watch, opts option.Options, stdout, stderr io.Writer) error {
	reporting := newReporting(opts.GracePeriod)
	defer reporting.close()
	interrupts.PassToReports(reporting)
	if o.RerunErr != nil && !opts.Distributed() {
		return o.RerunErr // as gotestsum ends it
	}
	s := summary{Outcome: o, opts: opts, stdout: stdout, stderr: stderr, reporting: reporting}
	if (opts.RerunFailsStrict || opts.Merge != nil) && o.Attempts > 0 {
		s.flaky = observe.FindFlaky(o.Execution)
	}
	s.warnings = opts.Distributed() && o.Err == nil && o.Own == nil
	untold := opts.Distributed() && o.untold()
	s.ok = o.Own == nil && o.Err == nil && !untold && o.CloseErr == nil && interrupts.Received() == 0
	o.Noted.Record.Ran(o.Execution, o.Shards, s.errorCount(o.Execution))
	reportErr := errors.Join(o.RerunErr, s.write(o.Execution, o.Shards), o.Noted.Output.Close())

	own := o.Own
	if own == nil { // else the same again
		own = errors.Join(o.CloseErr, s.tableErr)
	}
	switch own := errors.Join(own, reportErr); {
	case interrupts.Received() != 0:
		if reportErr != nil {
			_, _ = fmt.Fprintf(stderr, "ERROR %v\n", reportErr)
		}
		return exit.Signalled(interrupts.Received())
	case reportErr != nil && !opts.Distributed(): // gotestsum forgets what was before
		return reportErr
	case own != nil:
		return own
	case untold:
		return exit.Error{Code: exit.Failed}
	default:
		return o.Err
	}
}

// ReportFiles writes the files alone, of what no command has printed.
func (o Outcome) ReportFiles(interrupts *signals.Watch, opts option.Options, stdout, stderr io.Writer) error {
	reporting := newReporting(opts.GracePeriod)
	defer reporting.close()
	interrupts.PassToReports(reporting)
	s := summary{Outcome: o, opts: opts, stdout: stdout, stderr: stderr, reporting: reporting}
	return errors.Join(s.writeFiles(o.Execution, o.Shards), o.Noted.Output.Close())
}

// untold is whether tests failed and nothing said so: a command that only shows
// a stream does not know what is in it.
func (o Outcome) untold() bool {
	return o.Err == nil && o.Attempts == 0 && o.TestsFailed()
}

// TestsFailed is whether a test failed by which its package should have failed. Tests
// that a test runs by itself, by testing.RunTests, may fail on purpose: m.Run says PASS
// then.
func (o Outcome) TestsFailed() bool {
	return slices.ContainsFunc(o.Execution.Failed(), func(tc testjson.TestCase) bool {
		pkg := o.Execution.Package(tc.Package)
		return pkg == nil || o.Noted.Verdicts[tc.Package] != "PASS" || pkg.Result() != testjson.ActionPass
	})
}

// SummaryOut is where the summary goes: with the json format standard output has the
// stream and nothing else, and standard error is for a person only when it is
// a terminal (a gotestsum --raw-command around it counts its lines as errors).
func SummaryOut(opts option.Options, stdout, stderr io.Writer) io.Writer {
	switch {
	case opts.Format != format.JSON:
		return stdout
	case opts.Terminal:
		return stderr
	default:
		return io.Discard
	}
}
