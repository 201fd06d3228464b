package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// planOf returns a plan of n units with one test each.
func planOf(n int) Plan {
	p := Plan{Node: "first"}
	for i := range n {
		p.Units = append(p.Units, plan.Part{Packages: []plan.PartPackage{{Name: fmt.Sprintf("m/p%d", i%3), Tests: []string{fmt.Sprintf("Test%d", i)}}}})
	}
	return p
}

// world is a queue with nodes that note what they do.
type world struct {
	queue *Memory
	plan  Plan
	mu    sync.Mutex
	ran   []string // node: test
	said  []string
}

// node returns a node of which each unit takes a second.
func (w *world) node(name string) Node {
	return Node{
		Name: name, Workers: 2,
		Run: func(ctx context.Context, _ int, unit plan.Part, result io.Writer) (Summary, error) {
			w.mu.Lock()
			w.ran = append(w.ran, name+": "+unit.Packages[0].Tests[0])
			w.mu.Unlock()
			if err := sleep(ctx, time.Second); err != nil {
				return Summary{}, err
			}
			_, err := fmt.Fprintf(result, "result of %s on %s", unit.Packages[0].Tests[0], name)
			return Summary{Tests: 1}, err
		},
		Say: func(text string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.said = append(w.said, name+": "+text)
		},
	}
}

// result returns the result of a unit that counts.
func (w *world) result(t *testing.T, unit plan.Part) (Record, string) {
	t.Helper()
	q := w.queue.Node()
	record, done, err := q.Done(t.Context(), ID(unit))
	if err != nil || !done {
		t.Fatalf("unit %v has no record: %v", unit, err)
	}
	var result strings.Builder
	for i := range record.Chunks {
		chunk, err := q.Read(t.Context(), record.Unit, record.Attempt, i)
		check(t, err)
		result.Write(chunk)
	}
	return record, result.String()
}

func TestNodesShareTheUnits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{queue: NewMemory(), plan: planOf(10)}
		from := time.Now()
		var group sync.WaitGroup
		for _, name := range []string{"first", "second"} {
			group.Go(func() { check(t, Pull(t.Context(), w.queue.Node(), w.plan, w.node(name))) })
		}
		group.Wait()
		if took := time.Since(from); took > 5*time.Second {
			t.Errorf("10 units of a second on 4 workers took %v", took)
		}
		if len(w.ran) != 10 {
			t.Errorf("ran %v", w.ran)
		}
		for i, unit := range w.plan.Units {
			if r, text := w.result(t, unit); text != fmt.Sprintf("result of Test%d on %s", i, r.Node) || r.Summary.Tests != 1 || r.Status != Ran {
				t.Errorf("%+v: %s", r, text)
			}
		}
		// One that comes when all is done leaves at once.
		from = time.Now()
		check(t, Pull(t.Context(), w.queue.Node(), w.plan, w.node("late")))
		if took := time.Since(from); len(w.ran) != 10 || took > 3*time.Second {
			t.Errorf("a late node ran %v in %v", w.ran[10:], took)
		}
	})
}

// A queue may deliver a unit again that has a record. It does not run again.
func TestAUnitWithARecordDoesNotRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{queue: NewMemory(), plan: planOf(6)}
		q := w.queue.Node()
		check(t, q.Offer(t.Context(), []string{ID(w.plan.Units[0])}))
		lease, err := q.Take(t.Context())
		check(t, err)
		_, err = q.Finish(t.Context(), Record{Unit: lease.Unit(), Attempt: "earlier", Node: "earlier", Status: Ran})
		check(t, err)
		check(t, lease.Return(t.Context())) // as if it was not acknowledged
		check(t, Pull(t.Context(), w.queue.Node(), w.plan, w.node("first")))
		if len(w.ran) != 5 || slices.Contains(w.ran, "first: Test0") {
			t.Errorf("ran %v", w.ran)
		}
	})
}

func TestAStoppedNodeReturnsItsUnits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{queue: NewMemory(), plan: planOf(2)}
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second/2, stop)
		if err := Pull(ctx, w.queue.Node(), w.plan, w.node("first")); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		from := time.Now()
		check(t, Pull(t.Context(), w.queue.Node(), w.plan, w.node("second")))
		if took := time.Since(from); took > 2*time.Second {
			t.Errorf("units that were returned took %v", took)
		}
		want := []string{"first: Test0", "first: Test1", "second: Test0", "second: Test1"}
		if slices.Sort(w.ran); !slices.Equal(w.ran, want) {
			t.Errorf("ran %v", w.ran)
		}
	})
}

