// Package rerun plans and runs the reruns of failed tests: --rerun-fails.
package rerun

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/workers"
)

// Reruns has what is needed to rerun the failed tests of a run, attempt after attempt, until
// they pass.
type Reruns struct {
	Ctx         context.Context // of queries to the go command
	Opts        option.Options
	Handler     *observe.Handler
	Execution   *testjson.Execution
	SumUp       func(attempts int) // is called before each attempt
	Interrupted func() bool

	user     gotest.Settings
	attempts int
	// known is the number of errors that are no reason to stop.
	known int
}

// Result is the result of reruns.
type Result struct {
	Attempts  int
	Err       error // how the last attempt ended
	Own       error // why it could not run
	ReportErr error // of writing --rerun-fails-report
}

// Run reruns the failed tests of a run that ended with runErr.
func (r Reruns) Run(e engine.Rerunner, runErr error) Result {
	failed, unbuilt := started(e, r.Execution.Failed())
	if unbuilt {
		r.known = len(r.Execution.Errors())
	}
	if err := r.refusal(runErr); err != nil {
		return Result{Own: err}
	}
	failed = r.mayRun(failed)
	n := countFailures(r.filter(slices.Clone(failed)))
	if n > r.Opts.RerunFailsMaxFailures {
		return Result{Own: fmt.Errorf("number of test failures (%d) exceeds maximum (%d) set by --rerun-fails-max-failures",
			n, r.Opts.RerunFailsMaxFailures)}
	}
	if why := overBudget(n, r.Execution.Total(), float64(r.Opts.RetryBudget)); why != "" {
		return Result{Err: exit.Error{Code: max(exit.Failed, exit.Code(runErr)), Reason: why}}
	}
	var result Result
	if r.Opts.RerunFailsStrict {
		if r.user, result.Own = r.settings(); result.Own != nil {
			return result
		}
		result.Err = runErr // remains if there is nothing to rerun
	}
	for len(failed) > 0 && r.attempts < r.Opts.RerunFails && !r.Interrupted() {
		r.SumUp(r.attempts)
		r.attempts++
		if failed, result.Err, result.Own = r.attempt(e, failed); result.Own != nil {
			break
		}
		failed = r.mayRun(failed)
	}
	if unbuilt && result.Err == nil {
		result.Err = exit.Error{Code: exit.Failed}
	}
	result.Attempts, result.ReportErr = r.attempts, WriteReport(r.Opts.RerunFailsReport, r.Opts.Distributed(), r.Execution)
	return result
}

// mayRun returns the tests that may run once more. The others stay failed, which the end of the
// run shows.
func (r *Reruns) mayRun(failed []testjson.TestCase) []testjson.TestCase {
	return slices.DeleteFunc(slices.Clone(failed), func(tc testjson.TestCase) bool {
		return r.Opts.Retries(tc.Package, tc.Test.Name(), r.Opts.RerunOthers) <= r.attempts
	})
}

// overBudget returns why nothing is to run again after so many failures, empty if they are within
// the budget, the share of all tests that may fail. A single test may always run again, or a
// small suite would have no reruns.
func overBudget(failed, all int, budget float64) string {
	if budget == 0 || failed <= 1 || float64(failed) <= budget*float64(all) {
		return ""
	}
	share := option.Share(budget)
	return fmt.Sprintf("no test was run again, since %d of %d failed (%s), more than --retry-budget %s: so many are rather broken than flaky",
		failed, all, plain.Percent(float64(failed)/float64(all)), share.String())
}

// refusal returns gotestsum's reason not to rerun anything after a run that ended with
// runErr.
func (r *Reruns) refusal(runErr error) error {
	switch code := exit.Code(runErr); {
	case len(r.Execution.Errors()) > r.known:
		return errors.New("rerun aborted because previous run had errors")
	case code > 1:
		return fmt.Errorf("unexpected go test exit code: %w", exit.Cause(runErr))
	case r.Execution.HasPanic() && !r.Opts.RerunFailsAfterPanic:
		return errors.New("rerun aborted because previous run had a suspected panic and some test may not have run")
	case r.Execution.HasDataRace() && r.Opts.RerunFailsAbortOnDataRace:
		return errors.New("rerun aborted because previous run had a data race")
	}
	return nil
}

