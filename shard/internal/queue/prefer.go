package queue

import (
	"context"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

const (
	// nearby is how many units a node looks at for one whose packages it has built. In a simulation
	// with 200 packages on 20 nodes, 8 save a quarter of the builds, 16 two fifths and as many
	// calls of the queue.
	nearby = 8
	// following is how many units must follow one in the plan before a node looks at more: near the
	// end there may be none, and each must start at once.
	following = 4 * nearby
	// worthLooking is how long units must take.
	worthLooking = time.Second
	// lookShare is which part of the time of a unit looking may take, and lookTime is the longest.
	lookShare = 50
	lookTime  = 200 * time.Millisecond
)

// prefer returns a lease of a unit whose packages this node has built, if one that is not much
// shorter comes soon after the first. What it does not choose, it returns at once.
func (n *puller) prefer(ctx context.Context, first Lease) Lease {
	unit, known := n.units[first.Unit()]
	looking := n.looking()
	if !known || looking == 0 || len(n.order)-n.index[first.Unit()] <= n.following || n.hasBuilt(unit) {
		return first
	}
	look, cancel := context.WithTimeout(ctx, looking)
	defer cancel()
	held, chosen := []Lease{first}, first
	for len(held) < nearby && chosen == first {
		lease, err := n.queue.Take(look)
		if err != nil {
			break
		}
		held = append(held, lease)
		if other, known := n.units[lease.Unit()]; known && 2*weight(other) >= weight(unit) && n.hasBuilt(other) {
			chosen = lease
		}
	}
	for _, lease := range held {
		if lease != chosen {
			n.group.Go(func() error { n.giveBack(ctx, lease); return nil })
		}
	}
	return chosen
}

// looking returns how long to look for another unit, 0 if that is not worth it.
func (n *puller) looking() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.usual < worthLooking {
		return 0
	}
	return min(n.usual/lookShare, lookTime)
}

// hasBuilt reports whether this node has built all packages of a unit, or builds them.
func (n *puller) hasBuilt(unit plan.Part) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, pkg := range unit.Packages {
		if !n.built[pkg.Name] {
			return false
		}
	}
	return true
}

// run runs a unit, and notes the packages that this node builds and how long units take.
func (n *puller) run(ctx context.Context, worker int, unit plan.Part, result *chunks) (Summary, error) {
	n.mu.Lock()
	for _, pkg := range unit.Packages {
		n.built[pkg.Name] = true
	}
	n.mu.Unlock()
	from := time.Now()
	summary, err := n.Run(ctx, worker, unit, result)
	n.mu.Lock()
	n.usual = (3*n.usual + time.Since(from)) / 4
	n.mu.Unlock()
	return summary, err
}

// weight is how long a unit takes, or without a history how many tests it has.
func weight(unit plan.Part) (weight int) {
	for _, pkg := range unit.Packages {
		weight += len(pkg.Tests)
	}
	if unit.Expected > 0 {
		return int(unit.Expected)
	}
	return weight
}
