// Package run does a whole run, from its options to its exit code.
//
//	set-up ─ engine ─ events ─ reruns ─ reports ─ teardown ─ exit code
//
//	engine: go test on workers, named shards, or a plain go test
//	      │ one stream of JSON events            ▲ hook: test binaries
//	      ▼                                      │
//	scan  →  testjson  →  observe            pool of workers
//	      │                      └ format, event files, counts per worker, notes
//	      ▼
//	Execution → reports: shard table, summary, files
package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/changed"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/live"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
	"github.com/gotestshard/gotestshard/shard/internal/rerun"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
	"github.com/gotestshard/gotestshard/shard/internal/workers"
)

// Run runs the tests according to opts. It returns nil if everything passed, an exit.Error
// if something failed, and any other error if gotestshard itself failed.
func Run(opts option.Options, stdout, stderr io.Writer) error {
	_, err := Until(signals.Start(opts.Distributed()), opts, stdout, stderr)
	return err
}

// Until is Run with the given signals. The execution is nil if nothing was started.
func Until(interrupts *signals.Watch, opts option.Options, stdout, stderr io.Writer) (*testjson.Execution, error) {
	defer interrupts.Stop()
	limits := newLimits(opts.Limits, opts.Distributed(), interrupts, stderr)
	defer limits.stop()
	record, err := observe.OpenRecording(interrupts.Ctx, opts)
	if err != nil {
		return nil, err
	}
	interrupts.PassTo(unfinished{record: record})
	scope := newScope(opts, stderr)
	opts, err = prepare(interrupts, scope, opts, record, stderr)
	var tests reports.Outcome
	if err == nil && interrupts.Received() == 0 {
		tests, err = runTests(interrupts, limits, opts, record, stdout, stderr)
	}
	limits.stop()
	err, reportErr := writeReports(interrupts, opts, tests, err, stdout, stderr)
	interrupts.PassNewTo(scope.closing())
	err = endWith(interrupts, err, errors.Join(reportErr, scope.close()), stderr)
	if over := limits.over(); over != nil {
		err = over
	}
	if recordErr := record.Finish(err, interrupts.At(), stderr); recordErr != nil {
		err = endWith(interrupts, err, recordErr, stderr)
	}
	return tests.Execution, err
}

// prepare does the set-up, and returns the options of the tests that are to run after it.
func prepare(interrupts *signals.Watch, scope *scope, opts option.Options, record *observe.Recording, stderr io.Writer) (option.Options, error) {
	interrupts.PassTo(scope)
	tellWithoutWorkers(opts.Tables, opts.Workers, opts.Watch, stderr)
	err := scope.setUp()
	opts = scope.options()
	if err != nil || interrupts.Received() != 0 {
		return opts, err
	}
	return narrow(interrupts, opts, record, stderr)
}

// writeReports reports on tests, or on a run that ended with err before any of them started. It returns
// the error of the run, and what went wrong with reports that were not about tests.
func writeReports(interrupts *signals.Watch, opts option.Options, tests reports.Outcome, err error, stdout, stderr io.Writer) (runErr, reportErr error) {
	if tests.Execution == nil {
		return err, reportUnstarted(interrupts, opts, err, stdout, stderr)
	}
	runErr = tests.Report(interrupts, opts, stdout, stderr)
	if opts.Unit == nil {
		tellTables(len(opts.Flaky) > 0, tests, runsAll(opts) && interrupts.Received() == 0 && tests.Own == nil && tests.Err == nil, stderr)
	}
	return runErr, nil
}

// narrow returns the options of a run without what --changed leaves out.
func narrow(interrupts *signals.Watch, opts option.Options, record *observe.Recording, stderr io.Writer) (option.Options, error) {
	if opts.Changed == "" {
		return opts, nil
	}
	interrupts.PassTo(signals.OnlyAsks{})
	found, err := changed.Find(interrupts.Ctx, opts, packagesOf(opts.Workers, opts.GoTest, opts.Environ))
	switch {
	case err != nil && interrupts.Received() != 0:
		return opts, exit.Signalled(interrupts.Received())
	case err != nil:
		return opts, err
	}
	record.LeavesOut(found.Record())
	found.Say(opts.Explain, stderr)
	return found.Narrow(opts), nil
}

