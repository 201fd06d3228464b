package reports

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Outcome is the outcome of the tests of a run.
type Outcome struct {
	Execution *testjson.Execution
	Noted     *observe.Handler
	Shards    report.Shards
	Counted   observe.Counted
	Attempts  int // number of reruns of failed tests
	// Elsewhere is whether other nodes of --partition have tests to run.
	Elsewhere bool

	Err      error // how the commands ended
	Own      error // what went wrong with gotestshard itself
	RerunErr error // of writing --rerun-fails-report
	CloseErr error // of closing files that were written during the run

	// How long the run took, when it started, and the Go version. If they are zero, they are
	// those of the events and of this process.
	Elapsed   time.Duration
	Started   time.Time
	GoVersion string
	Module    string // of a merge
	// Diagnoses are why tests failed, nil if that was not found out.
	Diagnoses []report.Diagnosis
	// Origins are those of the nodes of a merge, nil for that of this process.
	Origins []node.Job
}

// Report writes the summary and all reports, and returns the error of the run.
func (o Outcome) Report(interrupts *signals.Watch, opts option.Options, stdout, stderr io.Writer) error {
	reporting := newReporting(opts.GracePeriod)
	defer reporting.close()
	interrupts.PassToReports(reporting)
	if o.RerunErr != nil && !opts.Distributed() {
		return o.RerunErr // as in gotestsum
	}
	var warning string
	if interrupts.Received() == 0 {
		warning, o.Err = o.noTests(opts.GoTest, opts.Watch)
	}
	s := summary{Outcome: o, opts: opts, stdout: stdout, stderr: stderr, reporting: reporting}
	if (opts.RerunFailsStrict || opts.Merge != nil) && o.Attempts > 0 {
		s.flaky = observe.FindFlaky(o.Execution)
	}
	s.warnings = opts.Distributed() && o.Err == nil && o.Own == nil
	untold := opts.Distributed() && o.untold()
	s.ok = o.Own == nil && o.Err == nil && !untold && o.CloseErr == nil && interrupts.Received() == 0
	if !s.warnings {
		s.Counted.All.Errors = observe.CountErrors(o.Execution)
	}
	o.Noted.Record.Ran(o.Shards, s.Counted.All)
	reportErr := errors.Join(o.RerunErr, s.write(o.Execution, o.Shards), o.Noted.Output.Close())
	if warning != "" {
		_, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", warning)
	}

	own := o.Own
	if own == nil { // otherwise these errors would repeat it
		own = errors.Join(o.CloseErr, s.tableErr)
	}
	switch own := errors.Join(own, reportErr); {
	case interrupts.Received() != 0:
		for _, err := range []error{unwritten(o.Own), unwritten(o.CloseErr), reportErr} {
			if err != nil {
				_, _ = fmt.Fprintf(stderr, "ERROR %v\n", err)
			}
		}
		return exit.Signalled(interrupts.Received())
	case reportErr != nil && !opts.Distributed(): // as in gotestsum, this replaces earlier errors
		return reportErr
	case own != nil:
		return own
	case untold:
		return exit.Error{Code: exit.Failed}
	default:
		return o.Err
	}
}

// unwritten returns an error of a file that could not be written, nil for another one, which may
// come from the end of the commands.
func unwritten(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) && file.Op == "write" {
		return err
	}
	return nil
}

// ReportFiles writes only the files, for events that do not come from a command.
func (o Outcome) ReportFiles(interrupts *signals.Watch, opts option.Options, stdout, stderr io.Writer) error {
	reporting := newReporting(opts.GracePeriod)
	defer reporting.close()
	interrupts.PassToReports(reporting)
	s := summary{Outcome: o, opts: opts, stdout: stdout, stderr: stderr, reporting: reporting}
	s.ok = o.Err == nil && o.Own == nil && !o.failedInTheEnd()
	s.leaveForeignTree()
	return errors.Join(s.writeFiles(o.Execution, o.Shards), o.Noted.Output.Close())
}

// leaveForeignTree keeps the reports from naming the module and the commit of the current folder if
// none of the packages is in its repository: the events come from elsewhere.
func (s *summary) leaveForeignTree() {
	tree := s.places(s.Execution).tree
	isHere := func(pkg string) bool {
		_, ok := tree.Folder(pkg)
		return ok
	}
	if tree != nil && !slices.ContainsFunc(s.Execution.Packages(), isHere) {
		s.found.tree = nil
	}
}

// untold reports whether tests failed although no command failed. A command that only prints
// a stream does not check its events.
func (o Outcome) untold() bool {
	return o.Err == nil && o.Attempts == 0 && o.TestsFailed()
}

// TestsFailed reports whether a test failed that should have failed its package. Tests that
// a test runs itself, with testing.RunTests, may fail on purpose: m.Run prints PASS then.
func (o Outcome) TestsFailed() bool {
	return slices.ContainsFunc(o.Execution.Failed(), func(tc testjson.TestCase) bool {
		pkg := o.Execution.Package(tc.Package)
		return pkg == nil || o.Noted.Verdicts[tc.Package] != "PASS" || pkg.Result() != testjson.ActionPass
	})
}

// failedInTheEnd is TestsFailed for events that may have reruns. A package may have passed in the
// last of them although a test of it did not.
func (o Outcome) failedInTheEnd() bool {
	if o.Attempts == 0 {
		return o.TestsFailed()
	}
	return len(observe.FindFlaky(o.Execution)) < len(o.Execution.Failed())
}

// SummaryOut returns the output for the summary. With the json format, standard output may
// contain only the stream, and standard error is used only if it is a terminal: a gotestsum
// --raw-command that runs gotestshard would count the lines as errors.
func SummaryOut(name string, terminal bool, stdout, stderr io.Writer) io.Writer {
	switch {
	case name != format.JSON:
		return stdout
	case terminal:
		return stderr
	default:
		return io.Discard
	}
}
