package split

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// TestLimits are how long the tests of a package may run.
type TestLimits struct {
	// Test is how long a test may run, 0 for any time.
	Test func(test string) Limit
	// Outside is how long a process may run no test: before the first one, after the last one
	// and between two of them.
	Outside Limit
}

// Limit is how long something may last, 0 for any time.
type Limit struct {
	Time time.Duration
	From string // where the user has set it, such as --test-timeout
	// Slow is after how long Deadline.Slow is called, 0 for never.
	Slow time.Duration
}

// Deadline watches over the tests of one process, whose output is written to it, and tells when a
// limit is over. The goroutine that writes and timers use it.
type Deadline struct {
	// Slow is called once for a test that is still running after Limit.Slow. It may be nil.
	Slow func(test string, after time.Duration)

	limits  *TestLimits // nil for none
	out     watched
	running func() []string // the tests of the process that are open and not paused
	expired chan struct{}   // closed when the process must end

	mu      sync.Mutex
	clocks  map[string]*clock // of the open tests, and of what is outside all of them by ""
	going   int               // how many of the tests are not paused
	over    []string          // the tests that ran too long, when the process must end
	outside bool              // whether it was in no test then
	limit   Limit             // that was over first
	stopped bool
}

// clock is the time that a test has left.
type clock struct {
	limit Limit
	left  time.Duration
	slow  time.Duration // left until the test is slow
	since time.Time     // when it was started
	timer *time.Timer   // nil while the test is paused, or without a limit
	soon  *time.Timer   // the same for slow
}

// NewDeadline returns a deadline that passes on the output of a process to out. limits may be nil.
// running returns the tests that are open and not paused.
func NewDeadline(limits *TestLimits, out io.Writer, running func() []string) *Deadline {
	return &Deadline{limits: limits, out: watched{out: out}, running: running, expired: make(chan struct{}), clocks: map[string]*clock{}}
}

// Begin must be called when the process has started, or is about to.
func (d *Deadline) Begin() {
	if d.limits == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.begin("", d.limits.Outside)
}

// Write implements io.Writer.
func (d *Deadline) Write(text []byte) (int, error) { return d.out.Write(text) }

// Expired is closed when the process must end.
func (d *Deadline) Expired() <-chan struct{} { return d.expired }

