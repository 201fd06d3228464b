package plan

import (
	"container/heap"
	"math"
	"slices"
	"time"
)

// What is assumed before anything is known. In simulations 100 ms a test does as
// well as a second; with 1 ms equal tests of 0.5 s are shared unevenly, since a
// package looks too small to share.
const (
	defaultTest  = 100 * time.Millisecond
	defaultStart = 10 * time.Millisecond
)

// pace is what is known of how long a package's tests and starts take.
type pace struct {
	// The lower half and the upper half of the durations, largest of the lower
	// and smallest of the upper first: the median in constant time.
	low, high durations
	starts    []time.Duration // of this run, and history's estimate; sorted
}

// newPace returns what is known before anything has run.
func newPace(p Package) pace {
	given := p.Start
	if p.StartOnce && given > defaultStart {
		// Halfway to what is assumed without it, by factors. A start that was
		// measured on a busy machine may be a hundred times too long; planned with
		// it, a package of 64 equal tests took three times its bound on 8 workers,
		// and with a thousand times all of it went to one. Where it was right, a few
		// more processes start at first, at the same time.
		given = time.Duration(math.Sqrt(float64(given) * float64(defaultStart)))
	}
	if given <= 0 {
		return pace{}
	}
	return pace{starts: []time.Duration{given}}
}

// test is what a test without an estimate is expected to take: the median of
// its package, which one slow test does not move.
func (p *pace) test() time.Duration {
	if len(p.low) == 0 {
		return defaultTest
	}
	return -p.low[0]
}

// known is how many durations the median comes from.
func (p *pace) known() int { return len(p.low) + len(p.high) }

func (p *pace) addTest(d time.Duration) {
	if len(p.low) == 0 || d <= -p.low[0] {
		heap.Push(&p.low, -d)
	} else {
		heap.Push(&p.high, d)
	}
	switch {
	case len(p.low) > len(p.high)+1:
		heap.Push(&p.high, -heap.Pop(&p.low).(time.Duration))
	case len(p.high) > len(p.low):
		heap.Push(&p.low, -heap.Pop(&p.high).(time.Duration))
	}
}

// start is what one more process costs: the median of this run's starts and of
// history's estimate, of two in the middle the lower. So one start that took long by
// chance keeps no worker away, and two overrule a history that no longer holds.
func (p *pace) start() time.Duration {
	if len(p.starts) == 0 {
		return defaultStart
	}
	return p.starts[(len(p.starts)-1)/2]
}

func (p *pace) addStart(d time.Duration) {
	at, _ := slices.BinarySearch(p.starts, d)
	p.starts = slices.Insert(p.starts, at, d)
}

// durations is a heap, smallest first.
type durations []time.Duration

func (d durations) Len() int           { return len(d) }
func (d durations) Less(i, j int) bool { return d[i] < d[j] }
func (d durations) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *durations) Push(x any)        { *d = append(*d, x.(time.Duration)) }
func (d *durations) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}
