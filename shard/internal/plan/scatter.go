package plan

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
)

// Scatter makes the scheduler split each package as much as the mode allows, also where that is not
// faster, put tests together at random, and let a package have all workers before the next one.
// So gotestshard trial finds tests that need to be in one process with others, or after them. It is
// called before Add; a seed of 0 changes nothing.
func (s *Scheduler) Scatter(seed int64) { s.scatter = seed }

// scatterShares is how many batches each worker gets of a package.
const scatterShares = 2

// scatter holds units in random order, for batches of as many units each. The batches of a package
// depend on nothing but the seed, its name and the number of workers.
type scatter struct {
	units []unit
	all   int
}

func newScatter(units []unit, seed int64, pkg string) *scatter {
	name := fnv.New64a()
	_, _ = name.Write([]byte(pkg))
	random := rand.New(rand.NewPCG(uint64(seed), name.Sum64()))
	q := &scatter{units: slices.Clone(units), all: len(units)}
	random.Shuffle(len(q.units), func(i, k int) { q.units[i], q.units[k] = q.units[k], q.units[i] })
	return q
}

func (q *scatter) ready(int, map[string]bool) bool { return len(q.units) > 0 }

func (q *scatter) take(_ int, _ map[string]bool, w want) []unit {
	batches := scatterShares * max(w.parts, 1)
	n := min((q.all+batches-1)/batches, len(q.units))
	taken := q.units[:n:n]
	q.units = q.units[n:]
	return taken
}

func (q *scatter) rest() []unit { return q.units }
