package queue

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestALeaseEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		a, b := m.Node(), m.Node()
		ctx := t.Context()
		check(t, a.Offer(ctx, []string{"u", "v"}))
		first, err := a.Take(ctx)
		check(t, err)
		check(t, a.Offer(ctx, []string{"u", "v"})) // u is leased, v waits
		time.Sleep(LeaseTime / 3)
		check(t, first.Renew(ctx))
		other, err := b.Take(ctx)
		check(t, err)
		if other.Unit() != "v" || other.Deliveries() != 1 {
			t.Errorf("got %s, delivery %d", other.Unit(), other.Deliveries())
		}
		check(t, other.Ack(ctx))
		if _, err := b.Take(ctx); !errors.Is(err, ErrEmpty) {
			t.Errorf("a leased unit was taken: %v", err)
		}
		time.Sleep(LeaseTime)
		again, err := b.Take(ctx)
		check(t, err)
		if again.Unit() != "u" || again.Deliveries() != 2 {
			t.Errorf("got %s, delivery %d", again.Unit(), again.Deliveries())
		}
		if err := first.Renew(ctx); !errors.Is(err, ErrLost) {
			t.Errorf("a lease that is over was renewed: %v", err)
		}
		check(t, b.Close()) // returns it
		last, err := a.Take(ctx)
		check(t, err)
		check(t, last.Return(ctx))
		if last, err = a.Take(ctx); err != nil || last.Deliveries() != 4 {
			t.Errorf("a unit that was returned is not delivered at once: %v", err)
		}
	})
}

func TestATakeWaitsForWhatIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, ctx := NewMemory().Node(), t.Context()
		check(t, q.Offer(ctx, []string{"u"}))
		lease, err := q.Take(ctx)
		check(t, err)
		from := time.Now()
		time.AfterFunc(takeWait/2, func() { _ = lease.Return(context.Background()) })
		if _, err := q.Take(ctx); err != nil || time.Since(from) != takeWait/2 {
			t.Errorf("after %v: %v", time.Since(from), err)
		}
	})
}

func TestTheFirstRecordAndThePlanStay(t *testing.T) {
	m, ctx := NewMemory(), t.Context()
	a, b := m.Node(), m.Node()
	for i, q := range []Queue{a, b} {
		p, err := q.Plan(ctx, Plan{Node: []string{"a", "b"}[i]})
		if err != nil || p.Node != "a" {
			t.Errorf("plan of %q: %v", p.Node, err)
		}
		r, err := q.Finish(ctx, Record{Unit: "u", Attempt: []string{"a", "b"}[i]})
		if err != nil || r.Attempt != "a" {
			t.Errorf("record of attempt %q: %v", r.Attempt, err)
		}
	}
	if _, err := a.Read(ctx, "u", "a", 0); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
	check(t, a.Write(ctx, "u", "a", 0, []byte("x")))
	if err := a.Write(ctx, "u", "a", 1, make([]byte, MostChunk+1)); err == nil {
		t.Error("a chunk that is too long was stored")
	}
	if attempts, err := b.Attempts(ctx, "u"); err != nil || len(attempts) != 1 || attempts[0] != "a" {
		t.Error(attempts, err)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
