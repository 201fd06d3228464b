package workers

import (
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// worthAWord is the fraction of loadscope's ideal duration below which another mode is
// suggested.
const worthAWord = 0.9

// Known implements engine.Knowing: the durations of tests, the advice based on them, and
// the coverage of all attempts together.
func (e *Engine) Known() engine.Known {
	return engine.Known{Measured: e.timings.Run.Measured(), Advice: e.advice(), Coverage: e.coverage}
}

// advice suggests how to make the run shorter. It is nil if there is nothing to divide, because
// only one test ran whose subtests are not known, or if every worker ran everything.
func (e *Engine) advice() *report.Advice {
	a := advise(e.opts.Dist, e.opts.Workers, runtime.GOMAXPROCS(0), e.timings.Run.Measured(), e.listing.Planned(), e.timings.Past)
	if a != nil && a.Again && e.timings.File() == "" { // the next run will know no more
		a.Better, a.Again = report.Ideal{}, false
	}
	return a
}

// advise returns the advice for a run with these plans and measurements, and what is known of
// earlier ones.
func advise(mode plan.Mode, workers, processors int, measured []history.Measured, plans map[string]listing.Planned, past *history.History) *report.Advice {
	tests := 0
	var packages, split, subtests []plan.Package
	for _, m := range measured {
		tests += len(m.Tests)
		p := plans[m.Package]
		packages = append(packages, measuredPackage(mode, p.Package, m).Apart())
		if p.Splits {
			p.Whole = false
		}
		apart := measuredPackage(plan.Load, p.Package, m)
		split = append(split, apart)
		divisible := divisible(apart, m, past)
		tests += len(divisible)
		subtests = append(subtests, plan.Spread(plan.LoadSub, workers, apart, divisible).Apart())
	}
	if tests < 2 || mode == plan.Each {
		return nil
	}
	limits := plan.Ideal(mode, workers, packages)
	ideal := limits.Ideal(workers)
	a := &report.Advice{Longest: listing.ReportUnit(limits.Longest), Ideal: []report.Ideal{
		{Workers: workers, Time: ideal}, {Workers: 2 * workers, Time: limits.Ideal(2 * workers)}, {Time: limits.Ideal(0)},
	}}
	a.Alone, a.Even = a.Longest, limits.Total/time.Duration(workers)
	if mode == plan.LoadScope {
		apart := plan.Ideal(plan.Load, workers, split)
		better := apart.Ideal(workers)
		if better.Seconds() < worthAWord*ideal.Seconds() {
			a.Better = report.Ideal{Mode: string(plan.Load), Workers: workers, Time: better}
			ideal = better
		}
		a.Alone, a.Even = listing.ReportUnit(apart.Longest), apart.Total/time.Duration(workers)
	}
	if mode == plan.LoadScope || mode == plan.Load || mode == plan.LoadSub || mode == plan.WorkSteal { // others keep tests together for a reason
		if better := plan.Ideal(plan.LoadSub, workers, subtests).Ideal(workers); better.Seconds() < worthAWord*ideal.Seconds() {
			a.Better, a.Again = report.Ideal{Mode: string(plan.LoadSub), Workers: workers, Time: better}, mode == plan.LoadSub
		}
	}
	if processors > workers {
		a.More = report.Ideal{Workers: processors, Time: limits.Ideal(processors)}
	}
	return a
}

// divisible returns the subtests of those tests of a measured package that several processes may
// run.
func divisible(p plan.Package, m history.Measured, past *history.History) map[string]plan.Subtests {
	subtests := map[string]plan.Subtests{}
	for _, test := range p.Tests {
		known, ok := m.Subtests[test.Name]
		if _, whole := past.Subtests(p.Name, test.Name); ok && whole == history.Divisible && len(known.Times) > 1 && len(test.Pieces) == 0 {
			subtests[test.Name] = plan.Subtests{Own: known.Own, Times: known.Times}
		}
	}
	return subtests
}

// measuredPackage returns p with measured instead of expected durations, and with the
// tests that were measured.
func measuredPackage(mode plan.Mode, p plan.Package, m history.Measured) plan.Package {
	const least = time.Nanosecond // 0 is for unknown durations
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
		test.Name, test.Estimate, test.Pieces = name, max(m.Tests[name], least), measuredPieces(test.Pieces, m.Subtests[name], m.Tests[name])
		p.Tests = append(p.Tests, test)
	}
	return p
}

// measuredPieces returns the pieces of a test with measured durations, none if they are not known.
// None is longer than the longest process, even if parallel subtests together are.
func measuredPieces(pieces []plan.Piece, measured history.Subtests, longest time.Duration) []plan.Piece {
	if measured.Times == nil {
		return nil
	}
	pieces = slices.Clone(pieces)
	known := time.Duration(0)
	for i := range pieces {
		pieces[i].Estimate = max(measured.Own, time.Nanosecond)
		for _, name := range pieces[i].Subtests {
			pieces[i].Estimate += measured.Times[name]
			known += measured.Times[name]
		}
	}
	if n := len(pieces); n > 0 { // the last one runs all others
		pieces[n-1].Estimate += measured.Total() - measured.Own - known
	}
	for i := range pieces {
		pieces[i].Estimate = min(pieces[i].Estimate, max(longest, time.Nanosecond))
	}
	return pieces
}
