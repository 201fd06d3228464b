package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// takeWait is how long Take of a Memory waits for a unit.
const takeWait = time.Second

// Memory is a queue in memory, for tests and simulations. It does what a server would do: a lease
// ends by itself, what nodes return is delivered first, and it counts deliveries.
type Memory struct {
	mu      sync.Mutex
	changed chan struct{} // closed when a unit can be taken, then replaced
	plan    *Plan         // nil before it is stored
	again   []string      // units to deliver again, which come before those that wait
	waiting []string
	work    map[string]int // how often each unit that waits or is leased was delivered
	leased  map[string]*memoryLease
	results map[string]map[string]map[int][]byte // chunks by unit, attempt and number
	records map[string]Record
}

// NewMemory returns the queue of a build without a plan.
func NewMemory() *Memory {
	return &Memory{
		changed: make(chan struct{}), work: map[string]int{}, leased: map[string]*memoryLease{},
		results: map[string]map[string]map[int][]byte{}, records: map[string]Record{},
	}
}

// Node returns the queue as one more node sees it.
func (m *Memory) Node() Queue { return &memoryNode{Memory: m} }

// wake wakes all that wait in Take. The caller holds the lock.
func (m *Memory) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// expire makes units available whose lease is over, and returns when the next one is, or zero. The
// caller holds the lock.
func (m *Memory) expire() (next time.Time) {
	now := time.Now()
	var over []*memoryLease
	for _, l := range m.leased {
		switch {
		case !l.until.After(now):
			over = append(over, l)
		case next.IsZero() || l.until.Before(next):
			next = l.until
		}
	}
	slices.SortFunc(over, func(a, b *memoryLease) int { return a.until.Compare(b.until) })
	for _, l := range over {
		delete(m.leased, l.unit)
		m.again = append(m.again, l.unit)
	}
	return next
}

// next removes the unit that is delivered next, or returns false. The caller holds the lock.
func (m *Memory) next() (string, bool) {
	for _, from := range []*[]string{&m.again, &m.waiting} {
		if len(*from) > 0 {
			unit := (*from)[0]
			*from = (*from)[1:]
			return unit, true
		}
	}
	return "", false
}

// memoryNode is a Memory as one node sees it.
type memoryNode struct{ *Memory }

func (n *memoryNode) Plan(_ context.Context, mine Plan) (Plan, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.plan == nil {
		n.plan = &mine
	}
	return *n.plan, nil
}

func (n *memoryNode) Stored(context.Context) (Plan, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.plan == nil {
		return Plan{}, false, nil
	}
	return *n.plan, true, nil
}

func (n *memoryNode) Offer(_ context.Context, units []string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, unit := range units {
		if _, ok := n.work[unit]; !ok {
			n.work[unit] = 0
			n.waiting = append(n.waiting, unit)
		}
	}
	n.wake()
	return nil
}

func (n *memoryNode) Take(ctx context.Context) (Lease, error) {
	deadline := time.Now().Add(takeWait)
	for {
		n.mu.Lock()
		wake := n.expire()
		if unit, ok := n.next(); ok {
			defer n.mu.Unlock()
			n.work[unit]++
			l := &memoryLease{node: n, unit: unit, deliveries: n.work[unit], until: time.Now().Add(LeaseTime)}
			n.leased[unit] = l
			return l, nil
		}
		changed := n.changed
		n.mu.Unlock()
		if wake.IsZero() || deadline.Before(wake) {
			wake = deadline
		}
		if !time.Now().Before(deadline) {
			return nil, ErrEmpty
		}
		timer := time.NewTimer(time.Until(wake))
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}

func (n *memoryNode) Write(_ context.Context, unit, attempt string, number int, chunk []byte) error {
	if len(chunk) > MostChunk {
		return fmt.Errorf("chunk %d of unit %s has %d bytes, more than %d", number, unit, len(chunk), MostChunk)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.results[unit] == nil {
		n.results[unit] = map[string]map[int][]byte{}
	}
	if n.results[unit][attempt] == nil {
		n.results[unit][attempt] = map[int][]byte{}
	}
	if _, stored := n.results[unit][attempt][number]; !stored {
		n.results[unit][attempt][number] = slices.Clone(chunk)
	}
	return nil
}

func (n *memoryNode) Read(_ context.Context, unit, attempt string, number int) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	chunk, stored := n.results[unit][attempt][number]
	if !stored {
		return nil, ErrMissing
	}
	return slices.Clone(chunk), nil
}

func (n *memoryNode) Attempts(_ context.Context, unit string) (attempts []string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for attempt, chunks := range n.results[unit] {
		if _, first := chunks[0]; first {
			attempts = append(attempts, attempt)
		}
	}
	slices.Sort(attempts)
	return attempts, nil
}

func (n *memoryNode) Finish(_ context.Context, record Record) (Record, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if first, ok := n.records[record.Unit]; ok {
		return first, nil
	}
	n.records[record.Unit] = record
	return record, nil
}

func (n *memoryNode) Done(_ context.Context, unit string) (Record, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	record, ok := n.records[unit]
	return record, ok, nil
}

func (n *memoryNode) Records(context.Context) (map[string]Record, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.records), nil
}

func (n *memoryNode) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.leased {
		if l.node == n {
			n.giveBack(l)
		}
	}
	return nil
}

// giveBack makes the unit of a lease available. The caller holds the lock.
func (m *Memory) giveBack(l *memoryLease) {
	delete(m.leased, l.unit)
	m.again = append(m.again, l.unit)
	m.wake()
}

// memoryLease is a lease of a Memory.
type memoryLease struct {
	node       *memoryNode
	unit       string
	deliveries int
	until      time.Time
}

func (l *memoryLease) Unit() string    { return l.unit }
func (l *memoryLease) Deliveries() int { return l.deliveries }

// held calls do if the lease is held, with the lock.
func (l *memoryLease) held(do func(m *Memory)) error {
	m := l.node.Memory
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire()
	if m.leased[l.unit] != l {
		return ErrLost
	}
	do(m)
	return nil
}

func (l *memoryLease) Renew(context.Context) error {
	return l.held(func(*Memory) { l.until = time.Now().Add(LeaseTime) })
}

func (l *memoryLease) Ack(context.Context) error {
	return l.held(func(m *Memory) {
		delete(m.leased, l.unit)
		delete(m.work, l.unit)
	})
}

func (l *memoryLease) Return(context.Context) error {
	return l.held(func(m *Memory) { m.giveBack(l) })
}
