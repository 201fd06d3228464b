package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	mrand "math/rand/v2"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// Node is one CI node.
type Node struct {
	Name    string
	Workers int // how many units it runs at the same time
	// Run runs a unit and writes its result. An error means that the unit could not be run; tests
	// that fail are not an error. It ends soon after its context ends.
	Run func(ctx context.Context, worker int, unit plan.Part, result io.Writer) (Summary, error)
	// Say gets lines for the log.
	Say func(text string)
	// Most is how many nodes a unit may end, and how often it may fail to run, before it is given
	// up; 0 for 3.
	Most int
	// Patience is how long a queue that cannot be reached is tried again, 0 for 5 minutes.
	Patience time.Duration
	// Lease is how long a lease of the queue lasts, 0 for LeaseTime.
	Lease time.Duration

	chunk     int // how many bytes a chunk has, 0 for MostChunk
	following int // 0 for the constants of these names
	portion   int
}

// callTime limits each call of the queue.
const callTime = 30 * time.Second

// Pull runs units of the plan until each of them has a record, on this node or another. The node that
// made the plan also offers the units. If the context ends, units that run are returned, and the
// error is the context's.
//
//	take ─ has it a record? ─ has it ended too many nodes? ─ trace ─ run, chunks ─ record ─ acknowledge
//	nothing to take, twice ─ compare the plan with the records, offer what has none
func Pull(ctx context.Context, q Queue, p Plan, node Node) error {
	node.Most, node.Patience = cmp.Or(node.Most, 3), cmp.Or(node.Patience, 5*time.Minute)
	node.following, node.portion = cmp.Or(node.following, following), cmp.Or(node.portion, portion)
	node.Lease, node.chunk = cmp.Or(node.Lease, LeaseTime), cmp.Or(node.chunk, MostChunk)
	if node.Say == nil {
		node.Say = func(string) {}
	}
	group, running := errgroup.WithContext(ctx)
	open, closed := context.WithCancelCause(running)
	defer closed(nil)
	n := newPuller(q, p, node)
	n.group, n.closed = group, closed
	group.Go(func() error { return n.open(open, p.Node == node.Name) })
	group.Go(func() error { return n.watch(open) })
	for worker := range max(node.Workers, 1) {
		group.Go(func() error { return n.work(open, worker) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if errors.Is(context.Cause(open), errComplete) {
		return nil
	}
	return ctx.Err()
}

// errComplete ends the work of a node when each unit has a record.
var errComplete = errors.New("each unit has a record")

// puller is a node that pulls.
type puller struct {
	Node
	queue  Queue
	plan   Plan
	order  []string       // the IDs of the units in the order of the plan
	index  map[string]int // in order
	units  map[string]plan.Part
	token  string            // of this node, in the names of its attempts
	group  *errgroup.Group   // of all that it does
	closed func(cause error) // called with errComplete when each unit has a record

	comparing sync.Mutex // held by the worker that compares
	random    *mrand.Rand
	compared  time.Time // when that was last done
	offered   time.Time // when units were last offered by it
	most      int       // how many records were found

	mu       sync.Mutex
	recorded map[string]bool // the units whose record this node has seen
	built    map[string]bool // the packages that this node built, by import path
	usual    time.Duration   // how long units took lately
	failed   map[string]bool // the units that could not be run since one could
	rest     time.Time       // until when this node takes nothing
	taken    time.Time       // when a unit was last taken
	away     bool            // whether the queue could not be reached
}

func newPuller(q Queue, p Plan, node Node) *puller {
	seed := fnv.New64a() // of the name, so that nodes do not all do the same, and a test does it again
	_, _ = io.WriteString(seed, node.Name)
	n := &puller{
		Node: node, queue: q, plan: p, units: make(map[string]plan.Part, len(p.Units)), index: make(map[string]int, len(p.Units)),
		token: safe(node.Name) + "-" + rand.Text()[:8], random: mrand.New(mrand.NewPCG(seed.Sum64(), 0)), taken: time.Now(),
		recorded: map[string]bool{}, built: map[string]bool{}, failed: map[string]bool{},
	}
	for _, unit := range p.Units {
		id := ID(unit)
		n.index[id], n.units[id] = len(n.order), unit
		n.order = append(n.order, id)
	}
	return n
}

// open offers all units if this node made the plan. A build without units is done.
func (n *puller) open(ctx context.Context, made bool) error {
	if len(n.order) == 0 {
		n.closed(errComplete)
	}
	if !made || len(n.order) == 0 {
		return nil
	}
	return n.over(ctx, n.retry(ctx, "offer the units", func(ctx context.Context) error { return n.queue.Offer(ctx, n.order) }))
}

// work takes units until there is nothing left to do.
func (n *puller) work(ctx context.Context, worker int) error {
	empty := 0 // how often nothing was to be taken
	for sleep(ctx, n.resting()) == nil {
		since := time.Now()
		var lease Lease
		err := n.retry(ctx, "take a unit", func(ctx context.Context) (err error) {
			lease, err = n.queue.Take(ctx)
			return err
		})
		switch {
		case err == nil && (ctx.Err() != nil || n.resting() > 0):
			n.giveBack(ctx, lease)
		case err == nil:
			empty = 0
			n.took()
			err = n.handle(ctx, worker, n.prefer(ctx, lease))
			if _, all := n.quiet(); err == nil && all {
				err = n.idle(ctx, 0, since)
			}
		case errors.Is(err, ErrEmpty):
			empty++
			err = n.idle(ctx, empty, since)
		}
		if err != nil {
			return n.over(ctx, err)
		}
	}
	return nil
}

// over returns the error of a worker, nil if the context ended: because there is nothing left to
// do, or because Pull reports why.
func (n *puller) over(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// handle does with a unit what is to be done.
func (n *puller) handle(ctx context.Context, worker int, lease Lease) error {
	id := lease.Unit()
	unit, ok := n.units[id]
	if !ok {
		n.Say(fmt.Sprintf("unit %s is not in the plan of this build, and is left out", id))
		n.acknowledge(ctx, lease)
		return nil
	}
	mine := Record{Unit: id, Attempt: n.token + "-" + rand.Text()[:8], Node: n.Name, Status: Ran}
	held := n.hold(ctx, lease, mine)
	record, err := n.attempt(ctx, worker, mine, unit, lease)
	held()
	if err == nil && record.Unit != "" {
		n.note(id)
		n.acknowledge(ctx, lease)
		return nil
	}
	lost := errors.Is(err, ErrLost) // another node has the unit
	if lost || ctx.Err() != nil {
		n.lives(ctx, mine)
	}
	if failure := new(runError); errors.As(err, &failure) {
		err = n.broken(id, failure)
	}
	n.giveBack(ctx, lease)
	if lost {
		return nil
	}
	return err
}

// attempt returns the record of a unit, after running it if it has none. It returns none if it
// must be run again.
func (n *puller) attempt(ctx context.Context, worker int, mine Record, unit plan.Part, lease Lease) (record Record, err error) {
	result := &chunks{n: n, ctx: ctx, unit: mine.Unit, attempt: mine.Attempt}
	done := false
	var both errgroup.Group // at the same time: each call may take long on its way
	both.Go(func() (err error) { record, done, err = n.done(ctx, mine.Unit); return err })
	both.Go(result.trace)
	if err := both.Wait(); err != nil || done {
		return record, err
	}
	if lease.Deliveries() > 1 {
		record, err := n.giveUp(ctx, mine, lease)
		if err != nil || record.Unit != "" {
			return record, err
		}
	}
	mine.Summary, err = n.run(ctx, worker, unit, result)
	switch {
	case ctx.Err() != nil:
		return Record{}, ctx.Err()
	case result.err != nil:
		return Record{}, result.err
	case err != nil:
		return n.unrun(ctx, mine, err)
	}
	if err := result.flush(); err != nil {
		return Record{}, err
	}
	n.mu.Lock()
	clear(n.failed)
	n.mu.Unlock()
	mine.Chunks = result.number
	return n.finish(ctx, mine)
}

// done returns the record of a unit, and false if it has none.
func (n *puller) done(ctx context.Context, id string) (record Record, done bool, err error) {
	err = n.retry(ctx, "look for the record of a unit", func(ctx context.Context) (err error) {
		record, done, err = n.queue.Done(ctx, id)
		return err
	})
	return record, done, err
}

// finish stores a record and returns the one that counts, which may be another node's. It returns
// none if the server lost the result meanwhile: then the unit must be run again.
func (n *puller) finish(ctx context.Context, mine Record) (first Record, err error) {
	err = n.retry(ctx, "store the record of a unit", func(ctx context.Context) (err error) {
		if mine.Status == Ran {
			if _, err = n.queue.Read(ctx, mine.Unit, mine.Attempt, 0); err != nil {
				return err
			}
		}
		first, err = n.queue.Finish(ctx, mine)
		return err
	})
	switch {
	case errors.Is(err, ErrMissing):
		n.Say(fmt.Sprintf("the server lost the result of unit %s, which is run again", mine.Unit))
		return Record{}, nil
	case err != nil:
		return Record{}, err
	case first.Attempt != mine.Attempt:
		n.Say(fmt.Sprintf("unit %s also ran on %s, whose result counts", mine.Unit, first.Node))
	case mine.Status == Lost:
		n.Say(fmt.Sprintf("unit %s is given up: %s", mine.Unit, mine.Reason))
	}
	return first, nil
}

// safe returns a name that may be part of a subject or a file name.
func safe(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	return name[:min(len(name), 40)]
}
