package shard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// start starts an engine, and returns the options of the run, of which a merge finds
// some in its files. What it has to find out of the go command ends with ctx.
func start(ctx context.Context, opts option.Options, stderr io.Writer) (e engine, _ option.Options, err error) {
	switch {
	case opts.Merge != nil:
		return startMerge(opts, stderr)
	case opts.Workers > 0:
		e, err = startWorkers(ctx, opts, stderr)
	case len(opts.Shards) > 0:
		e, err = startNamed(opts, stderr)
	default:
		e, err = startPlain(ctx, opts, stderr)
	}
	return e, opts, err
}

// run does what opts say and returns nil when everything passed, a codedError
// when that is not so, and any other error when gotestshard itself failed. The
// execution is nil when nothing was started.
func run(opts option.Options, stdout, stderr io.Writer) (*testjson.Execution, error) {
	return runUntil(watchSignals(opts.Distributed()), opts, stdout, stderr)
}

// runUntil is run with its signals, of which it is told by the caller.
func runUntil(signals *signalWatch, opts option.Options, stdout, stderr io.Writer) (*testjson.Execution, error) {
	defer signals.stop()
	if opts.Merge != nil { // nothing runs here
		return runTests(signals, opts, nil, stdout, stderr)
	}
	record, err := openRecording(signals.ctx, opts)
	if err != nil {
		return nil, err
	}
	scope := newScope(opts, stderr)
	signals.passTo(scope)
	var execution *testjson.Execution
	var reportErr error
	if err = scope.setUp(); err == nil && signals.received() == 0 {
		execution, err = runTests(signals, scope.options(), record, stdout, stderr)
	}
	if execution == nil {
		reportErr = reportUnstarted(signals, scope.options(), err, stdout, stderr)
	}
	signals.passNewTo(scope.closing())
	err = endWith(signals, err, errors.Join(reportErr, scope.close()), stderr)
	if recordErr := record.finish(err); recordErr != nil {
		err = endWith(signals, err, recordErr, stderr)
	}
	return execution, err
}

// endWith is what a run ends with that would end with err, and in which something of our
// own went wrong, which counts. After a signal, which counts more, that is only said.
func endWith(signals *signalWatch, err, own error, stderr io.Writer) error {
	var coded codedError
	switch {
	case signals.received() != 0:
		if own != nil {
			_, _ = fmt.Fprintf(stderr, "ERROR %v\n", own)
		}
		return signalled(signals.received())
	case own == nil:
		return err
	case !errors.As(err, &coded):
		return errors.Join(err, own)
	case coded.reason == "":
		return own
	default:
		return errors.Join(errors.New(coded.reason), own)
	}
}

// runTests runs the tests and writes the reports.
func runTests(signals *signalWatch, opts option.Options, record *recording, stdout, stderr io.Writer) (*testjson.Execution, error) {
	started := time.Now()
	signals.passTo(onlyAsks{})
	engine, opts, err := start(signals.ctx, opts, stderr)
	switch {
	case err != nil && signals.received() != 0:
		return nil, signalled(signals.received())
	case err != nil:
		return nil, err
	}
	signals.passTo(engine)
	err = record.begin(engine)
	var handler *handler
	if err == nil {
		handler, err = newHandler(opts, engine, record, stdout, stderr)
	}
	if err != nil {
		engine.kill()
		drain(engine)
		return nil, errors.Join(err, engine.cleanUp())
	}
	r := activeRun{
		signals: signals, opts: opts, engine: engine, handler: handler,
		summary: summary{opts: opts, stdout: stdout, stderr: stderr, ci: handler.ci},
	}
	r.execute()
	reporting := newReporting(opts.GracePeriod)
	defer reporting.close()
	signals.passToReports(reporting)
	r.summary.reporting = reporting
	if r.reruns.reportErr != nil && !opts.Distributed() {
		return r.execution, r.reruns.reportErr // as gotestsum ends it
	}
	return r.execution, r.result(r.report(started, record))
}

// activeRun is a run from its first event to its exit code.
type activeRun struct {
	signals *signalWatch
	opts    option.Options
	engine  engine
	handler *handler
	summary summary

	// What execute leaves.
	execution *testjson.Execution
	reruns    reruns
	runErr    error // how the commands ended
	own       error // what went wrong with us
	closeErr  error // of ending what was written on the way
}

