package plan

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// Cut is how a run is cut into units for nodes that pull them.
type Cut struct {
	// Nodes is how many nodes are expected, 0 if that is not known. Others may come: fewer cost some
	// starts, and for more than twice as many the first units are too long.
	Nodes int
	// Workers is how many units each of them runs at the same time, 0 for 1.
	Workers int
	// Most is how many units there may be.
	Most int
	// Floor is how long a unit takes at least, unless what it has must be apart from the rest; 0
	// for DefaultFloor.
	Floor time.Duration
}

// DefaultFloor is so long that the start of a go command, half a second, is a fifth of it.
const DefaultFloor = 2 * time.Second

// building is what is assumed for building one package on a node, which nothing is known of: of 40
// packages of a web server, each took a second to link on 2 cores.
const building = time.Second

const (
	// If the number of nodes is not known, there are as many as it takes to end in assumedTime, and at
	// least assumedNodes.
	assumedNodes = 16
	assumedTime  = 3 * time.Minute
	// share is which part of an even share of what is left a unit has. A node with half the speed of
	// the others ends in time with it, also if more nodes come than expected. In the simulation of
	// queue, 2 takes 1 % less, but 20 % more if twice as many nodes come. Without a history it is twice
	// that, because units take longer or shorter than expected.
	share = 3
	// finest is which part of an even share of everything the last units have, so that the
	// last node ends hardly later than the first.
	finest = 100
	// coarsest is how many floors a unit of several packages has at most. Then their starts no longer
	// matter, and more of them would only be in the way of an even end.
	coarsest = 5
	// mostWorkers limits the numbers of nodes and of their workers.
	mostWorkers = 1000
	// idleTogether is how many packages that take no time are in a unit, if there are only such.
	idleTogether = 50
)

// Units cuts the packages into units that nodes pull, in the order in which they are taken: the
// longest first. Every test is in exactly one unit. The same packages, in any order, give the same
// units.
//
// What a mode keeps together stays together, as in Partition. A unit has the smaller part of an even
// share of what is left, so units shrink as work runs out, down to the floor. It has tests of the
// package with the most work left, the longest tests first; several packages only if they
// are small. Without a history the tests are counted, each as the default duration of a test.
func Units(mode Mode, packages []Package, cut Cut) []Part {
	c := newCutter(mode, packages)
	floor, build, end := cmp.Or(cut.Floor, DefaultFloor), min(building, c.most), assumedTime
	if !c.known { // tests are counted
		floor, build, end = floor/defaultTest*c.unknown, build/defaultTest*c.unknown, end/defaultTest*c.unknown
	}
	workers := min(max(cmp.Or(cut.Nodes, assumedNodes), 1), mostWorkers) * min(max(cut.Workers, 1), mostWorkers)
	if cut.Nodes == 0 {
		var all time.Duration
		for _, s := range c.stocks(build) {
			all += s.cost
		}
		workers = max(workers, int(min(all/end, mostWorkers*mostWorkers)))
	}
	for {
		units := c.shrinking(workers, floor, build)
		most := max(cut.Most, 1)
		if len(units) <= most || floor > c.most/2 {
			return c.parts(units)
		}
		workers = max(workers*most/len(units), 1)
		floor += floor/4 + 1
	}
}

// shrinking returns the chunks of each unit, for a number of workers and what building a package
// costs.
func (c *cutter) shrinking(workers int, floor, build time.Duration) [][]*chunk {
	var left stocks
	var all time.Duration
	for _, s := range c.stocks(build) {
		left = append(left, s)
		all += s.cost
	}
	heap.Init(&left)
	floor = max(floor, all/time.Duration(finest*workers), 1)
	share := time.Duration(share * workers)
	if !c.known {
		share *= 2
	}
	var units []pulled
	for len(left) > 0 {
		size := max(all/share, floor)
		u := left.cut(size)
		for u.cost < min(size, coarsest*floor) && len(left) > 0 && u.cost+left[0].cost <= size+size/2 {
			u.add(left.cut(size))
		}
		all = max(all-u.cost, 0)
		units = append(units, u)
	}
	slices.SortStableFunc(units, func(a, b pulled) int { return cmp.Compare(b.cost, a.cost) })
	var of [][]*chunk
	for _, u := range units {
		of = append(of, u.chunks)
	}
	return c.spreadIdle(of)
}

// pulled is what a node pulls at once.
type pulled struct {
	chunks []*chunk
	cost   time.Duration // with the starts of its packages and building them
}

func (p *pulled) add(other pulled) {
	p.chunks = append(p.chunks, other.chunks...)
	p.cost += other.cost
}

// stock is what is left of a package.
type stock struct {
	pkg    int
	start  time.Duration // of its process and what building it costs, until it is cut
	chunks []*chunk      // the longest first
	cost   time.Duration // with the start
}

// stocks returns the packages with their chunks. A group over several packages is in the first.
func (c *cutter) stocks(build time.Duration) []*stock {
	var all []*stock
	of := map[int]*stock{}
	for _, k := range c.chunks {
		pkg := k.pieces[0].pkg
		s := of[pkg]
		if s == nil {
			s = &stock{pkg: pkg, start: c.starts[pkg] + build, cost: c.starts[pkg] + build}
			of[pkg], all = s, append(all, s)
		}
		s.chunks = append(s.chunks, k)
		s.cost += k.cost
	}
	for _, s := range all {
		slices.SortStableFunc(s.chunks, func(a, b *chunk) int { return cmp.Compare(b.cost, a.cost) })
	}
	return all
}

// stocks is a heap: what has the most work left comes first.
type stocks []*stock

func (s stocks) Len() int { return len(s) }

func (s stocks) Less(i, k int) bool {
	return cmp.Or(cmp.Compare(s[k].cost, s[i].cost), cmp.Compare(s[i].pkg, s[k].pkg)) < 0
}

func (s stocks) Swap(i, k int) { s[i], s[k] = s[k], s[i] }

func (s *stocks) Push(x any) { *s = append(*s, x.(*stock)) }

func (s *stocks) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// cut takes about this much of the first package. A rest that would be less than half of that goes
// with it. Starts do not count if a package is cut: a node may have built it already, and a
// unit would else have few tests.
func (s *stocks) cut(size time.Duration) pulled {
	first := (*s)[0]
	if first.cost <= size+size/2 {
		heap.Pop(s)
		return pulled{chunks: first.chunks, cost: first.cost}
	}
	n, cost := 1, first.chunks[0].cost
	for n < len(first.chunks) && cost+first.chunks[n].cost <= size {
		cost += first.chunks[n].cost
		n++
	}
	u := pulled{chunks: first.chunks[:n:n], cost: cost}
	first.chunks, first.cost, first.start = first.chunks[n:], first.cost-first.start-cost, 0
	if len(first.chunks) == 0 {
		heap.Pop(s)
	} else {
		heap.Fix(s, 0)
	}
	return u
}

// spreadIdle adds the packages that take no time, by a hash of their names.
func (c *cutter) spreadIdle(of [][]*chunk) [][]*chunk {
	if len(of) == 0 && len(c.idle) > 0 {
		of = make([][]*chunk, 1+(len(c.idle)-1)/idleTogether)
	}
	for _, p := range c.idle {
		at := hash(c.packages[p.pkg].Name) % uint64(len(of))
		of[at] = append(of[at], &chunk{pieces: []piece{p}})
	}
	return slices.DeleteFunc(of, func(unit []*chunk) bool { return len(unit) == 0 })
}
