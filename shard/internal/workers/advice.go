package workers

import (
	"maps"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// worthAWord is the part of loadscope's ideal time below which another mode's is
// worth a word.
const worthAWord = 0.9

// Known implements engine.Knowing: how long tests took, what that advises, and what all attempts
// cover together.
func (e *Engine) Known() engine.Known {
	return engine.Known{Measured: e.timings.Run.Measured(), Advice: e.advice(), Coverage: e.coverage}
}

// advice says what would make the run shorter, nil when fewer than two tests ran
// or every worker ran everything.
func (e *Engine) advice() *report.Advice {
	e.listing.Mu.Lock()
	defer e.listing.Mu.Unlock()
	return advise(e.opts.Dist, e.opts.Workers, e.timings.Run.Measured(), e.listing.Planned)
}

// advise is the advice for a run that was planned so and measured that.
func advise(mode plan.Mode, workers int, measured []history.Measured, plans map[string]listing.Planned) *report.Advice {
	tests := 0
	var packages, split []plan.Package
	for _, m := range measured {
		tests += len(m.Tests)
		p := plans[m.Package]
		packages = append(packages, measuredPackage(mode, p.Package, m))
		if p.Splits {
			p.Whole = false
		}
		split = append(split, measuredPackage(plan.Load, p.Package, m))
	}
	if tests < 2 || mode == plan.Each {
		return nil
	}
	limits := plan.Ideal(mode, workers, packages)
	ideal := limits.Ideal(workers)
	a := &report.Advice{Longest: listing.ReportUnit(limits.Longest), Ideal: []report.Ideal{
		{Workers: workers, Time: ideal}, {Workers: 2 * workers, Time: limits.Ideal(2 * workers)}, {Time: limits.Ideal(0)},
	}}
	if mode == plan.LoadScope {
		better := plan.Ideal(plan.Load, workers, split).Ideal(workers)
		if better.Seconds() < worthAWord*ideal.Seconds() {
			a.Better = report.Ideal{Mode: string(plan.Load), Workers: workers, Time: better}
		}
	}
	return a
}

// measuredPackage is p with the times that were measured in place of those that
// were expected, and with the tests that were.
func measuredPackage(mode plan.Mode, p plan.Package, m history.Measured) plan.Package {
	const least = time.Nanosecond // 0 is for what nobody knows
	listed := map[string]plan.Test{}
	for _, test := range p.Tests {
		listed[test.Name] = test
	}
	p.Name, p.Start, p.StartOnce, p.Tests, p.Estimate = m.Package, max(m.Start, least), false, nil, 0
	if (mode == plan.LoadScope || p.Whole || p.Serial) && m.Whole > 0 {
		// Its parallel tests took less than their sum.
		p.Estimate = max(m.Whole-m.Start, least)
		return p
	}
	for _, name := range slices.Sorted(maps.Keys(m.Tests)) {
		test := listed[name]
		test.Name, test.Estimate = name, max(m.Tests[name], least)
		p.Tests = append(p.Tests, test)
	}
	return p
}
