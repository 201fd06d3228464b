// Package run is a run, from its options to what it ends with.
//
//	set-up ─ engine ─ events ─ reruns ─ reports ─ teardown ─ exit code
//
//	engine: go test on workers, named shards, or a plain go test
//	      │ one stream of JSON events            ▲ hook: test binaries
//	      ▼                                      │
//	testjson.ScanTestOutput → observe        pool of workers
//	      │                      └ format, event files, counts per worker, notes
//	      ▼
//	Execution → reports: shard table, summary, files
package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/merge"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
	"github.com/gotestshard/gotestshard/shard/internal/rerun"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/workers"
)

// start starts an engine, and returns the options of the run, of which a merge finds
// some in its files. What it has to find out of the go command ends with ctx.
func start(ctx context.Context, opts option.Options, stderr io.Writer) (e engine.Engine, _ option.Options, err error) {
	switch {
	case opts.Merge != nil:
		return merge.Start(opts, stderr)
	case opts.Workers > 0:
		e, err = workers.Start(ctx, opts, stderr)
	case len(opts.Shards) > 0:
		e, err = engine.StartNamed(opts, stderr)
	default:
		e, err = engine.StartPlain(ctx, opts, stderr)
	}
	return e, opts, err
}

// Run does what opts say and returns nil when everything passed, an exit.Error when that
// is not so, and any other error when gotestshard itself failed.
func Run(opts option.Options, stdout, stderr io.Writer) error {
	if opts.CI != ci.None {
		return runInCI(opts, stdout, stderr)
	}
	_, err := Until(signals.Start(opts.Distributed()), opts, stdout, stderr)
	return err
}

// runInCI is Run for a job of a CI: what goes to its log goes through a ci.Log, and so
// does the error that the run ended with.
func runInCI(opts option.Options, stdout, stderr io.Writer) error {
	log := ci.NewLog(opts.CI, stdout, stderr)
	out := log.Stdout()
	if opts.Format == format.JSON {
		out = ci.NewJSON(stdout)
	}
	_, err := Until(signals.Start(opts.Distributed()), opts, out, log.Stderr())
	exit.Print(log.Stderr(), err)
	if closeErr := log.Close(); err == nil {
		return closeErr
	}
	return exit.Error{Code: exit.Code(err)} // it was printed
}

// Until is Run without a CI, with its signals. The execution is nil when nothing was
// started.
func Until(interrupts *signals.Watch, opts option.Options, stdout, stderr io.Writer) (*testjson.Execution, error) {
	defer interrupts.Stop()
	if opts.Merge != nil { // nothing runs here
		return runTests(interrupts, opts, nil, stdout, stderr)
	}
	record, err := observe.OpenRecording(interrupts.Ctx, opts)
	if err != nil {
		return nil, err
	}
	scope := newScope(opts, stderr)
	interrupts.PassTo(scope)
	var execution *testjson.Execution
	var reportErr error
	if err = scope.setUp(); err == nil && interrupts.Received() == 0 {
		execution, err = runTests(interrupts, scope.options(), record, stdout, stderr)
	}
	if execution == nil {
		reportErr = reportUnstarted(interrupts, scope.options(), err, stdout, stderr)
	}
	interrupts.PassNewTo(scope.closing())
	err = endWith(interrupts, err, errors.Join(reportErr, scope.close()), stderr)
	if recordErr := record.Finish(err, stderr); recordErr != nil {
		err = endWith(interrupts, err, recordErr, stderr)
	}
	return execution, err
}

// endWith is what a run ends with that would end with err, and in which something of our
// own went wrong, which counts. After a signal, which counts more, that is only said.
func endWith(interrupts *signals.Watch, err, own error, stderr io.Writer) error {
	var coded exit.Error
	switch {
	case interrupts.Received() != 0:
		if own != nil {
			_, _ = fmt.Fprintf(stderr, "ERROR %v\n", own)
		}
		return exit.Signalled(interrupts.Received())
	case own == nil:
		return err
	case !errors.As(err, &coded):
		return errors.Join(err, own)
	case coded.Reason == "":
		return own
	default:
		return errors.Join(errors.New(coded.Reason), own)
	}
}

