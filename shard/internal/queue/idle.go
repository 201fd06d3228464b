package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// took notes that a unit was taken.
func (n *puller) took() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken = time.Now()
}

// note notes that a unit has a record.
func (n *puller) note(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.recorded[id] = true
}

// quiet returns how long nothing was to be taken, and whether this node has seen a record of each
// unit.
func (n *puller) quiet() (time.Duration, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Since(n.taken), len(n.recorded) == len(n.units)
}

// idle is called when there was nothing to take since a time. It waits before the next attempt,
// the longer the longer nothing was there, and now and then compares the plan with the records.
func (n *puller) idle(ctx context.Context, empty int, since time.Time) error {
	quiet, all := n.quiet()
	if (empty >= 2 || all) && n.comparing.TryLock() {
		defer n.comparing.Unlock()
		if all || time.Since(n.compared) >= min(quiet/8, time.Second) {
			err := n.compare(ctx, time.Since(n.offered) >= min(quiet/4, 10*time.Second))
			n.compared = time.Now()
			if err != nil {
				return err
			}
		}
	}
	pause := min(max(quiet/4, 100*time.Millisecond), time.Second) - time.Since(since)
	return sleep(ctx, pause)
}

// compare looks which units have a record. If all have one, nothing is left to do. It may offer
// those that have none, in case the queue forgot them, or the node that was to offer them ended.
func (n *puller) compare(ctx context.Context, offer bool) error {
	var records map[string]Record
	err := n.retry(ctx, "read the records", func(ctx context.Context) (err error) {
		records, err = n.queue.Records(ctx)
		return err
	})
	if err != nil {
		return err
	}
	var missing []string
	for _, id := range n.order {
		if _, ok := records[id]; !ok {
			missing = append(missing, id)
		}
	}
	if len(records) < n.most || len(missing) == 0 { // perhaps the server lost everything
		if err := n.keepPlan(ctx); err != nil {
			return err
		}
	}
	n.most = len(records)
	n.mu.Lock()
	clear(n.recorded)
	for id := range records {
		n.recorded[id] = true
	}
	n.mu.Unlock()
	if len(missing) == 0 {
		n.closed(errComplete)
	}
	if len(missing) == 0 || !offer {
		return nil
	}
	n.offered = time.Now()
	if more := len(missing) - n.portion; more > 0 {
		from := n.random.IntN(more + 1)
		missing = missing[from : from+n.portion]
	}
	return n.retry(ctx, "offer units again", func(ctx context.Context) error { return n.queue.Offer(ctx, missing) })
}

// portion is how many units are offered again at once. Nodes that are idle at the same time choose
// others by chance, so that they do not offer all of a large plan each.
const portion = 200

// watching is how often a node looks at the records while it is busy.
const watching = 15 * time.Second

// watch looks at the records now and then. So not all nodes read all of them at the end, when they
// become idle, and a plan that the server lost is stored again soon.
func (n *puller) watch(ctx context.Context) error {
	n.comparing.Lock()
	pause := watching/2 + time.Duration(n.random.Int64N(int64(watching)))
	n.comparing.Unlock()
	for sleep(ctx, pause) == nil {
		if n.comparing.TryLock() {
			err := n.compare(ctx, false)
			n.comparing.Unlock()
			if away := new(awayError); err != nil && !errors.As(err, &away) { // a busy node does not need the queue now
				return n.over(ctx, err)
			}
		}
	}
	return nil
}

// keepPlan stores the plan again if the server lost it.
func (n *puller) keepPlan(ctx context.Context) error {
	var stored Plan
	err := n.retry(ctx, "store the plan", func(ctx context.Context) (err error) {
		stored, err = n.queue.Plan(ctx, n.plan)
		return err
	})
	if err != nil {
		return err
	}
	same := slices.EqualFunc(stored.Units, n.order, func(unit plan.Part, id string) bool { return ID(unit) == id })
	if !same {
		return fmt.Errorf("the server lost the plan of this build, and %s made another one meanwhile; "+
			"start the build again with another --build", stored.Node)
	}
	return nil
}
