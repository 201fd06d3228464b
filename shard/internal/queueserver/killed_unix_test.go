//go:build unix && !noqueueserver

package queueserver

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// stages are the calls of a queue by a node, in their order, and what it does between them.
var stages = []string{"plan", "offer", "take", "done", "trace", "run", "renew", "write", "read", "finish", "ack"}

// A node that made the plan is killed before and after each call of the queue, and between the
// offers of two units. Another node does the rest.
func TestNodeKilledAtEachStage(t *testing.T) {
	t.Parallel()
	s := testServer(t, nil)
	for _, stage := range stages {
		for _, when := range []string{"before", "after"} {
			t.Run(when+" "+stage, func(t *testing.T) {
				t.Parallel()
				name := when + " " + stage
				killed := exec.Command(os.Args[0], "node", s.URL(), name)
				output, err := killed.CombinedOutput()
				if state, ok := killed.ProcessState.Sys().(syscall.WaitStatus); !ok || state.Signal() != syscall.SIGKILL {
					t.Fatalf("the node was not killed: %v\n%s", err, output)
				}
				q := closing(t, open(t, quick(s.URL(), name, secret)))
				mine, units := build("second", 3)
				stored, err := q.Plan(t.Context(), mine)
				check(t, err)
				check(t, queue.Pull(t.Context(), q, stored, testNode("second", func(_ context.Context, write func() error) error { return write() })))
				records, err := q.Records(t.Context())
				if check(t, err); len(records) != len(units) {
					t.Errorf("%d records of %d", len(records), len(units))
				}
				for _, unit := range units {
					r := records[unit]
					chunk, err := q.Read(t.Context(), unit, r.Attempt, 1)
					if err != nil || string(chunk) != unit || r.Chunks != 2 || r.Status != queue.Ran {
						t.Errorf("unit %s: the result is %q, %v; the record is %+v", unit, chunk, err, r)
					}
				}
			})
		}
	}
}

// nodeForTest is a node that is killed at a stage, which is also the name of the build.
func nodeForTest(url, stage string) error {
	q, err := jetstream.Open(context.Background(), quick(url, stage, secret))
	if err != nil {
		return err
	}
	m := mortal{Queue: q, stage: stage}
	mine, _ := build("first", 3)
	stored, err := m.Plan(context.Background(), mine)
	if err != nil {
		return err
	}
	if err := queue.Pull(context.Background(), m, stored, testNode("first", m.run)); err != nil {
		return err
	}
	return errors.New("it was not killed")
}

// testNode returns a node whose units have their ID as their result, which run writes.
func testNode(name string, run func(ctx context.Context, write func() error) error) queue.Node {
	return queue.Node{
		Name: name, Lease: quick("", "", "").LeaseTime,
		Run: func(ctx context.Context, _ int, unit plan.Part, result io.Writer) (queue.Summary, error) {
			return queue.Summary{Tests: 1}, run(ctx, func() error { _, err := io.WriteString(result, queue.ID(unit)); return err })
		},
	}
}

// mortal is a queue whose node is killed at a stage.
type mortal struct {
	queue.Queue
	stage string
}

func (m mortal) at(stage string, do func() error) error {
	kill := func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }
	if m.stage == "before "+stage {
		kill()
	}
	err := do()
	if m.stage == "after "+stage {
		kill()
	}
	return err
}

// run does not end before the lease is renewed, if that is the stage.
func (m mortal) run(ctx context.Context, write func() error) error {
	if strings.HasSuffix(m.stage, " renew") {
		<-ctx.Done()
	}
	return m.at("run", write)
}

func (m mortal) Plan(ctx context.Context, mine queue.Plan) (p queue.Plan, err error) {
	err = m.at("plan", func() error { p, err = m.Queue.Plan(ctx, mine); return err })
	return p, err
}

func (m mortal) Offer(ctx context.Context, units []string) error {
	return errors.Join(m.Queue.Offer(ctx, units[:1]), m.at("offer", func() error { return m.Queue.Offer(ctx, units) }))
}

func (m mortal) Take(ctx context.Context) (l queue.Lease, err error) {
	err = m.at("take", func() error { l, err = m.Queue.Take(ctx); return err })
	if err != nil {
		return nil, err
	}
	return mortalLease{l, m}, nil
}

func (m mortal) Done(ctx context.Context, unit string) (r queue.Record, ok bool, err error) {
	err = m.at("done", func() error { r, ok, err = m.Queue.Done(ctx, unit); return err })
	return r, ok, err
}

func (m mortal) Write(ctx context.Context, unit, attempt string, n int, chunk []byte) error {
	stage := "write"
	if n == 0 {
		stage = "trace"
	}
	return m.at(stage, func() error { return m.Queue.Write(ctx, unit, attempt, n, chunk) })
}

func (m mortal) Read(ctx context.Context, unit, attempt string, n int) (chunk []byte, err error) {
	err = m.at("read", func() error { chunk, err = m.Queue.Read(ctx, unit, attempt, n); return err })
	return chunk, err
}

func (m mortal) Finish(ctx context.Context, record queue.Record) (first queue.Record, err error) {
	err = m.at("finish", func() error { first, err = m.Queue.Finish(ctx, record); return err })
	return first, err
}

type mortalLease struct {
	queue.Lease
	mortal
}

func (l mortalLease) Renew(ctx context.Context) error {
	return l.at("renew", func() error { return l.Lease.Renew(ctx) })
}

func (l mortalLease) Ack(ctx context.Context) error {
	return l.at("ack", func() error { return l.Lease.Ack(ctx) })
}
