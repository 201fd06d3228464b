package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Subtests are the expected durations of the subtests of one test.
type Subtests struct {
	Own   time.Duration            // the code around them, which runs in each process
	Times map[string]time.Duration // of the known subtests, by the first parts of their names
}

// Spread returns p with Pieces for the tests that are worth it. subtests has the tests that may
// run in several processes.
//
// A test that is longer than an even share of its package is cut into pieces of about a share, or
// less, where equal pieces would leave some workers without one. Of several sizes the largest counts
// with which the package on these workers takes about the shortest time. All that remains of it must
// be worth it: each test that is cut makes the package shorter, and the package gets shorter by more
// than the pieces of a test cost. That is the start of another process and the test's own code, for
// each piece but one.
func Spread(mode Mode, workers int, p Package, subtests map[string]Subtests) Package {
	if !mode.Splits() || p.Whole || p.Serial || workers < 2 || len(subtests) == 0 {
		return p
	}
	pace := newPace(p)
	s := spreader{mode: mode, workers: workers, start: pace.start(), subtests: subtests}
	now := s.takes(p)
	best, bestTime := p, now
	for _, size := range []time.Duration{8, 6, 5, 4, 3, 2} { // quarters of a share
		tried := s.cut(p, p.sum()*size/4/time.Duration(workers))
		if then := s.takes(tried); bestTime-then > max(bestTime/50, s.cost(tried)-s.cost(best)) {
			best, bestTime = tried, then
		}
	}
	best = s.prune(p, best, bestTime)
	if now-bestTime <= s.cost(best) {
		return p
	}
	return best
}

// spreader tries pieces for the tests of a package.
type spreader struct {
	mode     Mode
	workers  int
	start    time.Duration // of a process
	subtests map[string]Subtests
}

// takes returns the expected duration of a package.
func (s spreader) takes(p Package) time.Duration {
	packages := []Package{p.Apart()}
	return simulate(s.mode, s.workers, packages, Expected(s.mode, packages), func(string) time.Duration { return s.start }).Makespan
}

// cut returns p with Pieces of this duration for all longer tests that have enough subtests.
func (s spreader) cut(p Package, size time.Duration) Package {
	p.Tests = slices.Clone(p.Tests)
	for i := range p.Tests {
		t := &p.Tests[i]
		known, ok := s.subtests[t.Name]
		if !ok || t.Serial || s.mode == LoadGroup && t.Group != "" || t.Estimate <= size || known.Own >= size {
			continue
		}
		net := size - known.Own
		n := int((t.Estimate - known.Own + net - 1) / net)
		if n = min(n, s.workers, len(known.Times)); n > 1 {
			t.Pieces = known.pieces(t.Estimate, n)
		}
	}
	return p
}

// prune returns tried without the Pieces of those tests that take no more time without them.
func (s spreader) prune(whole, tried Package, takes time.Duration) Package {
	for i, t := range tried.Tests {
		if len(t.Pieces) == 0 {
			continue
		}
		less := tried
		less.Tests = slices.Clone(tried.Tests)
		less.Tests[i] = whole.Tests[i]
		if s.takes(less) <= takes {
			tried = less
		}
	}
	return tried
}

// cost is what the pieces of a test cost, of the test that costs most.
func (s spreader) cost(p Package) (most time.Duration) {
	for _, t := range p.Tests {
		most = max(most, time.Duration(len(t.Pieces)-1)*(s.subtests[t.Name].Own+s.start))
	}
	return most
}

// sum is the expected duration of all tests of p, without those that are not known.
func (p Package) sum() (sum time.Duration) {
	for _, t := range p.Tests {
		sum += t.Estimate
	}
	return sum
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
	var full []Piece
	for i, piece := range pieces {
		if i == k-1 || len(piece.Subtests) > 0 {
			full = append(full, piece)
		}
	}
	return full
}
