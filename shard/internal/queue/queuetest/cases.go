package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

func firstPlan(n *nodes) {
	a, b := n.node(), n.node()
	if _, stored, err := a.Stored(n.ctx); stored || err != nil {
		n.Fatalf("a build without a plan has one: %v", err)
	}
	records, err := a.Records(n.ctx)
	if n.check(err); len(records) > 0 {
		n.Errorf("a build without a plan has records: %v", records)
	}
	mine, _ := planOf("a", 3)
	other, _ := planOf("b", 2)
	got, err := a.Plan(n.ctx, mine)
	if n.check(err); got.Node != "a" || len(got.Units) != 3 || len(got.Facts) != 1 {
		n.Errorf("stored %+v", got)
	}
	if got, err = b.Plan(n.ctx, other); err != nil || got.Node != "a" || len(got.Units) != 3 {
		n.Errorf("the second node got %+v, %v", got, err)
	}
	if got, stored, err := b.Stored(n.ctx); !stored || err != nil || got.Node != "a" {
		n.Errorf("read %+v, %v, %v", got, stored, err)
	}
}

func offered(n *nodes) {
	q := n.node()
	_, units := planOf("a", 5)
	n.check(q.Offer(n.ctx, units[:3]))
	n.check(q.Offer(n.ctx, units))
	first := n.take(q, units[0])
	n.check(q.Offer(n.ctx, units)) // the first is leased
	for _, unit := range units[1:] {
		n.check(n.take(q, unit).Ack(n.ctx))
	}
	n.check(first.Ack(n.ctx))
	n.empty(q)
	n.check(q.Offer(n.ctx, units[1:2])) // one whose record was lost
	n.check(n.take(q, units[1]).Ack(n.ctx))
}

func leaseEnds(n *nodes) {
	a, b := n.node(), n.node()
	n.check(a.Offer(n.ctx, []string{"1", "2"}))
	first := n.take(a, "1")
	n.check(n.take(b, "2").Ack(n.ctx))
	again := n.take(b, "1")
	if first.Deliveries() != 1 || again.Deliveries() != 2 {
		n.Errorf("deliveries: %d, %d", first.Deliveries(), again.Deliveries())
	}
	if err := first.Renew(n.ctx); !errors.Is(err, queue.ErrLost) {
		n.Errorf("a lease that has ended was renewed: %v", err)
	}
	if err := first.Return(n.ctx); !errors.Is(err, queue.ErrLost) {
		n.Errorf("a lease that has ended was returned: %v", err)
	}
	n.check(again.Renew(n.ctx)) // it is not lost by that
	n.check(again.Ack(n.ctx))
}

func renewed(n *nodes) {
	a, b := n.node(), n.node()
	n.check(a.Offer(n.ctx, []string{"1"}))
	lease := n.take(a, "1")
	end, other := time.Now().Add(2*n.s.LeaseTime), make(chan error, 1)
	go func() {
		for time.Now().Before(end) {
			if _, err := b.Take(n.ctx); !errors.Is(err, queue.ErrEmpty) {
				other <- fmt.Errorf("it was taken twice, or failed: %w", err)
				return
			}
		}
		other <- nil
	}()
	tick := time.NewTicker(n.s.LeaseTime / 5)
	defer tick.Stop()
	for {
		select {
		case err := <-other:
			n.check(err)
			n.check(lease.Ack(n.ctx))
			return
		case <-tick.C:
			if err := lease.Renew(n.ctx); err != nil {
				n.Error(err)
			}
		}
	}
}

func unitReturned(n *nodes) {
	a, b := n.node(), n.node()
	n.check(a.Offer(n.ctx, []string{"1", "2"}))
	n.check(n.take(a, "1").Return(n.ctx))
	again := n.takeAny(b)
	if again.Unit() == "2" { // what is returned may come second, but not after the lease time
		again = n.take(b, "1")
	}
	if again.Deliveries() != 2 {
		n.Errorf("it was delivered %d times", again.Deliveries())
	}
	n.check(again.Ack(n.ctx))
}

func leaves(n *nodes) {
	a, b := n.open(), n.node()
	n.check(a.Offer(n.ctx, []string{"1", "2"}))
	n.take(a, "1")
	n.take(a, "2")
	start := time.Now()
	n.check(a.Close())
	got := []string{n.takeAny(b).Unit(), n.takeAny(b).Unit()}
	if slices.Sort(got); !slices.Equal(got, []string{"1", "2"}) {
		n.Errorf("took %v", got)
	}
	if n.s.Within != nil && time.Since(start) >= n.s.LeaseTime {
		n.Errorf("it took %s", time.Since(start))
	}
}

func firstRecord(n *nodes) {
	const finishers = 8
	q := n.node()
	if _, done, err := q.Done(n.ctx, "1"); done || err != nil {
		n.Errorf("a unit without a record is done: %v", err)
	}
	var group errgroup.Group
	counts := make([]queue.Record, finishers)
	for i := range finishers {
		group.Go(func() (err error) {
			counts[i], err = q.Finish(n.ctx, queue.Record{Unit: "1", Attempt: fmt.Sprint("attempt ", i), Node: "a node", Status: queue.Ran, Chunks: i})
			return err
		})
	}
	n.check(group.Wait())
	stored, done, err := q.Done(n.ctx, "1")
	if n.check(err); !done || stored.Node != "a node" || stored.Attempt != fmt.Sprint("attempt ", stored.Chunks) {
		n.Errorf("the record is %+v", stored)
	}
	for i, record := range counts {
		if record.Attempt != stored.Attempt {
			n.Errorf("finisher %d got that of %s, but that of %s counts", i, record.Attempt, stored.Attempt)
		}
	}
	_, err = q.Finish(n.ctx, queue.Record{Unit: "2", Attempt: "other", Status: queue.Lost, Nodes: []string{"x"}, Reason: "it ended x"})
	n.check(err)
	records, err := n.node().Records(n.ctx)
	n.check(err)
	if len(records) != 2 || records["1"].Attempt != stored.Attempt || records["2"].Reason != "it ended x" {
		n.Errorf("the records are %+v", records)
	}
	_, err = q.Finish(n.ctx, queue.Record{Unit: "3", Attempt: "other"})
	n.check(err)
	if records, err = q.Records(n.ctx); err != nil || len(records) != 3 {
		n.Errorf("after one more there are %d, %v", len(records), err)
	}
}

