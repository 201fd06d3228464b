package option

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// Reruns is which failed tests run again.
type Reruns struct {
	RerunFails                int // how often at most failed tests run again, 0 for never
	RerunOthers               int // the same for those without a [[test]] that says it
	RerunFailsMaxFailures     int // do not when more tests failed at first
	RerunFailsAbortOnDataRace bool
	RerunFailsRunRoot         bool
	RerunFailsReport          string // file name
	// RerunFailsStrict is whether a rerun has to bring a pass of every test that
	// was to run again. It is set with workers.
	RerunFailsStrict bool
	// RerunFailsTogether is whether a package's failed tests run again in one
	// process; RerunFailsAfterPanic is whether they do after a panic. Both are
	// strict.
	RerunFailsTogether   bool
	RerunFailsAfterPanic bool
	// RerunFailsAlone is whether one process at a time reruns tests, each test in its own.
	RerunFailsAlone bool
	// RetryBudget is the share of tests that may have failed if any is to run again.
	RetryBudget Share
	// FlakyResult is how a run ends in which a test passed only in a rerun: FlakyPass or FlakyFail.
	FlakyResult string
}

// The values of Reruns.FlakyResult.
const (
	FlakyPass = "pass"
	FlakyFail = "fail"
)

func (r *Reruns) flags() []flag {
	flaky := choice(&r.FlakyResult, "how", FlakyPass, FlakyFail)
	return []flag{
		{name: "flaky-result", task: taskFailures, example: `"fail"`, to: flaky, value: FlakyPass,
			help: "how a run ends if a test passed only in a rerun: pass, or fail. --flaky is the same"},
		{name: "flaky", to: flaky, of: "flaky-result", help: "short for --flaky-result", hidden: true}, // as a key, it is a table
		{name: "retry-budget", to: &r.RetryBudget, example: `"5%"`,
			help: "rerun nothing if more than this `SHARE` of the tests failed, such as 5%, but more than one; it replaces the default of --rerun-fails-max-failures"},
		{name: "rerun-fails-alone", needs: needsWorkers, to: &r.RerunFailsAlone, help: "rerun each failed test alone: one process at a time, on one worker"},
		{name: "rerun-fails-strict", to: &r.RerunFailsStrict,
			help: "succeed only if every test that should run again passed (always the case with -n)"},
		{name: "rerun-fails-together", to: &r.RerunFailsTogether, help: "rerun the failed tests of a package in one process; implies --rerun-fails-strict"},
		{name: "rerun-fails-after-panic", to: &r.RerunFailsAfterPanic,
			help: "rerun the package after a panic or a timeout; implies --rerun-fails-strict"},

		{name: "rerun-fails", task: taskFailures, example: `2`, to: &r.RerunFails, bare: "2", upstream: true,
			help: "rerun failed tests until they all pass, or attempts exceeds maximum. Defaults to max 2 reruns when enabled"},
		{name: "rerun-fails-abort-on-data-race", to: &r.RerunFailsAbortOnDataRace, upstream: true, help: "do not rerun tests if a data race is detected"},
		{name: "rerun-fails-max-failures", to: &r.RerunFailsMaxFailures, value: "10", upstream: true,
			help: "do not rerun any tests if the initial run has more than this number of failures"},
		{name: "rerun-fails-report", to: &r.RerunFailsReport, upstream: true, merge: true, help: "write a report to the file, of the tests that were rerun"},
		{name: "rerun-fails-run-root-test", to: &r.RerunFailsRunRoot, upstream: true,
			help: "rerun the entire root testcase when any of its subtests fail, instead of only the failed subtest"},
	}
}

// ErrFailFast is gotestsum's refusal of -failfast.
var ErrFailFast = errors.New("-(test.)failfast can not be used with --rerun-fails because not all test cases will run")

// settle refuses what a rerun could not do; the words are gotestsum's.
func (r *Reruns) settle(given func(flag string) bool, d Distribution, i Invocations, g GoTest) error {
	if r.RerunFails <= 0 {
		return nil
	}
	switch {
	case d.Dist == plan.Each:
		return errors.New("--dist each and --rerun-fails cannot be used together: --dist each runs every test on every worker to find flaky tests, and --rerun-fails hides them; use one of them")
	case d.Workers == 0 && len(g.Args) > 0 && !g.RawCommand && len(g.Packages) == 0:
		return errors.New("when go test args are used with --rerun-fails the list of packages to test must be specified by the --packages flag")
	case slices.ContainsFunc(g.Args, isFailFast):
		return ErrFailFast
	case len(i.Shards) > 0:
		return errors.New("--rerun-fails and --shard cannot be used together: --rerun-fails needs go test's arguments, and a --shard command can be anything; " +
			"put --rerun-fails into the command, as in --shard 'NAME=gotestshard --rerun-fails -f json ...'")
	}
	if r.RerunFailsAlone && r.RerunFailsTogether {
		return errors.New("--rerun-fails-alone and --rerun-fails-together cannot be used together: the one runs each failed test in a process of its own, the other those of a package in one; use one of them")
	}
	if r.RetryBudget > 0 && !given("rerun-fails-max-failures") {
		r.RerunFailsMaxFailures = math.MaxInt
	}
	r.RerunFailsStrict = r.RerunFailsStrict || d.Workers > 0 || r.RerunFailsTogether || r.RerunFailsAfterPanic
	return nil
}

// isFailFast reports whether an argument of go test is -failfast.
func isFailFast(arg string) bool {
	name := strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-")
	return name != arg && (name == "failfast" || name == "test.failfast")
}

// raise makes a run of workers rerun as often as any table asks for. A table does not forbid
// what a rerun cannot be used with, as the flag does.
func (r *Reruns) raise(t Tables, d Distribution, g GoTest) {
	r.RerunOthers = max(r.RerunFails, 0)
	if d.Workers > 0 && d.Dist != plan.Each && !slices.ContainsFunc(g.Args, isFailFast) {
		r.RerunFails = t.mostRetries(r.RerunFails)
	}
}
