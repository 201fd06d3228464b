package shard

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// reruns runs failed tests again, attempt after attempt, until they pass.
type reruns struct {
	opts        option.Options
	handler     *handler
	execution   *testjson.Execution
	out         io.Writer
	interrupted func() bool

	attempts  int   // how many there were
	reportErr error // of writing --rerun-fails-report
}

// run returns how the last attempt ended, and what kept it from being made.
func (r *reruns) run(engine engine, runErr error) (exitErr, own error) {
	if err := r.refusal(runErr); err != nil {
		return nil, err
	}
	failed := r.execution.Failed()
	if n := len(r.filter(r.execution.Failed())); n > r.opts.RerunFailsMaxFailures {
		return nil, fmt.Errorf("number of test failures (%d) exceeds maximum (%d) set by --rerun-fails-max-failures",
			n, r.opts.RerunFailsMaxFailures)
	}
	if len(failed) == 0 && r.opts.RerunFailsStrict {
		return runErr, nil // there is nothing that could be tested again
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

func (r *reruns) units(failed []testjson.TestCase) []rerunUnit {
	if r.opts.RerunFailsStrict {
		return strictUnits(r.filter(slices.Clone(failed)), r.execution, r.isComplete, r.opts.RerunFailsTogether)
	}
	return gotestsumUnits(r.filter(failed))
}

func (r *reruns) isComplete(pkg string) bool { return r.handler.complete[pkg] }

// attempt runs failed tests again and returns those that failed again, and how
// it ended.
func (r *reruns) attempt(engine engine, failed []testjson.TestCase) (again []testjson.TestCase, exitErr, own error) {
	units := r.units(failed)
	next := 0
	for invocation, err := range engine.rerun(units) {
		if err != nil {
			return again, exitErr, err
		}
		unit := units[next]
		next++
		delete(r.handler.complete, unit.Package)
		recorder := &failureRecorder{handler: r.handler}
		_, scanErr := testjson.ScanTestOutput(testjson.ScanConfig{
			RunID:     r.attempts,
			Stdout:    invocation.stdout(),
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
		if waitErr == nil && r.opts.RerunFailsStrict {
			waitErr = r.missing(unit, recorder.ends)
		}
		again = append(again, recorder.failures...)
		if waitErr != nil {
			exitErr = waitErr
			if len(recorder.failures) == 0 && r.opts.RerunFailsStrict {
				again = append(again, unit.all()...)
			}
		}
		if err := r.refusal(waitErr); err != nil {
			return again, exitErr, err
		}
	}
	if next < len(units) && exitErr == nil {
		exitErr = codedError{code: exitFailed} // it was interrupted
	}
	return again, exitErr, nil
}

// all is what has to run again when the unit failed and none of its tests did.
func (u rerunUnit) all() []testjson.TestCase {
	if len(u.tests) == 0 {
		return []testjson.TestCase{{Package: u.Package}}
	}
	return u.tests
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

// missing returns an error when a test of unit did not pass, though the process
// says that all is well: it may have ended early, be skipped now, or bear a name
// that is another one each time. ends is how each test ended.
func (r *reruns) missing(unit rerunUnit, ends map[string]testjson.Action) error {
	var missing []string
	for _, tc := range unit.tests {
		switch ends[tc.Test.Name()] {
		case testjson.ActionPass:
		case testjson.ActionSkip:
			missing = append(missing, tc.Test.Name()+" was skipped")
		case testjson.ActionFail:
			missing = append(missing, tc.Test.Name()+" failed")
		default:
			missing = append(missing, tc.Test.Name()+" did not run again")
		}
	}
	if len(missing) == 0 && !r.handler.complete[unit.Package] {
		missing = append(missing, "the test process ended before its tests were through")
	}
	if len(missing) == 0 {
		return nil
	}
	return codedError{code: exitFailed, reason: fmt.Sprintf("rerun of %s: %s, so the failure stands"+
		" (a subtest whose name changes needs --rerun-fails-run-root-test)", unit.Package, strings.Join(missing, ", "))}
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
	return os.WriteFile(r.opts.RerunFailsReport, []byte(text.String()), 0o666)
}
