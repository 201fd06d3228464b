package plan

import (
	"container/heap"
	"math"
	"slices"
	"time"
)

// What is assumed while nothing is known. In simulations 100 ms per test works as well as
// a second. With 1 ms, equal tests of 0.5 s are shared unevenly, because the package
// seems too small to share.
const (
	defaultTest  = 100 * time.Millisecond
	defaultStart = 10 * time.Millisecond
)

// pace is what is known about the durations of a package's tests and starts.
type pace struct {
	// The lower and the upper half of the durations. The largest of the lower half and the
	// smallest of the upper half come first, so the median takes constant time.
	low, high durations
	starts    []time.Duration // of this run, plus the estimate of the history; sorted
}

// newPace returns what is known before anything has run.
func newPace(p Package) pace {
	given := p.Start
	if p.StartOnce && given > defaultStart {
		// The geometric mean with the default. A start that was measured on a busy
		// machine may be a hundred times too long. With such a value, a package of 64
		// equal tests took three times its bound on 8 workers; with a value a thousand
		// times too long, one worker got all of it. If the value was right, a few more
		// processes start in parallel at first.
		given = time.Duration(math.Sqrt(float64(given) * float64(defaultStart)))
	}
	if given <= 0 {
		return pace{}
	}
	return pace{starts: []time.Duration{given}}
}

// test is the expected duration of a test without an estimate: the median of its package,
// which a single slow test does not change.
func (p *pace) test() time.Duration {
	if len(p.low) == 0 {
		return defaultTest
	}
	return -p.low[0]
}

// known is the number of durations that the median is based on.
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

// start is the cost of one more process: the median of this run's starts and the estimate
// of the history, the lower of two in the middle. So a single slow start keeps no worker
// away, and two starts override an outdated history.
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
