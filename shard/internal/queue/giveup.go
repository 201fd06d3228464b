package queue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// giveUp returns a record for a unit that ended too many nodes, and none for others. It waits before
// that, so that a node that lives although it lost its lease can say so, and it must still have the
// lease then: no other node runs the unit with one.
func (n *puller) giveUp(ctx context.Context, mine Record, lease Lease) (Record, error) {
	names, err := n.ended(ctx, mine.Unit)
	if err != nil || len(names) < n.Most {
		return Record{}, err
	}
	if err := sleep(ctx, n.Lease/2); err != nil {
		return Record{}, err
	}
	if names, err = n.ended(ctx, mine.Unit); err != nil || len(names) < n.Most {
		return Record{}, err
	}
	err = n.retry(ctx, "renew a lease", lease.Renew)
	if err != nil {
		return Record{}, err
	}
	mine.Status, mine.Nodes = Lost, names
	mine.Reason = fmt.Sprintf("%d nodes started it, and none of them reported a result", len(mine.Nodes))
	return n.finish(ctx, mine)
}

// ended returns the names of the other nodes that tried to run a unit, which has no record.
func (n *puller) ended(ctx context.Context, id string) (names []string, err error) {
	attempts, err := n.attempts(ctx, id)
	seen := map[string]bool{n.token: true}
	for _, attempt := range attempts {
		node := cutLast(attempt)
		if !seen[node] {
			seen[node] = true
			names = append(names, cutLast(node))
		}
	}
	slices.Sort(names)
	return names, err
}

// alive follows the name of an attempt in the name of another one, which says that the unit did not
// end its node: the node was stopped, or lost its lease.
const alive = "_alive"

// attempts returns the attempts at a unit, without those that are known not to have ended their
// nodes.
func (n *puller) attempts(ctx context.Context, id string) (attempts []string, err error) {
	err = n.retry(ctx, "look for attempts at a unit", func(ctx context.Context) (err error) {
		attempts, err = n.queue.Attempts(ctx, id)
		return err
	})
	all := slices.Clone(attempts)
	attempts = slices.DeleteFunc(attempts, func(attempt string) bool {
		return strings.HasSuffix(attempt, alive) || slices.Contains(all, attempt+alive)
	})
	return attempts, err
}

// cutLast returns a name without what follows its last hyphen.
func cutLast(name string) string { return name[:max(strings.LastIndexByte(name, '-'), 0)] }

// lives notes that a unit did not end this node. Without that, it would seem so, because the unit is
// delivered again and has no record.
func (n *puller) lives(ctx context.Context, mine Record) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastCall)
	defer cancel()
	for n.queue.Write(ctx, mine.Unit, mine.Attempt+alive, 0, nil) != nil && sleep(ctx, lastCall/10) == nil {
	}
}

// mostBroken is how many units in a row a node fails to run before it leaves. It is more for a node
// of many workers, which take several at once.
const mostBroken = 3

// otherNodes is how long a node takes nothing after it could not run a unit, so that another one
// gets it.
const otherNodes = 5 * time.Second

// runError means that a unit could not be run, which is not a failure of its tests.
type runError struct{ error }

func (e *runError) Unwrap() error { return e.error }

// unrun decides what becomes of a unit that could not be run: its record if it could not be run
// too often, or a runError.
func (n *puller) unrun(ctx context.Context, mine Record, cause error) (Record, error) {
	attempts, err := n.attempts(ctx, mine.Unit)
	switch {
	case err != nil:
		return Record{}, err
	case len(attempts) < n.Most:
		return Record{}, &runError{cause}
	}
	var names []string
	for _, attempt := range attempts {
		names = append(names, cutLast(cutLast(attempt)))
	}
	n.mu.Lock()
	delete(n.failed, mine.Unit)
	n.mu.Unlock()
	slices.Sort(names)
	mine.Status, mine.Nodes = Lost, slices.Compact(names)
	mine.Reason = fmt.Sprintf("it could not be run in %d attempts: %v", len(attempts), cause)
	return n.finish(ctx, mine)
}

// broken notes that a unit could not be run on this node. If none can, the fault is the node's.
func (n *puller) broken(id string, cause *runError) error {
	n.mu.Lock()
	n.failed[id] = true
	n.rest = time.Now().Add(otherNodes)
	failed := len(n.failed)
	n.mu.Unlock()
	if failed >= max(mostBroken, n.Workers+1) {
		return fmt.Errorf("%d units in a row could not be run on this node, which leaves the others to other nodes: %w", failed, cause.error)
	}
	n.Say(fmt.Sprintf("unit %s could not be run, and is left to other nodes for now: %v", id, cause))
	return nil
}

// resting returns for how long this node takes nothing.
func (n *puller) resting() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Until(n.rest)
}
