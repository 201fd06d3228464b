package listing

import (
	"cmp"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/history"
)

// worthOrdering is the minimum duration of the tests in earlier runs for which it is worth
// listing the packages to order them, which delays the go command.
const worthOrdering = 10 * time.Second

// LongestFirst returns the packages to name before all others, because the go command
// starts packages in the order in which they are named. listed returns the packages that
// the command line selects, all of which may be named. It is not called if the order does
// not matter.
func LongestFirst(past *history.History, workers int, listed func() map[string]bool) []string {
	type known struct {
		path string
		took time.Duration
	}
	sums := map[string]time.Duration{} // for a package that has only run split
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

// mostNamed is the largest number of packages that are named. A command line has room for
// more, but the packages after that many are short.
const mostNamed = 100