// runTests runs the tests and writes the reports.
func runTests(interrupts *signals.Watch, opts option.Options, record *observe.Recording, stdout, stderr io.Writer) (*testjson.Execution, error) {
	started := time.Now()
	interrupts.PassTo(signals.OnlyAsks{})
	e, opts, err := start(interrupts.Ctx, opts, stderr)
	switch {
	case err != nil && interrupts.Received() != 0:
		return nil, exit.Signalled(interrupts.Received())
	case err != nil:
		return nil, err
	}
	interrupts.PassTo(e)
	err = record.Begin(e)
	var handler *observe.Handler
	if err == nil {
		handler, err = observe.New(opts, e, record, stdout, stderr)
	}
	if err != nil {
		e.Kill()
		engine.Drain(e)
		return nil, errors.Join(err, e.CleanUp())
	}
	r := activeRun{
		signals: interrupts, opts: opts, engine: e, handler: handler,
		summary: reports.Summary{Opts: opts, Stdout: stdout, Stderr: stderr, Noted: handler},
	}
	r.execute()
	reporting := reports.NewReporting(opts.GracePeriod)
	defer reporting.Close()
	interrupts.PassToReports(reporting)
	r.summary.Reporting = reporting
	if r.reruns.ReportErr != nil && !opts.Distributed() {
		return r.execution, r.reruns.ReportErr // as gotestsum ends it
	}
	return r.execution, r.result(r.report(started, record))
}

// activeRun is a run from its first event to its exit code.
type activeRun struct {
	signals *signals.Watch
	opts    option.Options
	engine  engine.Engine
	handler *observe.Handler
	summary reports.Summary

	// What execute leaves.
	execution *testjson.Execution
	reruns    rerun.Reruns
	runErr    error // how the commands ended
	own       error // what went wrong with us
	closeErr  error // of ending what was written on the way
}

// execute reads what the commands print until everything was run, and runs
// again what is to be.
func (r *activeRun) execute() {
	execution, scanErr := testjson.ScanTestOutput(testjson.ScanConfig{
		Stdout:                   r.handler.Joined(observe.EventStream(r.opts, r.engine.Stdout())),
		Stderr:                   r.engine.Stderr(),
		Handler:                  r.handler,
		Stop:                     r.engine.Abandon,
		IgnoreNonJSONOutputLines: r.opts.IgnoreNonJSONOutputLines,
	})
	observe.ForgetNameless(execution)
	observe.SortUnended(execution)
	r.execution = execution
	r.runErr = r.engine.Wait()
	if r.own = engine.OwnError(r.engine, scanErr); r.own == nil {
		r.own = r.handler.Halted
	}
	r.reruns = rerun.Reruns{
		Ctx: r.signals.Ctx, Opts: r.opts, Handler: r.handler, Execution: execution, Out: r.summary.Out(),
		Interrupted: func() bool { return r.signals.Received() != 0 },
	}
	if engine, ok := r.engine.(player); ok && r.own == nil {
		r.reruns.Attempts, r.runErr, r.own = engine.Replay(r.handler, execution, r.runErr)
		r.reruns.Replayed()
	}
	if r.runErr == nil && r.opts.RerunFails > 0 && r.opts.RerunFailsStrict && r.failedTests() {
		r.runErr = exit.Error{Code: exit.Failed} // a TestMain exited 0 all the same
	}
	if engine, ok := r.engine.(engine.Rerunner); ok && r.own == nil && r.runErr != nil && r.opts.RerunFails > 0 && !r.reruns.Interrupted() {
		r.runErr, r.own = r.reruns.Run(engine, r.runErr)
	}
	if r.own == nil && r.signals.Received() == 0 && r.opts.Merge == nil {
		r.runErr = r.unaccounted(r.runErr)
	}
	r.summary.Warnings = r.opts.Distributed() && r.runErr == nil && r.own == nil
	r.closeErr = errors.Join(r.handler.Close(), r.engine.CleanUp())
}

