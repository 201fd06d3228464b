package last

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/merge"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/rerun"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// failed returns what failed or did not run in a run, of the packages of a query.
func failed(ctx context.Context, played merge.Played, settings gotest.Settings, query suite.Query) (selection, error) {
	end := played.End
	earlier := rerun.Earlier{
		Execution: played.Execution, Complete: played.Noted.Complete, Dist: plan.Mode(played.Header.Dist), User: settings,
		EndedEarly: end == nil || end.ExitCode > exit.Failed || end.Reason != "" || settings.FailFast,
	}
	units := earlier.Units()
	if earlier.EndedEarly {
		others, err := unstarted(ctx, played, query)
		if err != nil {
			return selection{}, err
		}
		units = append(units, others...)
	}
	s := selection{tests: map[string][]string{}, note: "nothing failed in the last run, and nothing is left to run"}
	byPackage, number, whole := map[string]engine.Unit{}, 0, 0
	for _, unit := range units {
		s.packages = append(s.packages, unit.Package)
		byPackage[unit.Package] = unit
		for _, tc := range unit.Tests {
			root, _, _ := strings.Cut(tc.Test.Name(), "/")
			if root != "" && !slices.Contains(s.tests[unit.Package], root) {
				s.tests[unit.Package] = append(s.tests[unit.Package], root)
			}
		}
		if unit.Run == "" {
			whole++
		} else {
			number += len(s.tests[unit.Package])
		}
	}
	s.narrow = func(pkg string, args []string) []string {
		unit, ok := byPackage[pkg]
		if !ok {
			return args
		}
		return unit.Binary(args)
	}
	if len(units) > 0 {
		s.note = fmt.Sprintf("what failed or did not run in the last run: %s", summary(number, whole, len(units)))
	}
	return s, nil
}

// summary says how much runs again.
func summary(tests, whole, packages int) string {
	switch {
	case whole == 0:
		return fmt.Sprintf("%s of %s", plain.Counted(tests, "test"), plain.Counted(packages, "package"))
	case tests == 0:
		return plain.Counted(whole, "package")
	}
	return fmt.Sprintf("%s, and %s of %s", plain.Counted(whole, "package"), plain.Counted(tests, "test"), plain.Counted(packages-whole, "other package"))
}

// unstarted returns a unit for each package that the run has not reached, and did not leave out on
// purpose.
func unstarted(ctx context.Context, played merge.Played, query suite.Query) ([]engine.Unit, error) {
	packages, err := suite.List(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("looking for what did not run: %w", err)
	}
	var units []engine.Unit
	for _, pkg := range packages {
		hasTests := len(pkg.Tests) > 0 || pkg.Hides != "" || pkg.Problem != nil
		if hasTests && played.Execution.Package(pkg.ImportPath) == nil && !played.Header.LeavesOut(pkg.ImportPath) {
			units = append(units, engine.Unit{Rerun: gotest.Rerun{Package: pkg.ImportPath}})
		}
	}
	return units, nil
}

// missing returns the tests of the selection that a run has not started.
func (s selection) missing(exec *testjson.Execution) (missing []string) {
	for _, name := range s.packages {
		ran := map[string]bool{}
		if pkg := exec.Package(name); pkg != nil {
			for _, tc := range pkg.TestCases() {
				ran[tc.Test.Name()] = true
			}
		}
		for _, test := range s.tests[name] {
			if !ran[test] {
				missing = append(missing, name+"."+test)
			}
		}
	}
	return missing
}
