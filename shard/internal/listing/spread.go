package listing

import (
	"maps"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// spread returns p, the plan of a package, with the pieces of its tests that are to run in several
// processes.
func (l *Listing) spread(pkg suite.Package, p plan.Package, selection gotest.Selection, past *history.History) plan.Package {
	if !l.mode.Splits() || p.Whole {
		return p
	}
	kinds := map[string]suite.Kind{}
	for _, test := range pkg.Tests {
		kinds[test.Name] = test.Kind
	}
	divisible := map[string]plan.Subtests{}
	for _, test := range p.Tests {
		if p.Limits[test.Group] > 0 {
			continue
		}
		if l.mode != plan.LoadSub && !test.Split || kinds[test.Name] != suite.KindTest || len(test.Files) != 1 || !selection.SelectsAll(test.Name) {
			continue
		}
		if known, ok := SubtestsOf(past, p.Name, test); ok {
			names := slices.Collect(maps.Keys(known.Times))
			if _, fits := selection.AllSubtestsBut(test.Name, names); fits && selection.Fits(names) {
				divisible[test.Name] = known
			}
		}
	}
	return plan.Spread(l.mode, l.workers, p, divisible)
}

// SubtestsOf returns the subtests of a test in earlier runs, and whether several processes may
// run them.
func SubtestsOf(past *history.History, pkg string, test plan.Test) (known plan.Subtests, ok bool) {
	subtests, whole := past.Subtests(pkg, test.Name)
	if whole == history.FailedApart && test.Split { // the source promises that it does not matter
		whole = history.Divisible
	}
	return plan.Subtests{Own: subtests.Own, Times: subtests.Times}, whole == history.Divisible && len(subtests.Times) > 1
}
