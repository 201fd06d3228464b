package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// forgiven returns the error of an outcome without the exit code of the go command, if that
// code comes only from tests whose failures do not count. It may also come from something without a
// package, such as a coverage profile that cannot be written: then the go command says so.
func forgiven(outcome reports.Outcome) error {
	var coded exit.Error
	if len(outcome.Noted.Quarantine.AllForgiven()) == 0 || !errors.As(outcome.Err, &coded) || coded.Code != exit.Failed || coded.Reason != "" {
		return outcome.Err
	}
	if slices.ContainsFunc(outcome.Execution.Errors(), func(line string) bool { return !isWarning(line) }) {
		return outcome.Err
	}
	for _, name := range outcome.Execution.Packages() {
		if outcome.Execution.Package(name).Result() == testjson.ActionFail {
			return outcome.Err
		}
	}
	return nil
}

// isWarning reports whether a line of the go command's standard error is not about an error.
func isWarning(line string) bool {
	line = strings.TrimPrefix(line, "go: ")
	return strings.HasPrefix(line, "warning: ") || strings.TrimSpace(line) == ""
}

// mainError returns the error for a run without workers with that outcome, in which the failures of a
// package do not count, and whose TestMain may have failed by itself. The go command does not say with
// which code a test process ended, so the source has to show it. query has the command of the run.
func mainError(ctx context.Context, query suite.Query, outcome reports.Outcome) error {
	query.Packages = outcome.Noted.Quarantine.AllForgiven()
	if outcome.Err != nil || len(query.Packages) == 0 {
		return outcome.Err
	}
	settings, err := gotest.ReadSettings(ctx, query.Env, query.Dir, query.Args)
	var listed []suite.Package
	if err == nil {
		query.Args, query.Overlay = query.Args.BuildFlags(), settings.Overlay
		listed, err = suite.List(ctx, query)
	}
	if err != nil {
		return exit.Error{Code: exit.Failed, Reason: fmt.Sprintf("finding out whether failures do not count: %v", err)}
	}
	for _, pkg := range listed {
		if pkg.OwnEnd != "" {
			return exit.Error{Code: exit.Failed, Reason: fmt.Sprintf("the failures in %s do not count by [[flaky]], but its process may have failed otherwise too: %s; "+
				"only with workers this is known: add -n auto", pkg.ImportPath, pkg.OwnEnd)}
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

// tellWithoutWorkers prints which tables of the configuration file have no effect in a run without
// workers.
func tellWithoutWorkers(tables option.Tables, workers int, watch bool, stderr io.Writer) {
	if words := tables.OnlyWithWorkers(); words != "" && workers == 0 && !watch { // which would say so with each run
		_, _ = fmt.Fprintf(stderr, "gotestshard: the configuration file has %s, which need workers: add -n auto\n", words)
	}
}

// tellTables prints what is wrong with entries of the configuration file for tests. flaky is whether
// there are some for flaky tests, and whole whether all tests of the module ran, with their subtests,
// so that an entry without a test is a mistake.
func tellTables(flaky bool, outcome reports.Outcome, whole bool, stderr io.Writer) {
	rules := outcome.Noted.Quarantine
	notes := rules.Ended()
	if rules == nil && flaky {
		notes = append(notes, "[[flaky]] of the configuration file has no effect with --shard and --raw-command, whose exit codes may mean anything")
	}
	if whole {
		notes = append(notes, outcome.Noted.Named.Unused()...)
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
