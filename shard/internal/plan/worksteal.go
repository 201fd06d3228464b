package plan

import (
	"cmp"
	"slices"
	"time"
)

// workSteal divides the units at the start into slices of even duration, one for each
// useful worker. A worker works through its slice from the head. A worker without a slice
// takes a free one, or else the tail half of the longest one.
//
// A slice consists of neighbors in the package, but long tests are first distributed over
// the slices, at their heads. If a long test started late, the whole run would wait for
// it, and a tail half cannot take a part of a test.
type workSteal struct {
	units  []unit // until the first worker arrives; only then is the number of useful workers known
	slices []slice
}

// slice is the part of one worker.
type slice struct {
	units  []unit
	sum    tally
	worker int // its owner, -1 for none
}

func (s *slice) add(u unit) {
	s.units = append(s.units, u)
	s.sum.add(u.sum)
}

// long is the fraction 1/long of a slice that a test must take to be at its head.
const long = 8

// split divides the units into slices.
func (q *workSteal) split(parts int, cost func(tally) time.Duration) {
	parts = max(parts, 1)
	q.slices = make([]slice, parts)
	var all tally
	for _, u := range q.units {
		all.add(u.sum)
	}
	share := cost(all) / time.Duration(parts)
	var longs, others []unit
	for _, u := range q.units {
		if cost(u.sum) > share/long {
			longs = append(longs, u)
		} else {
			others = append(others, u)
		}
	}
	slices.SortStableFunc(longs, func(a, b unit) int { return cmp.Compare(cost(b.sum), cost(a.sum)) })
	for _, u := range longs { // there are at most parts*long, so this stays linear
		least := &q.slices[0]
		for i := range q.slices {
			if cost(q.slices[i].sum) < cost(least.sum) {
				least = &q.slices[i]
			}
		}
		least.add(u)
	}
	for i := range q.slices {
		s := &q.slices[i]
		s.worker = -1
		for len(others) > 0 && (i == parts-1 || cost(s.sum)+cost(others[0].sum)/2 <= share) {
			s.add(others[0])
			others = others[1:]
		}
	}
	q.units = nil
}

func (q *workSteal) ready(int, map[string]bool) bool {
	return len(q.units) > 0 || slices.ContainsFunc(q.slices, func(s slice) bool { return len(s.units) > 0 })
}

// slice returns the slice that the worker continues with.
func (q *workSteal) slice(worker int, w want) *slice {
	var own, longest *slice
	for i := range q.slices {
		s := &q.slices[i]
		switch {
		case s.worker == worker:
			own = s
			if len(s.units) > 0 {
				return s
			}
		case len(s.units) == 0:
		case longest == nil, s.worker < 0 && longest.worker >= 0:
			longest = s
		case (s.worker < 0) == (longest.worker < 0) && w.cost(s.sum) > w.cost(longest.sum):
			longest = s
		}
	}
	if longest.worker < 0 {
		if own != nil {
			own.worker = -1 // it is empty
		}
		longest.worker = worker
		return longest
	}
	if own == nil {
		q.slices = slices.Grow(q.slices, 1) // keeps longest valid only if it does not move
		at := slices.IndexFunc(q.slices, func(s slice) bool { return s.worker == longest.worker })
		q.slices = append(q.slices, slice{worker: worker})
		own, longest = &q.slices[len(q.slices)-1], &q.slices[at]
	}
	longest.give(own, w)
	return own
}

// give moves the tail half of s, or all of it if half is not worth a start.
func (s *slice) give(to *slice, w want) {
	half := w.cost(s.sum) / 2
	if half < w.start {
		half *= 2
	}
	at := len(s.units)
	*to = slice{worker: to.worker}
	for at > 0 && (at == len(s.units) || w.cost(to.sum)+w.cost(s.units[at-1].sum) <= half) {
		at--
		to.sum.add(s.units[at].sum)
		s.sum.remove(s.units[at].sum)
	}
	to.units = s.units[at:]
	s.units = s.units[:at:at]
}

// take takes a batch from the head of the worker's slice.
func (q *workSteal) take(worker int, _ map[string]bool, w want) []unit {
	var s *slice
	switch {
	case q.units != nil && w.probe:
		probe := slice{units: q.units}
		for _, u := range q.units {
			probe.sum.add(u.sum)
		}
		s = &probe
		defer func() { q.units = probe.units }()
	default:
		if q.units != nil {
			q.split(w.parts, w.cost)
		}
		s = q.slice(worker, w)
	}
	var taken []unit
	var sum tally
	for len(s.units) > 0 {
		u := s.units[0]
		if len(taken) > 0 && !w.all && w.cost(s.sum) > w.start && w.cost(sum)+w.cost(u.sum) > w.target+w.start/2 {
			break
		}
		sum.add(u.sum)
		s.sum.remove(u.sum)
		taken = append(taken, u)
		s.units = s.units[1:]
	}
	return taken
}

func (q *workSteal) rest() []unit {
	rest := q.units
	for _, s := range q.slices {
		rest = append(rest, s.units...)
	}
	return rest
}