func chunks(n *nodes) {
	a, b := n.node(), n.node()
	const attempt = "node 1.of > ci*/ü\n3"
	if _, err := b.Read(n.ctx, "1", attempt, 0); !errors.Is(err, queue.ErrMissing) {
		n.Errorf("what was never written is read: %v", err)
	}
	if attempts, err := b.Attempts(n.ctx, "1"); len(attempts) > 0 || err != nil {
		n.Errorf("a unit that was not run has the attempts %q, %v", attempts, err)
	}
	largest := bytes.Repeat([]byte("0123456789abcdef"), queue.MostChunk/16)
	written := [][]byte{{}, []byte("two\n"), largest}
	for i, chunk := range written {
		n.check(a.Write(n.ctx, "1", attempt, i, chunk))
		n.check(a.Write(n.ctx, "1", attempt, i, chunk)) // its confirmation was lost
	}
	n.check(a.Write(n.ctx, "1", "other", 0, nil))
	n.check(a.Write(n.ctx, "2", "third", 0, nil))
	n.check(a.Write(n.ctx, "1", "begun before the server lost its store", 1, nil))
	if err := a.Write(n.ctx, "1", "other", 1, append(largest, 0)); err == nil {
		n.Error("a chunk that is too large was stored")
	}
	for i, chunk := range written {
		read, err := b.Read(n.ctx, "1", attempt, i)
		if err != nil || !bytes.Equal(read, chunk) {
			n.Errorf("chunk %d: %d bytes, %v", i, len(read), err)
		}
	}
	if _, err := b.Read(n.ctx, "1", attempt, len(written)); !errors.Is(err, queue.ErrMissing) {
		n.Errorf("there is one chunk more: %v", err)
	}
	attempts, err := b.Attempts(n.ctx, "1")
	if slices.Sort(attempts); err != nil || !slices.Equal(attempts, []string{attempt, "other"}) {
		n.Errorf("the attempts are %q, %v", attempts, err)
	}
}

func together(n *nodes) {
	const count, workers = 40, 3
	made, units := planOf("a", count)
	a := n.node()
	_, err := a.Plan(n.ctx, made)
	n.check(err)
	n.check(a.Offer(n.ctx, units))
	var group errgroup.Group
	for _, q := range []queue.Queue{a, n.node()} {
		for range workers {
			group.Go(func() error { return work(n.ctx, q, count) })
		}
	}
	n.check(group.Wait())
	records, err := a.Records(n.ctx)
	if n.check(err); len(records) != count {
		n.Errorf("%d records", len(records))
	}
}

// work takes units until all have a record.
func work(ctx context.Context, q queue.Queue, count int) error {
	for {
		lease, err := q.Take(ctx)
		if errors.Is(err, queue.ErrEmpty) {
			records, err := q.Records(ctx)
			if err != nil || len(records) == count {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if lease.Deliveries() != 1 {
			return fmt.Errorf("unit %s was delivered %d times", lease.Unit(), lease.Deliveries())
		}
		if _, err := q.Finish(ctx, queue.Record{Unit: lease.Unit(), Attempt: "first"}); err != nil {
			return err
		}
		if err := lease.Ack(ctx); err != nil {
			return err
		}
	}
}

func ends(n *nodes) {
	q := n.node()
	n.check(q.Offer(n.ctx, []string{"1"}))
	lease := n.take(q, "1")
	ctx, cancel := context.WithCancel(n.ctx)
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := q.Take(ctx); !errors.Is(err, queue.ErrEmpty) {
				ended <- err
				return
			}
		}
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		n.Errorf("it ended with %v", err)
	}
	n.check(lease.Ack(n.ctx))
}

func apart(n *nodes) {
	a := n.node()
	n.open = n.s.Build(n.T)
	b := n.node()
	mine, units := planOf("a", 2)
	_, err := a.Plan(n.ctx, mine)
	n.check(err)
	n.check(a.Offer(n.ctx, units))
	n.check(a.Write(n.ctx, units[0], "first", 0, nil))
	_, err = a.Finish(n.ctx, queue.Record{Unit: units[0], Attempt: "first"})
	n.check(err)
	if _, stored, err := b.Stored(n.ctx); stored || err != nil {
		n.Errorf("another build has the plan: %v", err)
	}
	other, _ := planOf("b", 1)
	if got, err := b.Plan(n.ctx, other); err != nil || got.Node != "b" {
		n.Errorf("another build has the plan of %s, %v", got.Node, err)
	}
	n.empty(b)
	if records, err := b.Records(n.ctx); err != nil || len(records) > 0 {
		n.Errorf("another build has the records %v, %v", records, err)
	}
	if _, err := b.Read(n.ctx, units[0], "first", 0); !errors.Is(err, queue.ErrMissing) {
		n.Errorf("another build has the chunk: %v", err)
	}
}