// Nodes that are stopped, as of a cloud that takes machines away, are no sign against a unit.
func TestAUnitThatWasReturnedOftenIsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{queue: NewMemory(), plan: planOf(1)}
		for i := range 5 {
			ctx, stop := context.WithCancel(t.Context())
			time.AfterFunc(time.Second/2, stop)
			if err := Pull(ctx, w.queue.Node(), w.plan, w.node([]string{"first", "second", "third", "fourth", "fifth"}[i])); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		check(t, Pull(t.Context(), w.queue.Node(), w.plan, w.node("last")))
		if r, _ := w.result(t, w.plan.Units[0]); r.Status != Ran {
			t.Errorf("%+v", r)
		}
	})
}

// A unit that ends each node is given up after three of them.
func TestAUnitThatEndsItsNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{queue: NewMemory(), plan: planOf(3)}
		s := &server{Memory: w.queue, began: time.Now()}
		for _, name := range []string{"first", "second", "third"} {
			c := newClient(s, name)
			ctx, cancel := context.WithCancel(t.Context())
			node := w.node(name)
			run := node.Run
			node.Run = func(ctx context.Context, worker int, unit plan.Part, result io.Writer) (Summary, error) {
				if unit.Packages[0].Tests[0] == "Test1" {
					c.dead.Store(true)
					cancel()
				}
				return run(ctx, worker, unit, result)
			}
			if err := Pull(ctx, c, w.plan, node); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			time.Sleep(LeaseTime)
		}
		check(t, Pull(t.Context(), w.queue.Node(), w.plan, w.node("last")))
		r, _ := w.result(t, w.plan.Units[1])
		if r.Status != Lost || r.Node != "last" || !slices.Equal(r.Nodes, []string{"first", "second", "third"}) ||
			r.Reason != "3 nodes started it, and none of them reported a result" {
			t.Errorf("%+v", r)
		}
		if r, _ := w.result(t, w.plan.Units[2]); r.Status != Ran {
			t.Errorf("%+v", r)
		}
	})
}

// A unit that could not be run is left to other nodes, and given up after three attempts.
func TestAUnitThatCannotBeRun(t *testing.T) {
	for _, names := range [][]string{{"first"}, {"first", "second"}} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{queue: NewMemory(), plan: planOf(6)}
			var group sync.WaitGroup
			for _, name := range names {
				node := w.node(name)
				run := node.Run
				node.Run = func(ctx context.Context, worker int, unit plan.Part, result io.Writer) (Summary, error) {
					if unit.Packages[0].Tests[0] == "Test1" {
						return Summary{}, errors.New("no space left")
					}
					return run(ctx, worker, unit, result)
				}
				group.Go(func() { check(t, Pull(t.Context(), w.queue.Node(), w.plan, node)) })
			}
			group.Wait()
			r, _ := w.result(t, w.plan.Units[1])
			if r.Status != Lost || r.Reason != "it could not be run in 3 attempts: no space left" || r.Chunks != 0 {
				t.Errorf("%+v", r)
			}
			if !slices.Contains(r.Nodes, names[len(names)-1]) || len(r.Nodes) != len(names) {
				t.Errorf("nodes %v", r.Nodes)
			}
			if r, _ := w.result(t, w.plan.Units[2]); r.Status != Ran {
				t.Errorf("%+v", r)
			}
		})
	}
}

// A node that can run nothing leaves, and takes no unit from the others.
func TestABrokenNodeLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{queue: NewMemory(), plan: planOf(100)}
		var group sync.WaitGroup
		for _, name := range []string{"first", "second"} {
			group.Go(func() { check(t, Pull(t.Context(), w.queue.Node(), w.plan, w.node(name))) })
		}
		node := w.node("broken")
		node.Run = func(context.Context, int, plan.Part, io.Writer) (Summary, error) {
			return Summary{}, errors.New("no space left")
		}
		err := Pull(t.Context(), w.queue.Node(), w.plan, node)
		if err == nil || !strings.HasSuffix(err.Error(), " units in a row could not be run on this node, which leaves the others to other nodes: no space left") {
			t.Errorf("%v; %q", err, w.said)
		}
		group.Wait()
		for _, unit := range w.plan.Units {
			if r, _ := w.result(t, unit); r.Status != Ran {
				t.Errorf("%+v", r)
			}
		}
	})
}

