package plan

import "slices"

// loadGroup holds the units of groups, each for its own process, so that a group is held no
// longer than necessary. The other tests are handled as in load.
type loadGroup struct {
	groups *apart
	others *load
}

// groups returns the tests of p by group. A test without a group is its own unit. A
// serial test needs no group, because nothing else runs at the same time.
func groups(p Package) []unit {
	var units []unit
	tests := map[string][]int{}
	var order []string
	for i, t := range p.Tests {
		if t.Group == "" || t.Serial {
			units = append(units, newUnit(p, i))
			continue
		}
		if tests[t.Group] == nil {
			order = append(order, t.Group)
		}
		tests[t.Group] = append(tests[t.Group], i)
	}
	for _, group := range order {
		u := newUnit(p, tests[group]...)
		u.groups = []string{group}
		units = append(units, u)
	}
	return units
}

func newLoadGroup(units []unit, longer func(a, b unit) int) *loadGroup {
	var grouped, others []unit
	for _, u := range units {
		if len(u.groups) > 0 {
			grouped = append(grouped, u)
		} else {
			others = append(others, u)
		}
	}
	return &loadGroup{newApart(grouped, longer), newLoad(others, longer)}
}

func (q *loadGroup) ready(worker int, held map[string]bool) bool {
	return q.groups.ready(worker, held) || q.others.ready(worker, held)
}

// take takes a group first, because it may have to wait later; the others never wait.
func (q *loadGroup) take(worker int, held map[string]bool, w want) []unit {
	if q.groups.ready(worker, held) {
		return q.groups.take(worker, held, w)
	}
	return q.others.take(worker, held, w)
}

func (q *loadGroup) rest() []unit { return slices.Concat(q.groups.rest(), q.others.rest()) }
