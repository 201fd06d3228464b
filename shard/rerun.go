package shard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// reruns runs failed tests again, attempt after attempt, until they pass.
type reruns struct {
	ctx         context.Context // of what is asked of the go command
	opts        option.Options
	handler     *handler
	execution   *testjson.Execution
	out         io.Writer
	interrupted func() bool

	user      gotest.Settings
	attempts  int   // how many there were
	reportErr error // of writing --rerun-fails-report
}

// run returns how the last attempt ended, and what kept it from being made.
func (r *reruns) run(engine rerunner, runErr error) (exitErr, own error) {
	if err := r.refusal(runErr); err != nil {
		return nil, err
	}
	failed := r.execution.Failed()
	if n := countFailures(r.filter(r.execution.Failed())); n > r.opts.RerunFailsMaxFailures {
		return nil, fmt.Errorf("number of test failures (%d) exceeds maximum (%d) set by --rerun-fails-max-failures",
			n, r.opts.RerunFailsMaxFailures)
	}
	if r.opts.RerunFailsStrict {
		if r.user, own = r.settings(); own != nil {
			return nil, own
		}
		exitErr = runErr // stands when there is nothing that could be tested again
	}
	for len(failed) > 0 && r.attempts < r.opts.RerunFails && !r.interrupted() {
		r.attempts++
		testjson.PrintSummary(r.out, r.execution, testjson.SummarizeNone)
		_, _ = io.WriteString(r.out, "\n")
		if failed, exitErr, own = r.attempt(engine, failed); own != nil {
			break
		}
	}
	r.reportErr = r.writeReport()
	return exitErr, own
}

// replayed does what is left to do when the attempts were played from results.
func (r *reruns) replayed() {
	if r.attempts > 0 {
		r.reportErr = r.writeReport()
	}
}

// refusal returns gotestsum's reason not to run anything again, after a run
// that ended with runErr.
func (r *reruns) refusal(runErr error) error {
	switch code := exitCode(runErr); {
	case len(r.execution.Errors()) > 0:
		return errors.New("rerun aborted because previous run had errors")
	case code > 1:
		return fmt.Errorf("unexpected go test exit code: %w", cause(runErr))
	case r.execution.HasPanic() && !r.opts.RerunFailsAfterPanic:
		return errors.New("rerun aborted because previous run had a suspected panic and some test may not have run")
	case r.execution.HasDataRace() && r.opts.RerunFailsAbortOnDataRace:
		return errors.New("rerun aborted because previous run had a data race")
	}
	return nil
}

func (r *reruns) filter(failed []testjson.TestCase) []testjson.TestCase {
	if r.opts.RerunFailsRunRoot {
		return slices.DeleteFunc(failed, func(tc testjson.TestCase) bool { return tc.Test.IsSubTest() })
	}
	return testjson.FilterFailedUnique(failed)
}

// countFailures counts a package that failed outside its tests as one failure: that is
// why others did not run.
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

func (r *reruns) units(engine rerunner, failed []testjson.TestCase) []rerunUnit {
	failed = r.filter(slices.Clone(failed))
	if !r.opts.RerunFailsStrict {
		return gotestsumUnits(failed)
	}
	plan := strictPlan{
		exec:     r.execution,
		complete: func(pkg string) bool { return r.handler.complete[pkg] && !unexplained(engine, pkg) },
		together: r.opts.RerunFailsTogether,
		user:     r.user,
	}
	return plan.units(failed)
}

// exitCoder is an engine that knows how the test process of a package ended.
type exitCoder interface{ exitCode(pkg string) int }

// unexplained is whether a package ended with another code than that of failed tests,
// so that something else has failed too.
func unexplained(e engine, pkg string) bool {
	coder, ok := e.(exitCoder)
	return ok && coder.exitCode(pkg) > 1
}

// settings is what the user's flags and GOFLAGS say.
func (r *reruns) settings() (gotest.Settings, error) {
	if r.opts.RawCommand {
		return gotest.Settings{}, nil
	}
	return gotest.ReadSettings(r.ctx, r.opts.Dir, r.opts.Args)
}

