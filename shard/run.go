package shard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// invocation is one or several commands while they run.
type invocation interface {
	// stdout is the stream of go test -json lines, stderr what is beside it.
	// Both end when everything has been run.
	stdout() io.Reader
	stderr() io.Reader
	// abandon ends the commands at once, when nobody reads stdout any more.
	abandon()
	// streamError is what went wrong with stdout itself; it is called after wait.
	streamError() error
	// wait is called after both streams have ended and returns how the commands
	// ended, as an error with their exit code.
	wait() error
}

// engine runs the tests: it starts commands and joins what they print.
type engine interface {
	invocation
	stopper
	// errSource returns who wrote the line of stderr that is handled now.
	errSource() string
	// rerun runs tests of a run that has ended again, one invocation for each
	// unit, in that order; an invocation is waited for before the next one is
	// asked for. What is still running when the sequence is left is ended.
	rerun(units []rerunUnit) iter.Seq2[invocation, error]
	// shards returns what each shard ran, nil for a plain run.
	shards() []report.Shard
}

// start starts an engine. What has to be found out before ends with ctx.
func start(ctx context.Context, opts option.Options, stderr io.Writer) (engine, error) {
	switch {
	case opts.Merge != nil:
		return startMerge(opts, stderr)
	case opts.Workers > 0:
		return startWorkers(ctx, opts, stderr)
	case len(opts.Shards) > 0:
		return startNamed(opts, stderr)
	default:
		return startPlain(opts, stderr)
	}
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
	record, err := openRecording(opts)
	if err != nil {
		return nil, err
	}
	execution, err := runInScope(signals, opts, record, stdout, stderr)
	recordErr := record.finish(err, stderr)
	switch {
	case recordErr == nil:
		return execution, err
	case signals.received() != 0:
		_, _ = fmt.Fprintf(stderr, "ERROR %v\n", recordErr)
		return execution, err
	default:
		return execution, ownErrors(err, recordErr)
	}
}

// ownErrors joins what a run ended with and an error of our own, which counts.
func ownErrors(err, own error) error {
	var coded codedError
	if errors.As(err, &coded) {
		if coded.reason == "" {
			return own
		}
		err = errors.New(coded.reason)
	}
	return errors.Join(err, own)
}

// runInScope runs the tests between setup and teardown.
func runInScope(signals *signalWatch, opts option.Options, record *recording, stdout, stderr io.Writer) (*testjson.Execution, error) {
	scope := newScope(opts, stderr)
	signals.passTo(scope)
	var execution *testjson.Execution
	err := scope.setUp()
	switch {
	case signals.received() != 0:
		err = signalled(signals.received())
	case err == nil:
		execution, err = runTests(signals, scope.options(), record, stdout, stderr)
	}
	signals.passNewTo(scope)
	closeErr := scope.close()
	var coded codedError
	switch {
	case closeErr == nil:
		return execution, err
	case signals.received() != 0:
		_, _ = fmt.Fprintf(stderr, "ERROR %v\n", closeErr)
		return execution, signalled(signals.received())
	case errors.As(err, &coded) && coded.reason == "":
		return execution, closeErr
	default:
		return execution, errors.Join(err, closeErr)
	}
}