// Each of two nodes keeps to the packages that it has built, as long as there are many units.
func TestANodePrefersWhatItHasBuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{queue: NewMemory(), plan: planOf(90)}
		from := time.Now()
		var group sync.WaitGroup
		built, again, builds := map[string]bool{}, 0, 0 // of the units that are not the last ones
		for _, name := range []string{"first", "second", "third"} {
			node := w.node(name)
			node.Workers = 1
			node.Run = func(ctx context.Context, _ int, unit plan.Part, _ io.Writer) (Summary, error) {
				w.mu.Lock()
				if w.ran = append(w.ran, name); len(w.ran) < 90-following {
					if pair := name + unit.Packages[0].Name; built[pair] {
						again++
					} else {
						built[pair] = true
						builds++
					}
				}
				w.mu.Unlock()
				return Summary{}, sleep(ctx, 10*time.Second)
			}
			group.Go(func() { check(t, Pull(t.Context(), w.queue.Node(), w.plan, node)) })
		}
		group.Wait()
		if builds > 7 || again < 50 { // 9 if nodes take what comes, and 3 if no two of them look at the same time
			t.Errorf("%d builds of 3 packages on 3 nodes", builds)
		}
		if took := time.Since(from); took > 302*time.Second {
			t.Errorf("90 units of 10 s on 3 workers took %v", took)
		}
	})
}

// A node that is busy does not need the server, and one that is idle gives up.
func TestAServerThatIsAwayForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for workers := 1; workers <= 2; workers++ {
			w := &world{queue: NewMemory(), plan: planOf(1)}
			s := &server{Memory: w.queue, began: time.Now(), down: []span{{time.Second, 8 * time.Minute}}}
			node := w.node("first")
			node.Workers = workers
			node.Run = func(ctx context.Context, _ int, _ plan.Part, _ io.Writer) (Summary, error) {
				return Summary{}, sleep(ctx, 10*time.Minute)
			}
			err := Pull(t.Context(), newClient(s, "first"), w.plan, node)
			if idle := workers == 2; idle != errors.Is(err, errUnreachable) || !idle && err != nil {
				t.Errorf("%d workers: %v", workers, err)
			}
		}
	})
}

// refusing is a queue that does not let a node store results.
type refusing struct{ Queue }

func (refusing) Write(context.Context, string, string, int, []byte) error {
	return fmt.Errorf("the token is not of this build: %w", ErrRefused)
}

func TestANodeThatIsRefusedLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{queue: NewMemory(), plan: planOf(3)}
		from := time.Now()
		err := Pull(t.Context(), refusing{w.queue.Node()}, w.plan, w.node("first"))
		if !errors.Is(err, ErrRefused) || time.Since(from) > time.Second {
			t.Errorf("after %v: %v", time.Since(from), err)
		}
		check(t, Pull(t.Context(), w.queue.Node(), w.plan, w.node("second")))
	})
}

func TestABuildWithoutUnits(t *testing.T) {
	w := &world{queue: NewMemory()}
	check(t, Pull(t.Context(), w.queue.Node(), Plan{Node: "first"}, w.node("first")))
}

func TestDiffers(t *testing.T) {
	p := Plan{Node: "node-3", Facts: []Fact{{"commit", "1234"}, {"arguments of go test", ""}}}
	if err := p.Differs([]Fact{{"arguments of go test", ""}, {"commit", "1234"}}); err != nil {
		t.Error(err)
	}
	err := p.Differs([]Fact{{"commit", "1234"}, {"arguments of go test", "-race"}, {"GOFLAGS", "-tags=x"}})
	want := `this node would not run what node-3 planned for this build (arguments of go test: "-race" here, and none on node-3; ` +
		`GOFLAGS: "-tags=x" here, and none on node-3); give all nodes of a build the same sources and flags, or this one another --build`
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}
