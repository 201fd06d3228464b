package pulling

import (
	"context"
	"math"
	"slices"

	"golang.org/x/sync/semaphore"
)

// gate makes the workers of a node wait for each other: for tests that run alone, and for groups of
// which only some tests may run at the same time. Each unit has a scheduler of its own.
type gate struct {
	all    *semaphore.Weighted            // held by each test process, and whole by one that runs alone
	groups map[string]*semaphore.Weighted // by name
}

const everything = math.MaxInt32

func newGate(limits map[string]int) gate {
	g := gate{all: semaphore.NewWeighted(everything), groups: map[string]*semaphore.Weighted{}}
	for name, limit := range limits {
		g.groups[name] = semaphore.NewWeighted(int64(max(limit, 1)))
	}
	return g
}

// wait is option.Unit.Gate. Groups come first, and in the same order for all, so that none waits for
// one that waits for it.
func (g gate) wait(ctx context.Context, names []string, alone bool) (release func(), ok bool) {
	var held []func()
	release = func() {
		for _, one := range slices.Backward(held) {
			one()
		}
	}
	hold := func(s *semaphore.Weighted, weight int64) bool {
		if s == nil {
			return true
		}
		if s.Acquire(ctx, weight) != nil {
			release()
			return false
		}
		held = append(held, func() { s.Release(weight) })
		return true
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	for _, name := range names {
		if !hold(g.groups[name], 1) {
			return nil, false
		}
	}
	weight := int64(1)
	if alone {
		weight = everything
	}
	if !hold(g.all, weight) {
		return nil, false
	}
	return release, true
}
