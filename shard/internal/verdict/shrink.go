package verdict

import (
	"math"
	"slices"
)

// Smallest returns the smallest set of items that it finds with which probe hits; it hits with all
// of them. Items keep their order. probe is not ok if there is no time for it: then the set, which
// is not complete, may be smaller. It is none if probe does not hit again with all of them.
func Smallest(items []string, probe func(items []string) (hit, ok bool)) (set []string, complete bool) {
	s := shrinker{probe: probe, tries: 1}
	set = s.smallest(items)
	if s.lost {
		return nil, true
	}
	return set, !s.stopped
}

// shrinker looks for the smallest set of items with which a probe hits.
type shrinker struct {
	probe   func(items []string) (hit, ok bool)
	tries   int  // how many probes have to miss for a set that does not hit
	stopped bool // a probe was not ok
	lost    bool // a set that hit did not again
}

// hits reports whether a set hits.
func (s *shrinker) hits(items []string) bool {
	for range s.tries {
		hit, ok := s.probe(items)
		if !ok {
			s.stopped = true
			return false
		}
		if hit {
			return true
		}
	}
	return false
}

// smallest halves the items as long as one half is enough, which finds a single one. Where none of
// them is, more than one item is necessary, or the halves were unlucky.
func (s *shrinker) smallest(items []string) []string {
	for again := false; len(items) > 1; {
		half := len(items) / 2
		switch {
		case s.hits(items[half:]):
			items = items[half:]
		case s.stopped:
			return items
		case s.hits(items[:half]):
			items = items[:half]
		case s.stopped:
			return items
		default:
			tries := s.needed(items)
			if s.stopped || s.lost {
				return items
			}
			if again && tries <= s.tries {
				return s.reduce(items)
			}
			s.tries, again = max(s.tries, tries), true
		}
	}
	return items
}

// needed returns how many probes of a set that hits now and then are necessary to miss it with a
// probability of at most 5 %.
func (s *shrinker) needed(items []string) int {
	const most, probes = 8, 5
	hits := 0
	for i := range probes {
		hit, ok := s.probe(items)
		if !ok {
			s.stopped = true
			return 1
		}
		if hit {
			hits++
		}
		if i == 1 && hits == 2 {
			return 1
		}
	}
	switch hits {
	case 0:
		s.lost = true
		return 1
	case probes:
		return 1
	}
	return min(most, int(math.Ceil(math.Log(0.05)/math.Log(1-float64(hits)/probes))))
}

// reduce is delta debugging (ddmin): in the end, the set does not hit without any one of its items.
// The items are in parts, and neither half of them hits.
func (s *shrinker) reduce(items []string) []string {
	parts := min(4, len(items))
	for len(items) > 1 {
		smaller, next := s.reduced(items, parts)
		switch {
		case s.stopped:
			return items
		case smaller != nil:
			items, parts = smaller, min(next, len(smaller))
		case parts >= len(items):
			return items
		default:
			parts = min(2*parts, len(items))
		}
	}
	return items
}

// reduced returns one of the parts of a set that hits, or the set without one of them, and in how
// many parts to cut that; nil if there is none.
func (s *shrinker) reduced(items []string, parts int) (smaller []string, next int) {
	part := func(i int) (from, to int) { return i * len(items) / parts, (i + 1) * len(items) / parts }
	for i := range parts {
		from, to := part(i)
		without := slices.Concat(items[:from], items[to:])
		if s.hits(without) {
			return without, max(parts-1, 2)
		}
		if s.stopped {
			return nil, 0
		}
	}
	if parts == len(items) {
		return nil, 0 // a single item would be the half that missed, or without it the others hit
	}
	for i := range parts {
		from, to := part(i)
		if s.hits(items[from:to]) {
			return items[from:to], 2
		}
		if s.stopped {
			return nil, 0
		}
	}
	return nil, 0
}
