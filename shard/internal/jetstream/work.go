package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// Offer makes units available. They are sent all at once, in that order.
func (q *Queue) Offer(ctx context.Context, units []string) error {
	for _, unit := range units {
		if err := checkToken("unit", unit); err != nil {
			return err
		}
	}
	left := units
	return q.do(ctx, "offering units", func(ctx context.Context) (err error) {
		left, err = q.offer(ctx, left)
		return err
	})
}

// offer returns the units from the first one on that is not confirmed.
func (q *Queue) offer(ctx context.Context, units []string) ([]string, error) {
	var sent []jetstream.PubAckFuture
	for i, unit := range units {
		future, err := q.js.PublishAsync(q.name.work(unit), nil, jetstream.WithExpectStream(workStream), jetstream.WithRetryAttempts(0))
		if err != nil {
			return units[confirmed(ctx, sent, nil):], fmt.Errorf("unit %d of %d: %w", i+1, len(units), err)
		}
		sent = append(sent, future)
	}
	var err error
	n := confirmed(ctx, sent, &err)
	return units[n:], err
}

// confirmed returns how many units are there, up to the first that is not. The error of that one
// goes to why, unless it is nil.
func confirmed(ctx context.Context, sent []jetstream.PubAckFuture, why *error) int {
	for i, future := range sent {
		var err error
		select {
		case <-future.Ok():
			continue
		case err = <-future.Err():
		case <-ctx.Done():
			err = ctx.Err()
		}
		if isThere(err) {
			continue
		}
		if why != nil {
			*why = err
		}
		return i
	}
	return len(sent)
}

// Take leases the unit that has waited longest.
func (q *Queue) Take(ctx context.Context) (queue.Lease, error) {
	var taken *lease
	err := q.do(ctx, "taking a unit", func(ctx context.Context) (err error) {
		taken, err = q.next(ctx)
		if errors.Is(err, queue.ErrEmpty) {
			err = nil
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case taken == nil:
		return nil, queue.ErrEmpty
	}
	return taken, nil
}

// next asks for one unit. It asks for no more than a worker runs now, since a lease begins when
// the server sends the unit.
func (q *Queue) next(ctx context.Context) (*lease, error) {
	request, err := json.Marshal(map[string]any{"batch": 1, "expires": q.config.Wait})
	if err != nil {
		return nil, err
	}
	answers := make(chan *nats.Msg, 2) // some servers send a unit and then that it was all
	inbox := q.conn.NewInbox()
	sub, err := q.conn.ChanSubscribe(inbox, answers)
	if err != nil {
		return nil, err
	}
	asked := time.Now()
	if err := q.conn.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+workStream+"."+q.name.build, inbox, request); err != nil {
		_ = sub.Unsubscribe() // the connection is closed otherwise
		return nil, err
	}
	select {
	case msg := <-answers:
		_ = sub.Unsubscribe() // as above
		return q.answered(msg, asked)
	case <-ctx.Done():
		q.late.Go(func() { q.returnLate(sub, answers) })
		return nil, ctx.Err()
	case <-time.After(q.config.Wait + q.config.Attempt/2):
		q.late.Go(func() { q.returnLate(sub, answers) })
		return nil, nats.ErrTimeout
	}
}

// returnLate returns a unit that comes after the call that asked for it has ended.
func (q *Queue) returnLate(sub *nats.Subscription, answers <-chan *nats.Msg) {
	select {
	case msg := <-answers:
		if msg.Header.Get("Status") == "" {
			_ = msg.Respond(returned) // the server gives the unit away anyway after the lease time
		}
	case <-time.After(q.config.Wait + q.config.Attempt):
	case <-q.life.Done():
	}
	_ = sub.Unsubscribe() // the connection is closed otherwise
}

// answered returns the lease that the server sent, or why it sent none.
func (q *Queue) answered(msg *nats.Msg, asked time.Time) (*lease, error) {
	switch msg.Header.Get("Status") {
	case "":
		return q.leases.add(q, msg, asked)
	case "404", "408":
		return nil, queue.ErrEmpty
	case "503":
		return nil, nats.ErrNoResponders
	}
	return nil, fmt.Errorf("the server answered %s", status(msg))
}

// What is sent about a unit that was taken.
var (
	acknowledged = []byte("+ACK")
	returned     = []byte("-NAK")
	inProgress   = []byte("+WPI")
)

// leases are those that this node holds.
type leases struct {
	mu   sync.Mutex
	held map[*lease]bool
}

// lease is the right to run a unit. It is a queue.Lease.
type lease struct {
	q          *Queue
	msg        *nats.Msg
	unit       string
	deliveries int
	until      atomic.Int64 // when it ends for sure, as nanoseconds since start
	start      time.Time
}

var _ queue.Lease = (*lease)(nil)

func (l *leases) add(q *Queue, msg *nats.Msg, asked time.Time) (*lease, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fatal{fmt.Errorf("the server sent a message that is not of a stream: %w", err)}
	}
	prefix := q.name.work("")
	if len(msg.Subject) <= len(prefix) || msg.Subject[:len(prefix)] != prefix {
		return nil, fatal{fmt.Errorf("the server sent a unit of another build: %q", msg.Subject)}
	}
	taken := &lease{q: q, msg: msg, unit: msg.Subject[len(prefix):], deliveries: int(meta.NumDelivered), start: asked}
	taken.until.Store(int64(q.config.LeaseTime))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[*lease]bool{}
	}
	l.held[taken] = true
	return taken, nil
}