// report writes what there is to say of a run that began at a time.
func (r *activeRun) report(started time.Time, record *observe.Recording) error {
	shards := r.handler.Tally.Report(r.engine.Shards(), report.Shards{
		RunID: r.opts.RunID, Named: len(r.opts.Shards) > 0, Wall: time.Since(started),
	})
	r.summary.Attempts = r.reruns.Attempts
	if engine, ok := r.engine.(engine.Knowing); ok {
		known := engine.Known()
		shards.Longest, shards.Advice = observe.LongestTest(shards.Longest, known.Measured), known.Advice
		shards.Wall = cmp.Or(known.Wall, shards.Wall)
		r.summary.Elapsed, r.summary.Started, r.summary.GoVersionText = known.Wall, known.Started, known.Version
		if r.handler.CI != nil && known.Coverage != nil && r.reruns.Attempts > 0 {
			r.handler.CI.Coverage.Correct(nil, known.Coverage())
		}
	}
	if (r.opts.RerunFailsStrict || r.opts.Merge != nil) && r.reruns.Attempts > 0 {
		r.summary.Flaky = observe.FindFlaky(r.execution)
	}
	r.summary.Ok = r.own == nil && r.runErr == nil && !r.untold() && r.closeErr == nil && r.signals.Received() == 0
	record.Ran(r.execution, shards, r.summary.Errors(r.execution))
	return errors.Join(r.reruns.ReportErr, r.summary.Write(r.execution, shards), r.handler.Output.Close())
}

// untold is whether tests failed and nothing said so: a command that only shows
// a stream does not know what is in it.
func (r *activeRun) untold() bool {
	return r.runErr == nil && r.opts.Distributed() && r.reruns.Attempts == 0 && r.failedTests()
}

// failedTests is whether a test failed by which its package should have failed. Tests
// that a test runs by itself, by testing.RunTests, may fail on purpose: m.Run says PASS
// then.
func (r *activeRun) failedTests() bool {
	return slices.ContainsFunc(r.execution.Failed(), func(tc testjson.TestCase) bool {
		pkg := r.execution.Package(tc.Package)
		return pkg == nil || r.handler.Verdicts[tc.Package] != "PASS" || pkg.Result() != testjson.ActionPass
	})
}

// result is what the run ends with, after its reports.
func (r *activeRun) result(reportErr error) error {
	own := r.own
	if own == nil { // else the same again
		own = errors.Join(r.closeErr, r.summary.TableErr)
	}
	switch own := errors.Join(own, reportErr); {
	case r.signals.Received() != 0:
		if reportErr != nil {
			_, _ = fmt.Fprintf(r.summary.Stderr, "ERROR %v\n", reportErr)
		}
		return exit.Signalled(r.signals.Received())
	case reportErr != nil && !r.opts.Distributed(): // gotestsum forgets what was before
		return reportErr
	case own != nil:
		return own
	case r.untold():
		return exit.Error{Code: exit.Failed}
	default:
		return r.runErr
	}
}

// unaccounted returns how a run ends that would end with runErr: a run must not pass
// in which a test has no result or has failed at last, and one that ran tests again
// names those without a result. It is the last check, after all reruns: the engines fail
// such runs themselves.
func (r *activeRun) unaccounted(runErr error) error {
	var coded exit.Error
	switch {
	case runErr == nil:
	case r.reruns.Attempts == 0 || r.handler.Halted != nil || !errors.As(runErr, &coded) || coded.Reason != "":
		return runErr // it says more
	}
	var missing []string
	if engine, ok := r.engine.(engine.Lister); ok {
		missing = r.handler.Accounted.Missing(engine.Listed())
	}
	code := max(exit.Failed, exit.Code(runErr))
	if len(missing) > 0 {
		return exit.Error{Code: code, Reason: "these tests were listed and have no result: " + observe.SomeNames(missing)}
	}
	if runErr == nil && r.reruns.Attempts > 0 && r.opts.RerunFailsStrict {
		if failed := observe.Standing(r.execution); len(failed) > 0 {
			return exit.Error{Code: code, Reason: "these tests failed and have not passed since: " + observe.SomeNames(failed)}
		}
	}
	return runErr
}

// player is an engine that plays what ran elsewhere: its reruns come from there too.
type player interface {
	// Replay returns how many attempts there were to run failed tests again, and how
	// all of it ended, which ended with runErr before them.
	Replay(handler *observe.Handler, exec *testjson.Execution, runErr error) (attempts int, err, own error)
}
