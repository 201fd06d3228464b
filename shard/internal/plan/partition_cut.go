package plan

import (
	"cmp"
	"container/heap"
	"slices"
	"sort"
	"time"
)

// longestFirst assigns the chunks, longest first, each to the part with the least work so
// far.
func (c *cutter) longestFirst(parts int) [][]*chunk {
	sorted := slices.Clone(c.chunks)
	all := func(k *chunk) time.Duration { return k.cost + c.starts[k.pieces[0].pkg] }
	slices.SortStableFunc(sorted, func(a, b *chunk) int { return cmp.Compare(all(b), all(a)) })
	of := make([][]*chunk, parts)
	least := make(leastFirst, parts)
	for i := range least {
		least[i].part = i
	}
	for _, k := range sorted {
		first := &least[0]
		of[first.part] = append(of[first.part], k)
		first.sum += all(k)
		heap.Fix(&least, 0)
	}
	return of
}

// leastFirst is a heap of parts.
type leastFirst []struct {
	part int
	sum  time.Duration
}

func (l leastFirst) Len() int { return len(l) }

func (l leastFirst) Less(i, k int) bool {
	return cmp.Or(cmp.Compare(l[i].sum, l[k].sum), cmp.Compare(l[i].part, l[k].part)) < 0
}

func (l leastFirst) Swap(i, k int) { l[i], l[k] = l[k], l[i] }

func (l leastFirst) Push(any) {}

func (l leastFirst) Pop() any { return nil }

// evenEnough limits how uneven parts may be in order to keep a package together, in
// addition to the saved start: a part may be larger, or a cut may move, by 1/evenEnough
// of an even share. Each part with a share in a package must build and link all of it.
const evenEnough = 32

// contiguous cuts the chunks, in order, at parts-1 places. So at most parts-1 packages
// are split, and one more test moves each cut by about one test.
//
// A search finds the smallest possible size of the longest part. Within that limit, each
// cut is as close as possible to its even share, and at the edge of a package if there is
// one nearby.
func (c *cutter) contiguous(parts int) [][]*chunk {
	n := len(c.chunks)
	before := make([]time.Duration, n+1) // duration of the chunks before this one, with each package started once
	again := make([]time.Duration, n+1)  // repeated start of a package in a part that begins with this chunk
	edge := make([]int, n+1)             // the first chunk of the same package
	var longest time.Duration
	for i, k := range c.chunks {
		pkg := k.pieces[0].pkg
		if i > 0 && c.chunks[i-1].pieces[0].pkg == pkg {
			again[i], edge[i] = c.starts[pkg], edge[i-1]
			before[i+1] = before[i] + k.cost
		} else {
			edge[i] = i
			before[i+1] = before[i] + c.starts[pkg] + k.cost
		}
		longest = max(longest, k.cost+c.starts[pkg])
	}
	edge[n] = n
	total := before[n]
	// end is the end of the longest part that begins with i. begin is the beginning of the
	// longest part that ends at j.
	end := func(i int, limit time.Duration) int {
		return i + sort.Search(n-i, func(d int) bool { return before[i+d+1]-before[i]+again[i] > limit })
	}
	begin := func(j int, limit time.Duration) int {
		return sort.Search(j, func(i int) bool { return before[j]-before[i]+again[i] <= limit })
	}
	limit := max(longest, total/time.Duration(parts))
	for high := total; limit < high; {
		middle := limit + (high-limit)/2
		i := 0
		for range parts {
			i = end(i, middle)
		}
		if i == n {
			high = middle
		} else {
			limit = middle + 1
		}
	}
	limit += limit / evenEnough

	latest := make([]int, parts+1) // the earliest beginning of a rest that fits into this many parts
	latest[0] = n
	for k := 1; k <= parts; k++ {
		latest[k] = begin(latest[k-1], limit)
	}
	of := make([][]*chunk, parts)
	share := total / time.Duration(parts)
	from := 0
	for k := range parts {
		target := share*time.Duration(k+1) + total%time.Duration(parts)*time.Duration(k+1)/time.Duration(parts)
		to := sort.Search(n, func(i int) bool { return before[i]+(before[i+1]-before[i])/2 >= target })
		to = nearEdge(to, edge, func(i int) time.Duration { return max(before[i]-target, target-before[i]) }, share/evenEnough+again[to])
		to = min(max(to, latest[parts-k-1], from), end(from, limit))
		of[k] = c.chunks[from:to:to]
		from = to
	}
	return of
}

// nearEdge returns the package edge closest to i if it is near enough, otherwise i. edge
// has the first chunk of each chunk's package.
func nearEdge(i int, edge []int, far func(i int) time.Duration, near time.Duration) int {
	left := edge[i]
	right := i + sort.Search(len(edge)-1-i, func(d int) bool { return edge[i+d] > left })
	best := left
	if far(right) < far(left) {
		best = right
	}
	if far(best) <= near {
		return best
	}
	return i
}
