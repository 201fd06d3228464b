package listing

import (
	"cmp"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/history"
)

// worthOrdering is how long the tests of earlier runs have to take for their
// order to be worth a list of the packages, which the go command then waits for.
const worthOrdering = 10 * time.Second

// LongestFirst returns the packages that are to be named before all others,
// since the go command starts them in the order in which they are named. byPath
// is asked for the packages that the command line means, all of which may be
// named; it is not asked when the order does not matter.
func LongestFirst(past *history.History, workers int, listed func() map[string]bool) []string {
	type known struct {
		path string
		took time.Duration
	}
	sums := map[string]time.Duration{} // of a package that has only been split
	for _, test := range past.Tests() {
		sums[test.Package] += test.Estimate
	}
	var all []known
	var total time.Duration
	for _, path := range past.Packages() {
		took, ok := past.Package(path)
		if !ok {
			took = sums[path]
		}
		all = append(all, known{path, took})
		total += took
	}
	if total < worthOrdering || len(all) <= workers {
		return nil
	}
	slices.SortStableFunc(all, func(a, b known) int { return cmp.Compare(b.took, a.took) })
	meant := listed()
	var first []string
	for _, pkg := range all[:min(len(all), mostNamed)] {
		if meant[pkg.path] && pkg.took > 0 && pkg.path != "command-line-arguments" {
			first = append(first, pkg.path)
		}
	}
	return first
}

// mostNamed is how many packages are named: a command line has room for more,
// but what comes after so many is short.
const mostNamed = 100
