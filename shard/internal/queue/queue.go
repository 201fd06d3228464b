// Package queue distributes the units of a build over the CI nodes that pull them.
//
//	plan (the first node makes it) ─ units offered ─ take ─ run ─ events ─ record ─ acknowledge
//
// The plan and the records of what is done are the truth; a queue only dispatches. A node that
// loses its lease, a server that forgets, a unit that is delivered twice: each costs time, and the
// first record of a unit counts. So no fault of a queue can lose or double a result.
package queue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// MostUnits is how many units a plan has at most. Each is a part of the run that is merged.
const MostUnits = 10_000

// MostChunk is how many bytes a chunk of events has at most.
const MostChunk = 512 << 10

// Errors of queues.
var (
	// ErrEmpty means that no unit waits to be taken now. Nodes may still run some.
	ErrEmpty = errors.New("no unit is waiting")
	// ErrLost means that a lease is not held any more: its time is over, or the queue forgot it.
	ErrLost = errors.New("the lease is lost")
	// ErrMissing means that the queue was reached, and that it does not have a chunk.
	ErrMissing = errors.New("the chunk is not stored")
	// ErrRefused means that the queue was reached and does not let this node do what it asked for,
	// such as with a wrong token, so that it is of no use to try again.
	ErrRefused = errors.New("the server of the queue refuses this node")
)

// Plan is all the work of a build.
type Plan struct {
	// Node is the name of the node that made it.
	Node string `json:"node"`
	// Facts are what all nodes must have in common, such as the commit, the arguments and the
	// digest of the tests.
	Facts []Fact `json:"facts"`
	// Units are in the order in which they are offered, the longest first. All tests of the run are
	// in them, each in one.
	Units []plan.Part `json:"units"`
}

// Fact is something that all nodes of a build must have in common.
type Fact struct {
	Name  string `json:"name"` // for messages, such as "arguments of go test"
	Value string `json:"value"`
}

// ID identifies a unit on every node: 16 hexadecimal digits of the SHA-256 of its packages and
// tests. It is safe in subjects, file names and URLs.
func ID(unit plan.Part) string {
	text, err := json.Marshal(unit.Packages)
	if err != nil {
		panic(err) // everything in it can be marshaled
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Status is how a unit ended.
type Status string

// The statuses.
const (
	Ran  Status = "ran"  // its tests ran; whether they passed is in the summary
	Lost Status = "lost" // it was given up, because it ended each node that ran it, or could not be run on any
)

// Record says what became of a unit. The first one of a unit counts.
type Record struct {
	Unit    string   `json:"unit"`    // its ID
	Attempt string   `json:"attempt"` // of which the chunks are the result, see Queue.Write
	Node    string   `json:"node"`
	Status  Status   `json:"status"`
	Nodes   []string `json:"nodes"`  // of a lost unit, those that took it, as far as known
	Reason  string   `json:"reason"` // of a lost unit, why it was given up
	Chunks  int      `json:"chunks"`
	Summary Summary  `json:"summary"`
}

// Summary is what running a unit came to.
type Summary struct {
	ExitCode int           `json:"exit_code"`
	Tests    int           `json:"tests"`
	Failed   int           `json:"failed"`
	Wall     time.Duration `json:"wall_ns"`
}

// Queue is the queue of one build, as one node sees it. Several goroutines may call its methods.
// Each call ends with its context. An error of a queue that cannot be reached is returned after
// attempts to reach it for a while; nothing that was confirmed is lost by it.
type Queue interface {
	// Plan stores the plan if the build has none, and returns the plan of the build.
	Plan(ctx context.Context, mine Plan) (Plan, error)
	// Stored returns the plan of the build, and false if it has none.
	Stored(ctx context.Context) (Plan, bool, error)
	// Offer makes units available to nodes, in that order. Units that wait or are leased stay as
	// they are, so it may be repeated. What the queue needs is made again if a server lost it.
	Offer(ctx context.Context, units []string) error
	// Take leases the unit that has waited longest, or ErrEmpty if none waits. It may wait for
	// one for up to a second before that.
	Take(ctx context.Context) (Lease, error)
	// Write stores chunk n, from 0, of the result of an attempt at a unit, which may have at most
	// MostChunk bytes. The first chunk is empty and is written before the unit runs, so that a node
	// that is killed leaves a trace. After an error the same chunk is written again, so it may be
	// stored already.
	Write(ctx context.Context, unit, attempt string, n int, chunk []byte) error
	// Read returns chunk n of an attempt at a unit, or ErrMissing.
	Read(ctx context.Context, unit, attempt string, n int) ([]byte, error)
	// Attempts returns the attempts at a unit that have their first chunk. One whose first chunk the
	// server lost does not count, whatever its node still writes.
	Attempts(ctx context.Context, unit string) ([]string, error)
	// Finish stores the record of a unit if it has none, and returns the record that counts.
	Finish(ctx context.Context, record Record) (Record, error)
	// Done returns the record of a unit, and false if it has none.
	Done(ctx context.Context, unit string) (Record, bool, error)
	// Records returns the records so far, by unit. An idle node calls it every few seconds.
	Records(ctx context.Context) (map[string]Record, error)
	// Close returns all leases and leaves the queue.
	Close() error
}

// Lease is the right to run a unit, until its time is over (LeaseTime after it was taken or
// renewed). Then another node may get the unit.
type Lease interface {
	Unit() string
	// Deliveries is how often the unit was delivered, with this time, as far as the queue knows.
	Deliveries() int
	// Renew is called every third of LeaseTime while the unit runs.
	Renew(ctx context.Context) error
	// Ack removes the unit from the queue, after it has a record. An error does not matter: the
	// unit is delivered again, and the record is found.
	Ack(ctx context.Context) error
	// Return gives the unit to another node at once.
	Return(ctx context.Context) error
}

// LeaseTime is how long a lease lasts without being renewed.
const LeaseTime = 30 * time.Second