func (l *leases) remove(gone *lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, gone)
}

// closeTime is how long leaving the queue may take.
const closeTime = 2 * time.Second

// returnAll returns all leases. A connection that ends does not.
func (l *leases) returnAll(q *Queue) {
	l.mu.Lock()
	held := l.held
	l.held = nil
	l.mu.Unlock()
	for lease := range held {
		if !lease.over() {
			_ = lease.msg.Respond(returned) // the server gives the unit away anyway after the lease time
		}
	}
	if q.conn.IsConnected() {
		_ = q.conn.FlushTimeout(closeTime)
	}
}

// Unit returns the unit's ID.
func (l *lease) Unit() string { return l.unit }

// Deliveries returns how often the unit was delivered.
func (l *lease) Deliveries() int { return l.deliveries }

// over reports whether another node may have the unit. What this node sends about it would then
// concern the other one.
func (l *lease) over() bool { return time.Since(l.start) > time.Duration(l.until.Load()) }

// Renew extends the lease. It does not try again: it is called again soon.
func (l *lease) Renew(ctx context.Context) error {
	if l.over() {
		return queue.ErrLost
	}
	asked := time.Since(l.start)
	err := l.q.attempt(ctx, func(ctx context.Context) error {
		_, err := l.q.conn.RequestWithContext(ctx, l.msg.Reply, inProgress)
		return err
	})
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return queue.ErrLost // the consumer is gone
	case err != nil:
		return fmt.Errorf("renewing the lease of a unit: %w", err)
	}
	l.until.Store(int64(asked + l.q.config.LeaseTime))
	return nil
}

// ackTime is how long Ack waits for an answer. A server that was started again does not answer
// for what it sent before.
const ackTime = time.Second

// Ack removes the unit from the queue.
func (l *lease) Ack(ctx context.Context) error {
	l.q.leases.remove(l)
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	err := l.q.attempt(ctx, func(ctx context.Context) error {
		_, err := l.q.conn.RequestWithContext(ctx, l.msg.Reply, acknowledged)
		return err
	})
	if err != nil {
		return fmt.Errorf("removing a unit from the queue: %w", err)
	}
	return nil
}

// Return gives the unit to another node.
func (l *lease) Return(ctx context.Context) error {
	l.q.leases.remove(l)
	if l.over() {
		return queue.ErrLost
	}
	if err := l.msg.Respond(returned); err != nil {
		return fmt.Errorf("returning a unit: %w", err)
	}
	return l.q.attempt(ctx, l.q.conn.FlushWithContext)
}
