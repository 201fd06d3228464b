package plan

import "slices"

// load holds units that run in batches, which shrink as work runs out. Only the tests of
// one unit stay together.
//
// Units with an estimate come longest first, so that the last ones are short. Slow tests
// without an estimate are often next to each other in their files, so neighbors are
// placed far from each other.
type load struct {
	known   []unit // longest first
	unknown []unit // in the order of deal
	left    tally
}

func newLoad(units []unit, longer func(a, b unit) int) *load {
	q := &load{}
	for _, u := range units {
		q.left.add(u.sum)
		if u.sum.known > 0 {
			q.known = append(q.known, u)
		} else {
			q.unknown = append(q.unknown, u)
		}
	}
	slices.SortStableFunc(q.known, longer)
	q.unknown = deal(q.unknown)
	return q
}

// single returns each test of p as a unit.
func single(p Package) []unit {
	units := make([]unit, len(p.Tests))
	for i := range units {
		units[i] = newUnit(p, i)
	}
	return units
}

// deal puts units in an order in which any k consecutive units are spread evenly over all
// of them. It uses steps of the golden section, which repeat least.
func deal(units []unit) []unit {
	n := len(units)
	if n < 3 {
		return units
	}
	step := int(float64(n) * 0.6180339887498949)
	for gcd(n, step) != 1 {
		step++
	}
	dealt := make([]unit, n)
	for i, at := 0, 0; i < n; i, at = i+1, (at+step)%n {
		dealt[i] = units[at]
	}
	return dealt
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (q *load) ready(int, map[string]bool) bool { return len(q.known)+len(q.unknown) > 0 }

// take fills a batch up to the target. A longer unit goes alone. A remainder that is not
// worth its own process is added to the batch.
func (q *load) take(_ int, _ map[string]bool, w want) []unit {
	var taken []unit
	target := w.target
	for len(q.known)+len(q.unknown) > 0 {
		from := &q.known
		if len(q.known) == 0 || len(q.unknown) > 0 && w.cost(q.unknown[0].sum) >= w.cost(q.known[0].sum) {
			from = &q.unknown
		}
		cost := w.cost((*from)[0].sum)
		if len(taken) > 0 && cost > target+w.start/2 && !w.all && w.cost(q.left) > w.start {
			break
		}
		taken = append(taken, (*from)[0])
		q.left.remove((*from)[0].sum)
		*from = (*from)[1:]
		target -= cost

	}
	return taken
}

func (q *load) rest() []unit { return slices.Concat(q.known, q.unknown) }
