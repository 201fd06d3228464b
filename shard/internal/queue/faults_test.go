package queue

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"time"
)

var (
	errUnreachable = errors.New("the server cannot be reached")
	errKilled      = errors.New("the node was killed")
)

// span is a time relative to the start of a schedule.
type span struct{ from, to time.Duration }

func (s span) has(d time.Duration) bool { return s.from <= d && d < s.to }

// server is a queue with faults. Which ones depends only on its seed and on the time, so that a
// seed gives the same faults again.
type server struct {
	*Memory
	seed    uint64 // 0 for no faults
	began   time.Time
	down    []span        // nothing is answered
	errors  float64       // how often a call fails: half of them were done
	latency time.Duration // the longest, in each direction
}

// roll returns a number below 1 for a call at this moment.
func (s *server) roll(node, what, unit string) float64 {
	h := fnv.New64a()
	_ = binary.Write(h, binary.LittleEndian, []uint64{s.seed, uint64(time.Since(s.began))})
	_, _ = h.Write([]byte(node + what + unit))
	mixed := h.Sum64()
	mixed ^= mixed >> 29
	mixed *= 0xbf58476d1ce4e5b9
	mixed ^= mixed >> 32
	return float64(mixed>>11) / (1 << 53)
}

// forgetLeases makes all leased units available, also if their nodes run them: each is delivered
// twice.
func (m *Memory) forgetLeases() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for unit := range m.leased {
		m.again = append(m.again, unit)
	}
	clear(m.leased)
	m.wake()
}

func (m *Memory) forgetDeliveries() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for unit := range m.work {
		m.work[unit] = 0
	}
}

// forgetWork forgets the units, but not the plan, results and records.
func (m *Memory) forgetWork() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.again, m.waiting = nil, nil
	clear(m.leased)
	clear(m.work)
}

// duplicate delivers all units of the queue once more.
func (m *Memory) duplicate() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for unit := range m.work {
		m.waiting = append(m.waiting, unit)
	}
	m.wake()
}

// forget forgets everything, unless the build is complete.
func (m *Memory) forget(units int) {
	m.mu.Lock()
	complete := len(m.records) == units
	m.mu.Unlock()
	if complete {
		return // nodes may have left, and no node can make that good
	}
	m.forgetWork()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plan = nil
	clear(m.results)
	clear(m.records)
}

// client is the server as a node with faults sees it.
type client struct {
	Queue
	server *server
	name   string
	frozen []span // the node does nothing
	cut    []span // the node does not reach the server
	dead   atomic.Bool
	kill   func()
}

func newClient(s *server, name string) *client {
	return &client{Queue: s.Node(), server: s, name: name}
}

// thaw waits as long as the node is frozen.
func (c *client) thaw() {
	for _, s := range c.frozen {
		if now := time.Since(c.server.began); s.has(now) {
			time.Sleep(s.to - now)
		}
	}
}

// more is a call that follows another one, and has its faults only.
const more = "more"

// call calls the server, perhaps with a fault.
func (c *client) call(ctx context.Context, what, unit string, do func() error) error {
	s := c.server
	roll := s.roll(c.name, what, unit)
	c.thaw()
	if err := sleep(ctx, time.Duration(roll*float64(s.latency))); err != nil {
		return err
	}
	c.thaw()
	now := time.Since(s.began)
	for _, down := range append(c.cut, s.down...) {
		if down.has(now) {
			_ = sleep(ctx, time.Second)
			return errUnreachable
		}
	}
	if c.dead.Load() {
		return errKilled
	}
	fails := s.roll(c.name, what, unit)
	if what == more || s.seed == 0 {
		fails = 1
	}
	if fails < s.errors/2 {
		return errUnreachable
	}
	err := do()
	time.Sleep(time.Duration((1 - roll) * float64(s.latency)))
	c.thaw()
	if c.dead.Load() {
		return errKilled
	}
	if fails < s.errors {
		return errUnreachable // it was done
	}
	return err
}

func (c *client) Plan(ctx context.Context, mine Plan) (p Plan, err error) {
	err = c.call(ctx, "plan", "", func() (err error) { p, err = c.Queue.Plan(ctx, mine); return err })
	return p, err
}

// Offer offers the units in several calls, so that a node may be killed between them.
func (c *client) Offer(ctx context.Context, units []string) error {
	if c.server.seed == 0 {
		return c.call(ctx, "offer", "", func() error { return c.Queue.Offer(ctx, units) })
	}
	for i := range units {
		what := "offer"
		if i > 0 {
			what = more
		}
		if err := c.call(ctx, what, units[i], func() error { return c.Queue.Offer(ctx, units[i:i+1]) }); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) Take(ctx context.Context) (l Lease, err error) {
	err = c.call(ctx, "take", "", func() (err error) { l, err = c.Queue.Take(ctx); return err })
	if err != nil {
		return nil, err // perhaps it was leased: then the lease ends by itself
	}
	return &clientLease{Lease: l, c: c}, nil
}

func (c *client) Write(ctx context.Context, unit, attempt string, n int, chunk []byte) error {
	return c.call(ctx, "write", unit, func() error { return c.Queue.Write(ctx, unit, attempt, n, chunk) })
}

func (c *client) Read(ctx context.Context, unit, attempt string, n int) (chunk []byte, err error) {
	err = c.call(ctx, "read", unit, func() (err error) { chunk, err = c.Queue.Read(ctx, unit, attempt, n); return err })
	return chunk, err
}

func (c *client) Attempts(ctx context.Context, unit string) (names []string, err error) {
	err = c.call(ctx, "attempts", unit, func() (err error) { names, err = c.Queue.Attempts(ctx, unit); return err })
	return names, err
}

func (c *client) Finish(ctx context.Context, mine Record) (r Record, err error) {
	err = c.call(ctx, "finish", mine.Unit, func() (err error) { r, err = c.Queue.Finish(ctx, mine); return err })
	return r, err
}

func (c *client) Done(ctx context.Context, unit string) (r Record, done bool, err error) {
	err = c.call(ctx, "done", unit, func() (err error) { r, done, err = c.Queue.Done(ctx, unit); return err })
	return r, done, err
}

func (c *client) Records(ctx context.Context) (records map[string]Record, err error) {
	err = c.call(ctx, "records", "", func() (err error) { records, err = c.Queue.Records(ctx); return err })
	return records, err
}

// clientLease is a lease of a client.
type clientLease struct {
	Lease
	c *client
}

func (l *clientLease) Renew(ctx context.Context) error {
	return l.c.call(ctx, "renew", l.Unit(), func() error { return l.Lease.Renew(ctx) })
}

func (l *clientLease) Ack(ctx context.Context) error {
	return l.c.call(ctx, "ack", l.Unit(), func() error { return l.Lease.Ack(ctx) })
}

func (l *clientLease) Return(ctx context.Context) error {
	return l.c.call(ctx, "return", l.Unit(), func() error { return l.Lease.Return(ctx) })
}

// runs counts runs of units.
type runs struct {
	mu sync.Mutex
	n  int
}

func (r *runs) next() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	return r.n
}