// See handles a change of a test.
func (d *Deadline) See(c text.Change) {
	if d.limits == nil || c.Nested || strings.Contains(c.Test, "/") {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch c.Action {
	case "run":
		d.begin(c.Test, d.limits.Test(c.Test))
		d.going++
	case "cont":
		d.start(c.Test)
		d.going++
	case "pause":
		d.pause(c.Test)
		d.going--
	default:
		if known := d.clocks[c.Test]; known != nil && !known.since.IsZero() {
			d.going--
		}
		d.pause(c.Test)
		delete(d.clocks, c.Test)
	}
	if d.pause(""); d.going <= 0 {
		d.begin("", d.limits.Outside)
	}
}

// begin starts a new clock. d.mu is held, also in the functions below.
func (d *Deadline) begin(test string, limit Limit) {
	d.clocks[test] = &clock{limit: limit, left: limit.Time, slow: limit.Slow}
	d.start(test)
}

func (d *Deadline) start(test string) {
	c := d.clocks[test]
	if c == nil || d.stopped {
		return
	}
	c.since = time.Now()
	if c.limit.Time > 0 {
		c.timer = time.AfterFunc(c.left, func() { d.expire(c) })
	}
	if c.slow > 0 && d.Slow != nil {
		c.soon = time.AfterFunc(c.slow, func() { d.isSlow(test, c) })
	}
}

// isSlow reports a test that has run for some time.
func (d *Deadline) isSlow(test string, c *clock) {
	d.mu.Lock()
	slow := !d.stopped && d.clocks[test] == c && c.turnedSlow()
	d.mu.Unlock()
	if slow {
		d.Slow(test, c.limit.Slow)
	}
}

// turnedSlow reports, once, whether a running test has become slow.
func (c *clock) turnedSlow() bool {
	slow := c.slow > 0 && !c.since.IsZero() && c.slow <= time.Since(c.since)
	if slow {
		c.slow = 0
	}
	return slow
}

func (d *Deadline) pause(test string) {
	c := d.clocks[test]
	if c == nil || c.since.IsZero() {
		return
	}
	c.left -= time.Since(c.since)
	c.slow = max(0, c.slow-time.Since(c.since))
	c.since = time.Time{}
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if c.soon != nil {
		c.soon.Stop()
		c.soon = nil
	}
}

// remaining is how much time a running test has left, and whether it has a limit.
func (c *clock) remaining() (left time.Duration, ok bool) {
	return c.left - time.Since(c.since), c.limit.Time > 0 && !c.since.IsZero()
}

// together is how much later another test may be over for both to be reported, so that tests that
// began together and wait for each other need one process, and not one for each.
const together = 500 * time.Millisecond

// expire ends the process because a clock has run down.
func (d *Deadline) expire(c *clock) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if left, ok := c.remaining(); d.stopped || !ok || left > 0 {
		return // its test has ended, or is paused
	}
	wait := time.Duration(0)
	for _, other := range d.clocks {
		if left, ok := other.remaining(); ok && left > wait && left <= min(together, other.limit.Time/10) {
			wait = left
		}
	}
	if wait > 0 {
		c.timer = time.AfterFunc(wait, func() { d.expire(c) })
		return
	}
	var slow []string // whose timer is late
	for test, other := range d.clocks {
		if left, ok := other.remaining(); ok && left <= 0 {
			if test == "" {
				d.outside = true
			} else {
				d.over = append(d.over, test)
			}
		}
		if d.Slow != nil && other.turnedSlow() {
			slow = append(slow, test)
		}
	}
	slices.Sort(d.over)
	d.stopped, d.limit = true, c.limit
	go d.end(slices.Clone(d.over), slow) // the goroutine that reads the output may wait for d.mu
}

// end ends the process, after what is still to be reported.
func (d *Deadline) end(over, slow []string) {
	for _, test := range slow {
		d.Slow(test, d.limits.Test(test).Slow)
	}
	d.out.expired(func() string { // the test in which the goroutines are shown
		for _, test := range d.running() { // the deepest first
			if slices.Contains(over, framing.Root(test)) {
				return test
			}
		}
		return ""
	})
	close(d.expired)
}

// Stop stops all clocks, since the process has ended. It returns whether a limit was over.
func (d *Deadline) Stop() bool {
	d.mu.Lock()
	for test := range d.clocks {
		d.pause(test)
	}
	was := d.stopped
	d.stopped = true
	d.mu.Unlock()
	if was {
		<-d.expired // it writes to the output before that
	}
	return was
}

// Over reports whether a test was a reason to end the process, which has ended.
func (d *Deadline) Over(test string) bool { return slices.Contains(d.over, test) }

// Why says which limit was over. The process has ended.
func (d *Deadline) Why() string {
	return plain.Duration(d.limit.Time) + " (" + d.limit.From + ")"
}

// watched passes on the output of a process, and keeps what comes after its time is over.
type watched struct {
	mu   sync.Mutex
	out  io.Writer
	over bool
	dump bytes.Buffer
}

// mostDump is how much is kept.
const mostDump = 1 << 20

func (w *watched) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if room := mostDump - w.dump.Len(); w.over && room > 0 {
		w.dump.Write(text[:min(len(text), room)])
	}
	return w.out.Write(text)
}

// expired makes what follows the output of a test, if there is one.
func (w *watched) expired(test func() string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if name := test(); name != "" {
		_, _ = io.WriteString(w.out, text.InTest(name))
	}
}

// goroutines returns what was kept. The process has ended.
func (w *watched) goroutines() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dump.String()
}
