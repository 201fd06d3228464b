package text

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Running returns the tests that have started, have not ended and are not paused, deepest
// first, and among equally deep ones the latest first. A test that waits for its subtests
// counts as running.
func (o *Observed) Running() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.openWhere(func(_ string, test *openTest) bool { return !test.paused })
}

// Paused returns the top-level tests, in the order of their starts, that wait in
// t.Parallel and have no ended or running subtest, and those of RunAgain. They can run again
// in another process as if they had not started.
func (o *Observed) Paused() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	again := o.repeatable()
	names := o.openWhere(func(name string, _ *openTest) bool { return again[name] })
	slices.Reverse(names)
	return names
}

// repeatable returns the tests of Paused as a set. o.mu is held.
func (o *Observed) repeatable() map[string]bool {
	roots := map[string]bool{}
	for name, test := range o.open {
		if framing.Root(name) == name && test.paused && len(test.ended) == 0 {
			roots[name] = true
		}
	}
	for name, test := range o.open {
		if !test.paused {
			delete(roots, framing.Root(name))
		}
	}
	for name, test := range o.open {
		if test.again {
			roots[name] = true
		}
	}
	return roots
}

// unfinished returns the tests, deepest first, that have started and not ended: those that
// are not part of a test that can run again, and those that are.
func (o *Observed) unfinished() (broken, again []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	roots := o.repeatable()
	broken = o.openWhere(func(name string, _ *openTest) bool { return !roots[framing.Root(name)] })
	again = o.openWhere(func(name string, _ *openTest) bool { return roots[framing.Root(name)] })
	return broken, again
}

// openWhere returns the open tests for which keep returns true, deepest first. o.mu is
// held.
func (o *Observed) openWhere(keep func(string, *openTest) bool) []string {
	var names []string
	for name, test := range o.open {
		if keep(name, test) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(byDepth(a, b), cmp.Compare(o.open[b].number, o.open[a].number))
	})
	return names
}

// byDepth sorts deeper subtests first.
func byDepth(a, b string) int { return cmp.Compare(strings.Count(b, "/"), strings.Count(a, "/")) }