// attempt runs failed tests again and returns those that failed again, and how
// it ended.
func (r *reruns) attempt(e rerunner, failed []testjson.TestCase) (again []testjson.TestCase, exitErr, own error) {
	units := r.units(e, failed)
	if len(units) == 0 && r.opts.RerunFailsStrict {
		return nil, codedError{code: exitFailed}, nil
	}
	next := 0
	for invocation, err := range e.rerun(units) {
		unit := units[next]
		next++
		if errors.Is(err, errNotKept) { // the others run again all the same
			again = append(again, unit.tests...)
			again = append(again, testjson.TestCase{Package: unit.Package})
			exitErr = codedError{code: exitFailed, reason: err.Error()}
			continue
		}
		if err != nil {
			return again, exitErr, err
		}
		delete(r.handler.complete, unit.Package)
		recorder := &failureRecorder{handler: r.handler}
		r.handler.running, _ = invocation.(halter)
		if err := r.handler.record.rerun(r.attempts); err != nil {
			return again, exitErr, err
		}
		_, scanErr := testjson.ScanTestOutput(testjson.ScanConfig{
			RunID:     r.attempts,
			Stdout:    r.handler.joined(eventStream(r.opts, invocation.stdout())),
			Stderr:    invocation.stderr(),
			Handler:   recorder,
			Execution: r.execution,
			Stop:      invocation.abandon,
			// gotestsum forgets this one.
			IgnoreNonJSONOutputLines: r.opts.IgnoreNonJSONOutputLines && r.opts.RerunFailsStrict,
		})
		forgetNameless(r.execution)
		sortUnended(r.execution)
		waitErr := invocation.wait()
		if err := ownError(invocation, scanErr); err != nil {
			return again, exitErr, err
		}
		if r.handler.halted != nil {
			return again, exitErr, r.handler.halted
		}
		again = append(again, recorder.failures...)
		if r.opts.RerunFailsStrict {
			untested, err := r.untested(unit, recorder.ends)
			again = append(again, untested...)
			if waitErr == nil {
				waitErr = err
			}
			if waitErr == nil && len(recorder.failures) > 0 { // TestMain forgot it
				waitErr = codedError{code: exitFailed}
			}
			if waitErr != nil && len(recorder.failures) == 0 && len(untested) == 0 {
				again = append(again, testjson.TestCase{Package: unit.Package})
			}
		}
		if waitErr != nil {
			exitErr = waitErr
		}
		if err := r.refusal(waitErr); err != nil {
			return again, exitErr, err
		}
	}
	if next < len(units) && exitErr == nil {
		exitErr = codedError{code: exitFailed} // it was interrupted
	}
	if r.opts.RerunFailsStrict {
		again = once(again)
	}
	return again, exitErr, nil
}

// once returns each test once: a unit may have run others than its own.
func once(tests []testjson.TestCase) []testjson.TestCase {
	type key struct{ pkg, name string }
	seen := map[key]bool{}
	return slices.DeleteFunc(tests, func(tc testjson.TestCase) bool {
		k := key{tc.Package, tc.Test.Name()}
		defer func() { seen[k] = true }()
		return seen[k]
	})
}

// failureRecorder notes which tests failed, and how each ended.
type failureRecorder struct {
	*handler
	failures []testjson.TestCase
	ends     map[string]testjson.Action // by the test's name
}

// Event implements testjson.EventHandler.
func (r *failureRecorder) Event(event testjson.TestEvent, execution *testjson.Execution) error {
	pkg := execution.Package(event.Package)
	if event.Test != "" && event.Action.IsTerminal() && pkg != nil { // testjson makes up some of no package
		if r.ends == nil {
			r.ends = map[string]testjson.Action{}
		}
		r.ends[event.Test] = event.Action
		if event.Action == testjson.ActionFail {
			r.failures = append(r.failures, pkg.LastFailedByName(event.Test))
		}
	}
	return r.handler.Event(event, execution)
}

// untested returns the tests of unit that did not pass and did not fail, and an
// error that says so. The process may say that all is well: it may have ended
// early, a test may be skipped now, or bear a name that is another one each
// time. ends is how each test ended.
func (r *reruns) untested(unit rerunUnit, ends map[string]testjson.Action) (tests []testjson.TestCase, err error) {
	var reasons []string
	for _, tc := range unit.tests {
		switch end := ends[tc.Test.Name()]; {
		case end == testjson.ActionPass, end == testjson.ActionFail, end == testjson.ActionSkip && unit.unrun[tc.Test.Name()]:
			continue
		case end == testjson.ActionSkip:
			reasons = append(reasons, tc.Test.Name()+" was skipped")
		default:
			reasons = append(reasons, tc.Test.Name()+" did not run again (does its name change? there is --rerun-fails-run-root-test)")
		}
		tests = append(tests, tc)
	}
	if len(reasons) == 0 && !r.handler.complete[unit.Package] {
		reasons = append(reasons, "the test process ended before its tests were through")
	}
	if len(reasons) == 0 {
		return nil, nil
	}
	return tests, codedError{code: exitFailed, reason: fmt.Sprintf("rerun of %s: the failure stands: %s", unit.Package, strings.Join(reasons, ", "))}
}

// writeReport writes --rerun-fails-report: how often each failed test ran.
func (r *reruns) writeReport() error {
	if r.opts.RerunFailsReport == "" {
		return nil
	}
	lines := map[string]string{}
	for _, failure := range r.execution.Failed() {
		name := failure.Package + "." + failure.Test.Name()
		pkg := r.execution.Package(failure.Package)
		same := func(cases []testjson.TestCase) int {
			n := 0
			for _, tc := range cases {
				if tc.Test == failure.Test {
					n++
				}
			}
			return n
		}
		lines[name] = fmt.Sprintf("%s: %d runs, %d failures\n", name, same(pkg.Failed)+same(pkg.Passed), same(pkg.Failed))
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		text.WriteString(lines[name])
	}
	err := os.WriteFile(r.opts.RerunFailsReport, []byte(text.String()), 0o666)
	if err != nil && r.opts.Distributed() {
		return fmt.Errorf("writing --rerun-fails-report: %w", err)
	}
	return err
}
