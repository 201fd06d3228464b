//go:build unix && !noqueueserver

package queueserver

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

var (
	fleetNodes = flag.Int("fleet", 20, "how many nodes TestFleet has")
	fleetUnits = flag.Int("fleet-units", 200, "how many units they run")
	fleetTime  = flag.Duration("fleet-time", 25*time.Millisecond, "how long a unit takes on average, from 0.4 to 1.6 of it")
)

// Many nodes take units that are soon done. docs/benchmarks.md has what it prints.
func TestFleet(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 0)
	nodes := make([]*jetstream.Queue, *fleetNodes)
	for i := range nodes {
		nodes[i] = closing(t, open(t, jetstream.Config{URL: p.url, Build: "1", Token: secret, Wait: 200 * time.Millisecond}))
	}
	for first := 0; first < *fleetUnits; first += queue.MostUnits {
		var units []string
		for i := first; i < min(first+queue.MostUnits, *fleetUnits); i++ {
			units = append(units, fmt.Sprintf("%016x", i))
		}
		check(t, nodes[0].Offer(t.Context(), units))
	}
	start := time.Now()
	var group sync.WaitGroup
	var work atomic.Int64 // of all units together
	for i, q := range nodes {
		group.Go(func() {
			if err := takeAll(t, q, fmt.Sprint("node ", i), &work); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	records, err := nodes[0].Records(t.Context())
	if check(t, err); len(records) != *fleetUnits {
		t.Errorf("%d records of %d", len(records), *fleetUnits)
	}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid)) // other systems have none
	bound := time.Duration(work.Load()) / time.Duration(*fleetNodes)
	t.Logf("%d nodes, %d units: %.0f units/s, %.2f of the least time that their work takes; the server's memory: %s",
		*fleetNodes, *fleetUnits, float64(*fleetUnits)/took.Seconds(), took.Seconds()/bound.Seconds(),
		regexp.MustCompile(`VmHWM.*`).Find(status))
}

// takeAll runs units until none waits, and adds how long they take to work.
func takeAll(t *testing.T, q queue.Queue, attempt string, work *atomic.Int64) error {
	for {
		lease, err := q.Take(t.Context())
		if errors.Is(err, queue.ErrEmpty) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := q.Write(t.Context(), lease.Unit(), attempt, 0, nil); err != nil {
			return err
		}
		tests := time.Duration((0.4 + 1.2*rand.Float64()) * float64(*fleetTime))
		work.Add(int64(tests))
		time.Sleep(tests)
		if err := q.Write(t.Context(), lease.Unit(), attempt, 1, []byte("what they print\n")); err != nil {
			return err
		}
		if _, err := q.Finish(t.Context(), queue.Record{Unit: lease.Unit(), Attempt: attempt, Node: attempt, Chunks: 2}); err != nil {
			return err
		}
		_ = lease.Ack(t.Context()) // the record counts
	}
}