func (r *Reruns) filter(failed []testjson.TestCase) []testjson.TestCase {
	if r.Opts.RerunFailsRunRoot {
		return slices.DeleteFunc(failed, func(tc testjson.TestCase) bool { return tc.Test.IsSubTest() })
	}
	return testjson.FilterFailedUnique(failed)
}

// countFailures counts a package that failed outside its tests as one failure, because its
// other tests are counted as failed only because they did not run.
func countFailures(failed []testjson.TestCase) int {
	outside := map[string]bool{}
	for _, tc := range failed {
		if split.IsOutsideTests(tc.Test.Name()) {
			outside[tc.Package] = true
		}
	}
	n := len(outside)
	for _, tc := range failed {
		if !outside[tc.Package] {
			n++
		}
	}
	return n
}

func (r *Reruns) units(engine engine.Rerunner, failed []testjson.TestCase) []engine.Unit {
	failed = r.filter(slices.Clone(failed))
	if !r.Opts.RerunFailsStrict {
		return gotestsumUnits(failed)
	}
	plan := strictPlan{
		exec:     r.Execution,
		complete: func(pkg string) bool { return r.Handler.Complete[pkg] && !unexplained(engine, pkg) },
		together: r.Opts.RerunFailsTogether,
		user:     r.user,
	}
	return plan.units(failed)
}

// unexplained reports whether a package ended with an exit code other than the one for
// failed tests, so that something else has failed too.
func unexplained(e engine.Engine, pkg string) bool {
	coder, ok := e.(engine.ExitCoder)
	return ok && coder.ExitCode(pkg) > 1
}

// settings returns the settings from the user's flags and GOFLAGS.
func (r *Reruns) settings() (gotest.Settings, error) {
	if r.Opts.RawCommand {
		return gotest.Settings{}, nil
	}
	return gotest.ReadSettings(r.Ctx, r.Opts.Environ, r.Opts.Dir, r.Opts.Args)
}

// attempt reruns failed tests. It returns the tests that failed again, and how the attempt
// ended.
func (r *Reruns) attempt(e engine.Rerunner, failed []testjson.TestCase) (again []testjson.TestCase, exitErr, own error) {
	units := r.units(e, failed)
	if len(units) == 0 && r.Opts.RerunFailsStrict {
		return nil, exit.Error{Code: exit.Failed}, nil
	}
	next := 0
	for invocation, err := range e.Rerun(units) {
		unit := units[next]
		next++
		if errors.Is(err, workers.ErrNotKept) { // the other units still run
			again = append(again, unit.Tests...)
			again = append(again, testjson.TestCase{Package: unit.Package})
			exitErr = exit.Error{Code: exit.Failed, Reason: err.Error()}
			continue
		}
		if err != nil {
			return again, exitErr, err
		}
		failures, waitErr, err := r.runUnit(unit, invocation)
		if err != nil {
			return again, exitErr, err
		}
		again = append(again, failures...)
		if waitErr != nil {
			exitErr = waitErr
		}
		if err := r.refusal(waitErr); err != nil {
			return again, exitErr, err
		}
	}
	if next < len(units) && exitErr == nil {
		exitErr = exit.Error{Code: exit.Failed} // it was interrupted
	}
	if r.Opts.RerunFailsStrict {
		again = once(again)
	}
	return again, exitErr, nil
}

