package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Piece is a part of the subtests of a test, for one process. The last piece of a test also
// runs all subtests that no other piece has.
type Piece struct {
	// Subtests are the first parts of their names after that of the test, sorted.
	Subtests []string
	// Estimate is the expected duration of the process without its start.
	Estimate time.Duration
}

// Subtests are the expected durations of the subtests of one test.
type Subtests struct {
	Own   time.Duration            // the code around them, which runs in each process
	Times map[string]time.Duration // of the known subtests, by the first parts of their names
}

// Spread returns p with Pieces for the tests that are worth it. subtests has the tests that may
// run in several processes.
//
// A test is worth it if it is longer than an even share of the package and its pieces make the
// package on these workers shorter by more than all that they cost: the start of another process
// and the test's own code for each piece but one.
func Spread(mode Mode, workers int, p Package, subtests map[string]Subtests) Package {
	if !mode.Splits() || p.Whole || p.Serial || len(subtests) == 0 {
		return p
	}
	var total time.Duration
	for _, t := range p.Tests {
		total += t.Estimate
	}
	pace := newPace(p)
	took := func(p Package) time.Duration {
		return simulate(mode, workers, []Package{p.Apart()}, Expected(mode, []Package{p.Apart()}), func(string) time.Duration { return pace.start() }).Makespan
	}
	now := took(p)
	for _, i := range longestFirst(p.Tests) {
		t := p.Tests[i]
		known, ok := subtests[t.Name]
		if !ok || t.Serial || mode == LoadGroup && t.Group != "" || len(known.Times) < 2 {
			continue
		}
		if t.Estimate <= total/time.Duration(workers) {
			break
		}
		best, bestTime := p, now
		for k := 2; k <= min(workers, len(known.Times)); k++ {
			tried := p
			tried.Tests = slices.Clone(p.Tests)
			tried.Tests[i].Pieces = known.pieces(t.Estimate, k)
			then := took(tried)
			if cost := time.Duration(k-1) * (known.Own + pace.start()); now-then > cost && then < bestTime-bestTime/50 {
				best, bestTime = tried, then
			}
		}
		p, now = best, bestTime
	}
	return p
}

// longestFirst returns the indexes of tests.
func longestFirst(tests []Test) []int {
	order := make([]int, len(tests))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(tests[b].Estimate, tests[a].Estimate) })
	return order
}

// pieces divides the subtests of a test that takes whole into k pieces, longest first, each to
// the piece with the least work. Parallel subtests take longer together than the test. Their
// pieces are expected to take as long as a part of the test, but at least as long as the longest
// subtest. Subtests without a known duration take what the others leave of the test.
func (s Subtests) pieces(whole time.Duration, k int) []Piece {
	names := slices.SortedFunc(maps.Keys(s.Times), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Times[b], s.Times[a]), cmp.Compare(a, b))
	})
	var sum time.Duration
	for _, took := range s.Times {
		sum += took
	}
	beside := max(whole-s.Own, 0) // all subtests
	scale := min(1, float64(beside)/float64(max(sum, 1)))
	pieces := make([]Piece, k)
	sums := make([]time.Duration, k)
	longest := make([]time.Duration, k)
	sums[k-1] = max(beside-sum, 0)
	for _, name := range names {
		least := 0
		for i := range sums {
			if sums[i] < sums[least] {
				least = i
			}
		}
		pieces[least].Subtests = append(pieces[least].Subtests, name)
		sums[least] += s.Times[name]
		longest[least] = max(longest[least], s.Times[name])
	}
	for i := range pieces {
		slices.Sort(pieces[i].Subtests)
		took := time.Duration(float64(sums[i]) * scale)
		pieces[i].Estimate = max(s.Own+max(took, min(longest[i], beside)), time.Microsecond)
	}
	last := pieces[k-1]
	pieces = slices.DeleteFunc(pieces[:k-1], func(piece Piece) bool { return len(piece.Subtests) == 0 })
	return append(pieces, last)
}

// Apart returns the package with the Pieces of its tests in place of these tests, for a
// Scheduler. The names of pieces are such as TestX[1/4], which is no name of a test.
func (p Package) Apart() Package {
	if !slices.ContainsFunc(p.Tests, func(t Test) bool { return len(t.Pieces) > 0 }) {
		return p
	}
	var tests []Test
	for _, t := range p.Tests {
		if len(t.Pieces) == 0 {
			tests = append(tests, t)
		}
		for i, piece := range t.Pieces {
			tests = append(tests, Test{
				Name: fmt.Sprintf("%s[%d/%d]", t.Name, i+1, len(t.Pieces)), Estimate: piece.Estimate, Of: t.Name, Index: i,
			})
		}
	}
	p.Tests = tests
	return p
}

// Together returns the tests of a list in which some may be pieces: each test once, in the order
// of its first piece.
func (p Package) Together(tests []Test) []Test {
	var together []Test
	seen := map[string]bool{}
	for _, t := range tests {
		switch {
		case t.Of == "":
			together = append(together, t)
		case !seen[t.Of]:
			seen[t.Of] = true
			i := slices.IndexFunc(p.Tests, func(whole Test) bool { return whole.Name == t.Of })
			together = append(together, p.Tests[i])
		}
	}
	return together
}
