package plan

import "slices"

// loadGroup holds the units of groups, each for its own process, so that a group is held no
// longer than necessary. The other tests are handled as in load.
type loadGroup struct {
	groups *apart
	others queue
}

// groups returns the tests of p by group. A test without a group, or of one without a limit, is
// its own unit, and so is a serial test: nothing else runs at the same time, but another run may have
// the group. A group of which several processes may run at the same time has as many units.
func groups(p Package, limit func(group string) int) []unit {
	var units []unit
	tests := map[string][]int{}
	var order []string
	for i, t := range p.Tests {
		if limit(t.Group) == 0 || t.Serial {
			u := newUnit(p, i)
			if limit(t.Group) > 0 {
				u.groups = []string{t.Group}
			}
			units = append(units, u)
			continue
		}
		if tests[t.Group] == nil {
			order = append(order, t.Group)
		}
		tests[t.Group] = append(tests[t.Group], i)
	}
	for _, group := range order {
		for _, some := range parts(tests[group], limit(group)) {
			u := newUnit(p, some...)
			u.groups = []string{group}
			units = append(units, u)
		}
	}
	return units
}

// parts deals items to at most so many parts.
func parts(items []int, most int) [][]int {
	all := make([][]int, min(most, len(items)))
	for i, item := range items {
		all[i%len(all)] = append(all[i%len(all)], item)
	}
	return all
}

// withGroups adds the groups of its tests to each unit.
func withGroups(p Package, units []unit, honours func(group string) bool) []unit {
	for i := range units {
		for _, test := range units[i].tests {
			if group := p.Tests[test].Group; honours(group) && !slices.Contains(units[i].groups, group) {
				units[i].groups = append(units[i].groups, group)
			}
		}
	}
	return units
}

func (s *Scheduler) newLoadGroup(pkg string, units []unit, longer func(a, b unit) int) *loadGroup {
	var grouped, others []unit
	for _, u := range units {
		if len(u.groups) > 0 {
			grouped = append(grouped, u)
		} else {
			others = append(others, u)
		}
	}
	return &loadGroup{groups: newApart(grouped, longer), others: s.open(pkg, others, longer)}
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