// runUnit reads the output of an invocation that reruns a unit. It returns the tests that
// failed in it, how it ended, and an error of gotestshard itself.
func (r *Reruns) runUnit(unit engine.Unit, invocation engine.Invocation) (again []testjson.TestCase, waitErr, own error) {
	delete(r.Handler.Complete, unit.Package)
	recorder := &failureRecorder{Handler: r.Handler}
	r.Handler.Running, _ = invocation.(engine.Halter)
	if err := r.Handler.Record.Rerun(r.attempts); err != nil {
		return nil, nil, err
	}
	_, scanErr := r.Handler.Scan(testjson.ScanConfig{
		RunID:     r.attempts,
		Stdout:    invocation.Stdout(),
		Stderr:    invocation.Stderr(),
		Handler:   recorder,
		Execution: r.Execution,
		Stop:      invocation.Abandon,
		// gotestsum does not pass this option to reruns.
		IgnoreNonJSONOutputLines: r.Opts.IgnoreNonJSONOutputLines && r.Opts.RerunFailsStrict,
	})
	waitErr = invocation.Wait()
	if err := engine.OwnError(invocation, scanErr); err != nil {
		return nil, nil, err
	}
	if r.Handler.Halted != nil {
		return nil, nil, r.Handler.Halted
	}
	if exit.Code(waitErr) == exit.Failed && r.Handler.Quarantine.Forgiven(unit.Package) {
		waitErr = nil
	}
	again = recorder.failures
	if !r.Opts.RerunFailsStrict {
		return again, waitErr, nil
	}
	untested, err := r.untested(unit, recorder.ends)
	again = append(again, untested...)
	if waitErr == nil {
		waitErr = err
	}
	if waitErr == nil && len(recorder.failures) > 0 { // TestMain exited with 0 anyway
		waitErr = exit.Error{Code: exit.Failed}
	}
	if waitErr != nil && len(again) == 0 {
		again = append(again, testjson.TestCase{Package: unit.Package})
	}
	return again, waitErr, nil
}

// once returns each test once, because a unit may also run tests of other units.
func once(tests []testjson.TestCase) []testjson.TestCase {
	type key struct{ pkg, name string }
	seen := map[key]bool{}
	return slices.DeleteFunc(tests, func(tc testjson.TestCase) bool {
		k := key{tc.Package, tc.Test.Name()}
		defer func() { seen[k] = true }()
		return seen[k]
	})
}

// failureRecorder records which tests failed, and how each test ended.
type failureRecorder struct {
	*observe.Handler
	failures []testjson.TestCase
	ends     map[string]testjson.Action // by the test's name
}

// Event implements testjson.EventHandler.
func (r *failureRecorder) Event(event testjson.TestEvent, execution *testjson.Execution) error {
	pkg := execution.Package(event.Package)
	if event.Test != "" && event.Action.IsTerminal() && pkg != nil { // testjson adds some without a package
		if r.ends == nil {
			r.ends = map[string]testjson.Action{}
		}
		r.ends[event.Test] = event.Action
		if event.Action == testjson.ActionFail {
			r.failures = append(r.failures, pkg.LastFailedByName(event.Test))
		}
	}
	return r.Handler.Event(event, execution)
}

// untested returns the tests of unit that neither passed nor failed, and an error about
// them. The process may report success anyway: it may have ended early, a test may be
// skipped this time, or the name of a test may change from run to run. ends is how each test
// ended.
func (r *Reruns) untested(unit engine.Unit, ends map[string]testjson.Action) (tests []testjson.TestCase, err error) {
	var reasons []string
	for _, tc := range unit.Tests {
		switch end := ends[tc.Test.Name()]; {
		case end == testjson.ActionPass, end == testjson.ActionFail, end == testjson.ActionSkip && unit.Unrun[tc.Test.Name()]:
			continue
		case end == testjson.ActionSkip:
			reasons = append(reasons, tc.Test.Name()+" was skipped")
		default:
			reasons = append(reasons, tc.Test.Name()+" did not run again (does its name change? there is --rerun-fails-run-root-test)")
		}
		tests = append(tests, tc)
	}
	if len(reasons) == 0 && !r.Handler.Complete[unit.Package] {
		reasons = append(reasons, "the test process ended before its tests had finished")
	}
	if len(reasons) == 0 {
		return nil, nil
	}
	return tests, exit.Error{Code: exit.Failed, Reason: fmt.Sprintf("rerun of %s: the failure stands: %s", unit.Package, observe.SomeNames(reasons))}
}