// packagesOf returns the packages that run if the arguments name none.
func packagesOf(workers int, goTest option.GoTest, environ []string) []string {
	if workers > 0 {
		return listing.WorkerPackages(goTest, environ)
	}
	return goTest.Packages
}

// runTests runs the tests, reruns those that failed, and returns the outcome. The outcome
// has no execution if nothing was started.
func runTests(interrupts *signals.Watch, limits *limits, opts option.Options, record *observe.Recording, stdout, stderr io.Writer) (reports.Outcome, error) {
	started := time.Now()
	interrupts.PassTo(signals.OnlyAsks{})
	view := live.Begin(opts, interrupts, stdout, stderr)
	defer func() { _ = view.End() }()
	e, noted, err := begin(interrupts, opts, record, view)
	if err != nil {
		return reports.Outcome{}, err
	}
	limits.watch(view, e, noted)
	outcome := firstAttempt(e, noted, opts.IgnoreNonJSONOutputLines)
	outcome.Started, outcome.Err = started, forgiven(outcome)
	out := reports.SummaryOut(opts.Format, opts.Terminal, view.Stdout, view.Stderr)
	if opts.Unit != nil { // the node sums up all that it ran
		out = io.Discard
	}
	outcome = runAgain(interrupts, opts, e, outcome, attemptSummary(opts.Format, opts.OwnSummary(), outcome, out))
	if outcome.Own == nil && interrupts.Received() == 0 {
		if opts.Workers == 0 {
			outcome.Err = mainError(interrupts.Ctx, suite.Query{Dir: opts.Dir, Env: opts.GoEnvironment(), Args: opts.Args}, outcome)
		}
		outcome.Err = flakyError(opts.FlakyResult, outcome)
		outcome.Err = unaccounted(e, outcome, opts.RerunFailsStrict)
	}
	outcome.CloseErr = errors.Join(noted.Close(), e.CleanUp(), view.End())
	shards := report.Shards{RunID: opts.RunID, Named: len(opts.Shards) > 0}
	outcome = addFigures(e, outcome, shards, opts.Distributed())
	if interrupts.Received() != 0 || noted.Halted != nil || opts.Watch {
		outcome.Shards.Advice = nil // not everything ran
	}
	return outcome, nil
}

// begin starts an engine, which gets the signals from then on, and what observes it.
func begin(interrupts *signals.Watch, opts option.Options, record *observe.Recording, view *live.View) (engine.Engine, *observe.Handler, error) {
	e, err := start(interrupts.Ctx, opts, view.Stderr)
	switch {
	case err != nil && interrupts.Received() != 0:
		return nil, nil, exit.Signalled(interrupts.Received())
	case err != nil:
		return nil, nil, err
	}
	interrupts.PassTo(e)
	noted, err := observeEngine(opts, e, record, view)
	if err != nil {
		e.Kill()
		engine.Drain(e)
		return nil, nil, errors.Join(err, e.CleanUp())
	}
	noted.Shown.Interrupted = func(string) time.Time { return interrupts.At() }
	return e, noted, nil
}

// start starts an engine. Its queries to the go command end with ctx.
func start(ctx context.Context, opts option.Options, stderr io.Writer) (engine.Engine, error) {
	switch {
	case opts.Workers > 0:
		return workers.Start(ctx, opts, stderr)
	case len(opts.Shards) > 0:
		return engine.StartNamed(opts, stderr)
	default:
		return engine.StartPlain(ctx, opts, stderr)
	}
}

// observeEngine starts recording and showing what an engine runs.
func observeEngine(opts option.Options, e engine.Engine, record *observe.Recording, view *live.View) (*observe.Handler, error) {
	if err := record.Begin(e); err != nil {
		return nil, err
	}
	noted, err := observe.New(opts, e, record, view.Stdout, view.Stderr)
	if err != nil {
		return nil, err
	}
	if source, ok := e.(live.Source); ok {
		view.State.Follow(source)
	}
	noted.Live = view.State
	return noted, nil
}

