package plan

import "slices"

// whole returns all of p as one unit, which is loadscope: a package stays
// together. In every mode it is also what happens to a package that must not be
// split or whose tests nobody knows.
func whole(p Package, mode Mode) unit {
	tests := make([]int, len(p.Tests))
	for i := range tests {
		tests[i] = i
	}
	u := newUnit(p, tests...)
	if len(tests) == 0 {
		u.sum = Test{Estimate: p.Estimate}.sum()
	}
	u.serial = u.serial || p.Serial
	if mode == LoadGroup {
		u.groups = slices.Clone(p.Groups)
		for _, t := range p.Tests {
			if t.Group != "" {
				u.groups = append(u.groups, t.Group)
			}
		}
		slices.Sort(u.groups)
		u.groups = slices.Compact(u.groups)
	}
	return u
}

// apart is units that go in a process of their own each, longest first.
type apart struct{ units []unit }

func newApart(units []unit, longer func(a, b unit) int) *apart {
	slices.SortStableFunc(units, longer)
	return &apart{units}
}

// first is the index of the longest unit whose groups are free, -1 for none.
func (q *apart) first(held map[string]bool) int {
	return slices.IndexFunc(q.units, func(u unit) bool {
		return !slices.ContainsFunc(u.groups, func(group string) bool { return held[group] })
	})
}

func (q *apart) ready(_ int, held map[string]bool) bool { return q.first(held) >= 0 }

func (q *apart) take(_ int, held map[string]bool, _ want) []unit {
	i := q.first(held)
	u := q.units[i]
	copy(q.units[1:], q.units[:i]) // few are held back: at most one for each worker's groups
	q.units = q.units[1:]
	return []unit{u}
}

func (q *apart) rest() []unit { return q.units }