// execute reads what the commands print until everything was run, and runs
// again what is to be.
func (r *activeRun) execute() {
	execution, scanErr := testjson.ScanTestOutput(testjson.ScanConfig{
		Stdout:                   r.handler.joined(eventStream(r.opts, r.engine.stdout())),
		Stderr:                   r.engine.stderr(),
		Handler:                  r.handler,
		Stop:                     r.engine.abandon,
		IgnoreNonJSONOutputLines: r.opts.IgnoreNonJSONOutputLines,
	})
	forgetNameless(execution)
	sortUnended(execution)
	r.execution = execution
	r.runErr = r.engine.wait()
	if r.own = ownError(r.engine, scanErr); r.own == nil {
		r.own = r.handler.halted
	}
	r.reruns = reruns{
		ctx: r.signals.ctx, opts: r.opts, handler: r.handler, execution: execution, out: r.summary.out(),
		interrupted: func() bool { return r.signals.received() != 0 },
	}
	if engine, ok := r.engine.(player); ok && r.own == nil {
		r.reruns.attempts, r.runErr, r.own = engine.replay(r.handler, execution, r.runErr)
		r.reruns.replayed()
	}
	if r.runErr == nil && r.opts.RerunFails > 0 && r.opts.RerunFailsStrict && r.failedTests() {
		r.runErr = codedError{code: exitFailed} // a TestMain exited 0 all the same
	}
	if engine, ok := r.engine.(rerunner); ok && r.own == nil && r.runErr != nil && r.opts.RerunFails > 0 && !r.reruns.interrupted() {
		r.runErr, r.own = r.reruns.run(engine, r.runErr)
	}
	if r.own == nil && r.signals.received() == 0 && r.opts.Merge == nil {
		r.runErr = r.unaccounted(r.runErr)
	}
	r.summary.warnings = r.opts.Distributed() && r.runErr == nil && r.own == nil
	r.closeErr = errors.Join(r.handler.close(), r.engine.cleanUp())
}

// report writes what there is to say of a run that began at a time.
func (r *activeRun) report(started time.Time, record *recording) error {
	shards := r.handler.tally.report(r.engine.shards(), report.Shards{
		RunID: r.opts.RunID, Named: len(r.opts.Shards) > 0, Wall: time.Since(started),
	})
	r.summary.attempts = r.reruns.attempts
	if engine, ok := r.engine.(knowing); ok {
		engine.tell(&shards, &r.summary)
	}
	if (r.opts.RerunFailsStrict || r.opts.Merge != nil) && r.reruns.attempts > 0 {
		r.summary.flaky = findFlaky(r.execution)
	}
	r.summary.ok = r.own == nil && r.runErr == nil && !r.untold() && r.closeErr == nil && r.signals.received() == 0
	record.ran(r.execution, shards, &r.summary)
	return errors.Join(r.reruns.reportErr, r.summary.write(r.execution, shards, r.handler.junit, r.handler.output), r.handler.output.close())
}

// untold is whether tests failed and nothing said so: a command that only shows
// a stream does not know what is in it.
func (r *activeRun) untold() bool {
	return r.runErr == nil && r.opts.Distributed() && r.reruns.attempts == 0 && r.failedTests()
}

// failedTests is whether a test failed by which its package should have failed. Tests
// that a test runs by itself, by testing.RunTests, may fail on purpose: m.Run says PASS
// then.
func (r *activeRun) failedTests() bool {
	return slices.ContainsFunc(r.execution.Failed(), func(tc testjson.TestCase) bool {
		pkg := r.execution.Package(tc.Package)
		return pkg == nil || r.handler.verdicts[tc.Package] != "PASS" || pkg.Result() != testjson.ActionPass
	})
}

// result is what the run ends with, after its reports.
func (r *activeRun) result(reportErr error) error {
	own := r.own
	if own == nil { // else the same again
		own = errors.Join(r.closeErr, r.summary.tableErr)
	}
	switch own := errors.Join(own, reportErr); {
	case r.signals.received() != 0:
		if reportErr != nil {
			_, _ = fmt.Fprintf(r.summary.stderr, "ERROR %v\n", reportErr)
		}
		return signalled(r.signals.received())
	case reportErr != nil && !r.opts.Distributed(): // gotestsum forgets what was before
		return reportErr
	case own != nil:
		return own
	case r.untold():
		return codedError{code: exitFailed}
	default:
		return r.runErr
	}
}

// unaccounted returns how a run ends that would end with runErr: a run must not pass
// in which a test has no result or has failed at last, and one that ran tests again
// names those without a result. It is the last check, after all reruns: the engines fail
// such runs themselves.
func (r *activeRun) unaccounted(runErr error) error {
	var coded codedError
	switch {
	case runErr == nil:
	case r.reruns.attempts == 0 || r.handler.halted != nil || !errors.As(runErr, &coded) || coded.reason != "":
		return runErr // it says more
	}
	var missing []string
	if engine, ok := r.engine.(lister); ok {
		missing = r.handler.accounted.missing(engine.listed())
	}
	code := max(exitFailed, exitCode(runErr))
	if len(missing) > 0 {
		return codedError{code: code, reason: "these tests were listed and have no result: " + someNames(missing)}
	}
	if runErr == nil && r.reruns.attempts > 0 && r.opts.RerunFailsStrict {
		if failed := standing(r.execution); len(failed) > 0 {
			return codedError{code: code, reason: "these tests failed and have not passed since: " + someNames(failed)}
		}
	}
	return runErr
}

// player is an engine that plays what ran elsewhere: its reruns come from there too.
type player interface {
	// replay returns how many attempts there were to run failed tests again, and how
	// all of it ended, which ended with runErr before them.
	replay(handler *handler, exec *testjson.Execution, runErr error) (attempts int, err, own error)
}
