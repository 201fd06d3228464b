package plan

import "slices"

// whole returns all of p as one unit. That is loadscope, where a package stays together,
// and in every mode it is used for a package that must not be split or whose tests are
// unknown.
func whole(p Package, honours func(group string) bool) unit {
	tests := make([]int, len(p.Tests))
	for i := range tests {
		tests[i] = i
	}
	u := newUnit(p, tests...)
	if len(tests) == 0 {
		u.sum = Test{Estimate: p.Estimate}.sum()
	}
	u.serial = u.serial || p.Serial
	u.groups = slices.Clone(p.Groups)
	for _, t := range p.Tests {
		u.groups = append(u.groups, t.Group)
	}
	slices.Sort(u.groups)
	u.groups = slices.DeleteFunc(slices.Compact(u.groups), func(group string) bool { return !honours(group) })
	return u
}

// apart holds units that each run in their own process, longest first.
type apart struct{ units []unit }

func newApart(units []unit, longer func(a, b unit) int) *apart {
	slices.SortStableFunc(units, longer)
	return &apart{units}
}

// first is the index of the longest unit whose groups are free, or -1.
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