// runTests runs the tests and writes the reports.
func runTests(signals *signalWatch, opts option.Options, record *recording, stdout, stderr io.Writer) (*testjson.Execution, error) {
	started := time.Now()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals.passTo(listingStopper{cancel})
	engine, err := start(ctx, opts, stderr)
	switch {
	case err != nil && signals.received() != 0:
		return nil, signalled(signals.received())
	case err != nil:
		return nil, err
	}
	signals.passTo(engine)
	merge, _ := engine.(*mergeEngine)
	if merge != nil {
		opts = merge.opts
	}

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
	execution, scanErr := testjson.ScanTestOutput(testjson.ScanConfig{
		Stdout:                   eventStream(opts, engine.stdout()),
		Stderr:                   engine.stderr(),
		Handler:                  handler,
		Stop:                     engine.abandon,
		IgnoreNonJSONOutputLines: opts.IgnoreNonJSONOutputLines,
	})
	forgetNameless(execution)
	sortUnended(execution)
	runErr := engine.wait()
	own := ownError(engine, scanErr)
	if own == nil {
		own = handler.halted
	}
	summary := summary{opts: opts, stdout: stdout, stderr: stderr, ci: handler.ci}
	reruns := reruns{
		opts: opts, handler: handler, execution: execution, out: summary.out(),
		interrupted: func() bool { return signals.received() != 0 },
	}
	if merge != nil && own == nil {
		reruns.attempts, runErr, own = merge.replay(handler, execution, runErr)
		reruns.replayed()
	}
	if own == nil && runErr != nil && opts.RerunFails > 0 && !reruns.interrupted() {
		runErr, own = reruns.run(engine, runErr)
	}
	if (opts.RerunFailsStrict || merge != nil) && reruns.attempts > 0 {
		summary.flaky = findFlaky(execution)
	}
	summary.warnings = opts.Distributed() && runErr == nil && own == nil
	closeErr := errors.Join(handler.close(), engine.cleanUp())
	if reruns.reportErr != nil && !opts.Distributed() {
		return execution, reruns.reportErr // as gotestsum ends it
	}

	shards := handler.tally.report(engine.shards(), report.Shards{
		RunID: opts.RunID, Named: len(opts.Shards) > 0, Wall: time.Since(started),
	})
	if e, ok := engine.(*workersEngine); ok {
		shards.Longest = longestTest(shards.Longest, e.timings.run.Measured())
	}
	if merge != nil {
		shards.Wall, summary.elapsed, summary.started, summary.goVersionText = merge.wall(), merge.wall(), merge.started(), merge.goVersion()
	}
	record.ran(execution, shards, &summary)
	// A command that only shows a stream does not know what is in it.
	untold := runErr == nil && opts.Distributed() && len(execution.Failed()) > 0 && reruns.attempts == 0
	summary.ok = own == nil && runErr == nil && !untold && closeErr == nil && signals.received() == 0
	if e, ok := engine.(*workersEngine); ok {
		shards.Advice = e.advice()
	}
	reportErr := errors.Join(reruns.reportErr, summary.write(execution, shards, handler.junit))
	if own == nil { // else the same again
		own = errors.Join(closeErr, summary.tableErr)
	}

	switch own := errors.Join(own, reportErr); {
	case signals.received() != 0:
		if reportErr != nil {
			_, _ = fmt.Fprintf(stderr, "ERROR %v\n", reportErr)
		}
		return execution, signalled(signals.received())
	case reportErr != nil && !opts.Distributed(): // gotestsum forgets what was before
		return execution, reportErr
	case own != nil:
		return execution, own
	case untold:
		return execution, codedError{code: exitFailed}
	default:
		return execution, runErr
	}
}

// sortUnended puts the tests without an end, which testjson adds to the failed
// ones in no order, in the order of their starts.
func sortUnended(exec *testjson.Execution) {
	for _, name := range exec.Packages() {
		failed := exec.Package(name).Failed
		first := len(failed)
		for first > 0 && failed[first-1].Elapsed == neverFinished {
			first--
		}
		slices.SortFunc(failed[first:], func(a, b testjson.TestCase) int { return cmp.Compare(a.ID, b.ID) })
	}
}

// drain reads what an engine that was killed still says, so that it can end.
func drain(engine invocation) {
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(io.Discard, engine.stderr()) })
	reading.Go(func() { _, _ = io.Copy(io.Discard, engine.stdout()) })
	reading.Wait()
	_ = engine.wait()
}

// ownError returns the error that ended the reading of the stream: the
// stream's own where it has one, without testjson's words around it.
func ownError(engine invocation, scanErr error) error {
	if err := engine.streamError(); err != nil && scanErr != nil {
		return err
	}
	return scanErr
}
