package run

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
)

// forgiven returns the error of an outcome without the exit code of the go command, if that
// code comes only from tests whose failures do not count.
func forgiven(outcome reports.Outcome) error {
	var coded exit.Error
	if !outcome.Noted.Quarantine.AnyForgiven() || !errors.As(outcome.Err, &coded) || coded.Code != exit.Failed || coded.Reason != "" {
		return outcome.Err
	}
	for _, name := range outcome.Execution.Packages() {
		if outcome.Execution.Package(name).Result() == testjson.ActionFail {
			return outcome.Err
		}
	}
	return nil
}

// flakyError returns the error for a run with that outcome, which is also one if it passed only
// because of reruns and that is not to pass.
func flakyError(result string, outcome reports.Outcome) error {
	if outcome.Err != nil || outcome.Attempts == 0 || result != option.FlakyFail {
		return outcome.Err
	}
	var names []string
	for _, tc := range observe.FindFlaky(outcome.Execution) {
		if name := tc.Package + "." + tc.Test.Name(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return exit.Error{Code: exit.Failed, Reason: "these tests passed only when they ran again, and --flaky-result is fail: " + observe.SomeNames(names)}
}

// tellQuarantine prints what is wrong with entries of the configuration file for flaky tests.
// configured is whether there are some, and whole whether all tests of the module ran, with their
// subtests, so that an entry without a test is a mistake.
func tellQuarantine(configured bool, outcome reports.Outcome, whole bool, stderr io.Writer) {
	rules := outcome.Noted.Quarantine
	notes := rules.Ended()
	if rules == nil && configured {
		notes = append(notes, "[[flaky]] of the configuration file has no effect with --shard and --raw-command, whose exit codes may mean anything")
	}
	if whole {
		notes = append(notes, rules.Unused()...)
	}
	for _, note := range notes {
		_, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", plain.Line(note))
	}
}

// runsAll reports whether the options select all tests of the module or workspace.
func runsAll(opts option.Options) bool {
	args := gotest.Args(opts.Args)
	for _, name := range []string{"run", "skip", "short", "failfast", "tags"} {
		if _, ok := args.Lookup(name); ok {
			return false
		}
	}
	packages := append(args.Packages(), opts.Packages...)
	all := len(packages) == 0 || len(packages) == 1 && (packages[0] == "./..." || packages[0] == "work")
	return all && len(opts.LeftOut) == 0 && opts.Partition.Total == 0 && opts.Narrow == nil && opts.Repeat == nil && !opts.RawCommand && len(opts.Shards) == 0
}
