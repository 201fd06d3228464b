// Package queuetest has the tests that every implementation of queue.Queue passes. They are for
// tests only.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// Subject is what is tested.
type Subject struct {
	// LeaseTime is that of its leases.
	LeaseTime time.Duration
	// Build returns a new build, as a function that opens its queue for one more node. The test
	// closes what is opened.
	Build func(t *testing.T) (open func() queue.Queue)
	// Within runs a test, such as in a bubble of testing/synctest; nil for no more than that.
	Within func(t *testing.T, test func(t *testing.T))
}

// Run runs all tests.
func Run(t *testing.T, s Subject) {
	for _, c := range []struct {
		name string
		test func(n *nodes)
	}{
		{"the first plan is that of the build", firstPlan},
		{"units are offered once and taken in their order", offered},
		{"a unit whose lease ends is taken again", leaseEnds},
		{"a unit whose lease is renewed is not", renewed},
		{"a unit that is returned is taken at once", unitReturned},
		{"a node that leaves returns its units", leaves},
		{"the first record counts", firstRecord},
		{"chunks are read as they were written", chunks},
		{"nodes take all units, each once", together},
		{"a call ends with its context", ends},
		{"two builds do not see each other", apart},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := func(t *testing.T) { c.test(&nodes{T: t, ctx: t.Context(), s: s, open: s.Build(t)}) }
			if s.Within != nil {
				s.Within(t, run)
				return
			}
			t.Parallel()
			run(t)
		})
	}
}

// nodes are those of a test.
type nodes struct {
	*testing.T
	ctx  context.Context
	s    Subject
	open func() queue.Queue
}

// node returns the queue for one more node.
func (n *nodes) node() queue.Queue {
	n.Helper()
	q := n.open()
	n.Cleanup(func() { n.check(q.Close()) })
	return q
}

func (n *nodes) check(err error) {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
}

// take takes the unit that is wanted, as soon as it waits.
func (n *nodes) take(q queue.Queue, want string) queue.Lease {
	n.Helper()
	lease := n.takeAny(q)
	if lease.Unit() != want {
		n.Fatalf("took %s, not %s", lease.Unit(), want)
	}
	return lease
}

func (n *nodes) takeAny(q queue.Queue) queue.Lease {
	n.Helper()
	deadline := time.Now().Add(20*n.s.LeaseTime + 10*time.Second)
	for time.Now().Before(deadline) {
		switch lease, err := q.Take(n.ctx); {
		case err == nil:
			return lease
		case !errors.Is(err, queue.ErrEmpty):
			n.Fatal(err)
		}
	}
	n.Fatal("no unit came")
	return nil
}

func (n *nodes) empty(q queue.Queue) {
	n.Helper()
	lease, err := q.Take(n.ctx)
	if err == nil {
		n.Fatalf("took %s, and nothing waits", lease.Unit())
	}
	if !errors.Is(err, queue.ErrEmpty) {
		n.Fatal(err)
	}
}

// planOf returns a plan with that many units, and their IDs.
func planOf(node string, units int) (queue.Plan, []string) {
	made := queue.Plan{Node: node, Facts: []queue.Fact{{Name: "commit", Value: "1234"}}}
	var ids []string
	for i := range units {
		part := plan.Part{Packages: []plan.PartPackage{{Name: fmt.Sprintf("example.com/p%d", i)}}}
		made.Units = append(made.Units, part)
		ids = append(ids, queue.ID(part))
	}
	return made, ids
}