// firstAttempt reads the output of the commands until everything has run.
func firstAttempt(e engine.Engine, noted *observe.Handler, ignoreNonJSON bool) reports.Outcome {
	exec, scanErr := noted.Scan(testjson.ScanConfig{
		Stdout: e.Stdout(), Stderr: e.Stderr(), Stop: e.Abandon, IgnoreNonJSONOutputLines: ignoreNonJSON,
	})
	outcome := reports.Outcome{Execution: exec, Noted: noted, Elsewhere: listsTests(e), Err: e.Wait()}
	if outcome.Own = engine.OwnError(e, scanErr); outcome.Own == nil {
		outcome.Own = noted.Halted
	}
	return outcome
}

// listsTests reports whether any node has tests to run, if an engine runs one of several
// parts.
func listsTests(e engine.Engine) bool {
	planner, ok := e.(engine.Planner)
	return ok && slices.ContainsFunc(planner.PlannedParts(), func(part plan.Part) bool {
		return slices.ContainsFunc(part.Packages, func(pkg plan.PartPackage) bool { return len(pkg.Tests) > 0 })
	})
}

// runAgain reruns the failed tests of an outcome if the options request it. It calls sumUp
// before each attempt, with the number of those before it.
func runAgain(interrupts *signals.Watch, opts option.Options, e engine.Engine, outcome reports.Outcome, sumUp func(attempts int)) reports.Outcome {
	if opts.RerunFails <= 0 {
		return outcome
	}
	if outcome.Err == nil && opts.RerunFailsStrict && outcome.TestsFailed() {
		outcome.Err = exit.Error{Code: exit.Failed} // a TestMain exited with 0 anyway
	}
	rerunner, ok := e.(engine.Rerunner)
	if !ok || outcome.Own != nil || outcome.Err == nil || interrupts.Received() != 0 {
		return outcome
	}
	result := rerun.Reruns{
		Ctx: interrupts.Ctx, Opts: opts, Handler: outcome.Noted, Execution: outcome.Execution, SumUp: sumUp,
		Interrupted: func() bool { return interrupts.Received() != 0 },
	}.Run(rerunner, outcome.Err)
	outcome.Attempts, outcome.Err, outcome.Own, outcome.RerunErr = result.Attempts, result.Err, result.Own, result.ReportErr
	return outcome
}

// unaccounted returns the error for a run with that outcome. A run must not pass if a test
// has no result or if its last result is a failure. A run with reruns lists the tests
// without a result. This is the last check, after all reruns. Normally the engines
// themselves have already failed such a run.
func unaccounted(e engine.Engine, outcome reports.Outcome, strict bool) error {
	var coded exit.Error
	switch {
	case outcome.Err == nil:
	case outcome.Attempts == 0 || outcome.Noted.Halted != nil || !errors.As(outcome.Err, &coded) || coded.Reason != "":
		return outcome.Err // it is more specific
	}
	var missing []string
	if e, ok := e.(engine.Lister); ok {
		missing = outcome.Noted.Accounted.Missing(e.Listed())
	}
	code := max(exit.Failed, exit.Code(outcome.Err))
	if len(missing) > 0 {
		return exit.Error{Code: code, Reason: "these tests were listed and have no result: " + observe.SomeNames(missing)}
	}
	if outcome.Err == nil && outcome.Attempts > 0 && strict {
		if failed := observe.Standing(outcome.Execution); len(failed) > 0 {
			return exit.Error{Code: code, Reason: "these tests failed and have not passed since: " + observe.SomeNames(failed)}
		}
	}
	return outcome.Err
}

// endWith returns the error for a run whose tests ended with err. own is an error of
// gotestshard itself, which takes precedence over err. A signal takes precedence over both:
// then own is only printed.
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
