package merge

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// readPlan reads the plan of a build on a queue. The files of its units have only their own part.
func (e *playback) readPlan(units []plan.Part) {
	for i, unit := range units {
		for _, pkg := range unit.Packages {
			e.check.plan(result.Plan{Part: i + 1, Package: pkg.Name, Tests: pkg.Tests})
		}
	}
	e.planned, e.check.noun = true, "unit"
}

// noUnits returns the error for a build of which no unit has a result.
func noUnits(units *option.Units) error {
	reason := fmt.Sprintf("none of the %s of the build has a result", plain.Counted(len(units.Plan), "unit"))
	if why := units.Missing[1]; why != "" {
		reason += fmt.Sprintf(", such as the first one (%s): %s", Contents(units.Plan[0]), why)
	}
	return exit.Error{Code: exit.Failed, Reason: reason}
}

// mostNamed is how many packages or tests of a unit are named.
const mostNamed = 3

// unitName returns the name of a unit for messages: what it has.
func (e *playback) unitName(number int) string {
	units := e.opts.Merge.Units.Plan
	if number > len(units) {
		return fmt.Sprintf("unit %d of %d", number, e.total)
	}
	return fmt.Sprintf("unit %d of %d (%s)", number, e.total, Contents(units[number-1]))
}

// Contents describes what a unit has: its packages, or the tests of one package.
func Contents(unit plan.Part) string {
	if len(unit.Packages) == 1 && !unit.Packages[0].Whole {
		return unit.Packages[0].Name + ": " + some(unit.Packages[0].Tests)
	}
	var names []string
	for _, pkg := range unit.Packages {
		names = append(names, pkg.Name)
	}
	return some(names)
}

func some(names []string) string {
	if n := len(names) - mostNamed; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNamed], ", "), n)
	}
	return strings.Join(names, ", ")
}

// unitShards returns the workers of all nodes, each with all units that it ran.
func (e *playback) unitShards() []report.Shard {
	names := e.opts.Merge.Workers
	all, index := make([]report.Shard, len(names)), map[string]int{}
	packages := make([]map[string]int, len(names)) // indexes in Packages
	for i, name := range names {
		all[i].Worker, index[name], packages[i] = name, i, map[string]int{}
	}
	for _, part := range e.parts {
		for _, worker := range part.workers() {
			all[index[worker]].Node = part.node()
		}
		for _, shard := range part.shards {
			i := index[shard.Worker]
			add(&all[i], packages[i], shard)
		}
	}
	for _, shard := range all {
		slices.SortStableFunc(shard.Runs, func(a, b report.Run) int { return a.Started.Compare(b.Started) })
	}
	return all
}

// add adds what a worker ran in one unit to what it ran in others. index has the packages.
func add(to *report.Shard, index map[string]int, shard report.Shard) {
	to.Busy += shard.Busy
	if to.Started.IsZero() || !shard.Started.IsZero() && shard.Started.Before(to.Started) {
		to.Started = shard.Started
	}
	if shard.Completed.After(to.Completed) {
		to.Completed = shard.Completed
	}
	for _, pkg := range shard.Packages {
		i, ok := index[pkg.Name]
		if !ok {
			i = len(to.Packages)
			index[pkg.Name] = i
			to.Packages = append(to.Packages, report.Package{Name: pkg.Name})
		}
		to.Packages[i].Elapsed += pkg.Elapsed
		to.Packages[i].Failed = to.Packages[i].Failed || pkg.Failed
	}
	to.Runs = append(to.Runs, shard.Runs...)
}

// unitsWall returns how long the build took, from the first unit to the end of the last.
func (e *playback) unitsWall() time.Duration {
	first, last := e.started(), time.Time{}
	for _, part := range e.parts {
		if part.end == nil {
			continue
		}
		if end := part.Started.Add(part.end.Wall); end.After(last) {
			last = end
		}
	}
	if units := e.opts.Merge.Units; units.Own {
		return time.Since(units.Began)
	}
	return max(0, last.Sub(first))
}

// inOrder returns the names of workers without repetition, in the order of the numbers in them:
// node-2/gw0 before node-10/gw0.
func inOrder(names []string) []string {
	names = slices.Clone(names)
	slices.SortFunc(names, compareNames)
	return slices.Compact(names)
}

// compareNames compares names piece by piece, and pieces that are numbers as such.
func compareNames(a, b string) int {
	for a != "" && b != "" {
		pieceA, pieceB := piece(a), piece(b)
		a, b = a[len(pieceA):], b[len(pieceB):]
		numberA, errA := strconv.ParseUint(pieceA, 10, 64)
		numberB, errB := strconv.ParseUint(pieceB, 10, 64)
		if errA == nil && errB == nil && numberA != numberB {
			return cmp.Compare(numberA, numberB)
		}
		if order := strings.Compare(pieceA, pieceB); order != 0 {
			return order
		}
	}
	return strings.Compare(a, b)
}

// piece returns the digits, or what is not digits, at the start of a text.
func piece(text string) string {
	isDigit := func(r rune) bool { return '0' <= r && r <= '9' }
	digits := isDigit(rune(text[0]))
	if end := strings.IndexFunc(text, func(r rune) bool { return isDigit(r) != digits }); end >= 0 {
		return text[:end]
	}
	return text
}
