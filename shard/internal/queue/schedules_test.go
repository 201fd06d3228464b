package queue

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

var (
	schedules = flag.Int("schedules", 300, "how many random schedules of nodes and faults to run")
	onlySeed  = flag.Uint64("seed", 0, "run only the schedule of this seed, and log what its nodes say")
)

// Random schedules of nodes that come late, freeze, are killed or stopped, and of a server that is
// away, forgets and loses replies. Each ends with one result of each unit, which is that of one run,
// as long as one node lives.
func TestNoScheduleLosesAUnit(t *testing.T) {
	first, last := uint64(1), uint64(*schedules)
	if *onlySeed != 0 {
		first, last = *onlySeed, *onlySeed
	}
	var sum tally
	for seed := first; seed <= last && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) {
			newSchedule(t, seed).run(&sum)
			if t.Failed() {
				t.Logf("to see it again: go test ./shard/internal/queue -run NoSchedule -args -seed %d", seed)
			}
		})
	}
	t.Logf("%d schedules: %+v", last-first+1, sum)
	if *onlySeed == 0 && *schedules >= 300 && slices.Contains([]int{sum.Killed, sum.Stopped, sum.Again, sum.Lost, sum.Forgotten}, 0) {
		t.Error("the schedules do not have what they are to have")
	}
}

// tally is what happened in all schedules.
type tally struct{ Units, Nodes, Killed, Stopped, Runs, Again, Lost, Forgotten int }

// schedule is a build with nodes and faults.
type schedule struct {
	t      *testing.T
	r      *rand.Rand
	server *server
	plan   Plan
	takes  map[string]time.Duration // by unit
	kills  string                   // a unit that kills nodes, but not one that is to live
	fails  string                   // a unit that cannot be run
	nodes  []*member
	runs   runs
	events []func()
}

// longest is how long a schedule may take. Most of that is for units of 90 s on one slow worker that
// are delivered again and again.
const longest = time.Hour

// member is a node of a schedule.
type member struct {
	*client
	at      time.Duration // when it starts
	lives   bool          // nothing ends it
	killed  time.Duration // when it is killed, 0 for never
	stopped time.Duration // when it gets SIGTERM, 0 for never
	workers int
	speed   float64
	err     error
}

func newSchedule(t *testing.T, seed uint64) *schedule {
	r := rand.New(rand.NewPCG(seed, 17))
	within := func(d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }
	some := func(longest time.Duration) (spans []span) {
		for range r.IntN(3) {
			from := within(3 * time.Minute)
			spans = append(spans, span{from, from + time.Second + within(longest)})
		}
		return spans
	}
	s := &schedule{
		t: t, r: r, plan: planOf(1 + r.IntN(15)), takes: map[string]time.Duration{},
		server: &server{Memory: NewMemory(), seed: seed, began: time.Now(), latency: 1 + within(200*time.Millisecond)},
	}
	if r.IntN(2) == 0 {
		s.server.errors = r.Float64() * 0.4
	}
	if r.IntN(2) == 0 {
		s.server.down = some(90 * time.Second)
	}
	for _, unit := range s.plan.Units {
		s.takes[ID(unit)] = within([]time.Duration{time.Second, 20 * time.Second, 90 * time.Second}[r.IntN(3)])
	}
	any := func() string { return ID(s.plan.Units[r.IntN(len(s.plan.Units))]) }
	if r.IntN(4) == 0 {
		s.kills = any()
	}
	if r.IntN(8) == 0 {
		s.fails = any()
	}
	deleted := r.IntN(6) == 0 // the store: not with nodes that freeze, which may do so between two calls
	for i := range 1 + r.IntN(6) {
		m := &member{client: newClient(s.server, fmt.Sprintf("node%d", i)), lives: i == 0 || r.IntN(3) == 0, workers: 1 + r.IntN(3), speed: 0.3 + 2*r.Float64()}
		m.at = []time.Duration{0, within(time.Second), within(3 * time.Minute)}[r.IntN(3)]
		switch {
		case m.lives:
		case r.IntN(2) == 0:
			m.killed = m.at + 1 + within([]time.Duration{time.Second, 2 * time.Minute}[r.IntN(2)])
		case r.IntN(2) == 0:
			m.stopped = m.at + 1 + within(2*time.Minute)
		}
		if !deleted && r.IntN(3) == 0 {
			m.frozen = some(2 * time.Minute)
		}
		if r.IntN(3) == 0 {
			m.cut = some(time.Minute)
		}
		s.nodes = append(s.nodes, m)
	}
	s.plan.Node = s.nodes[r.IntN(len(s.nodes))].name // which may never come
	s.addFaults(deleted, within)
	return s
}

// addFaults adds what the server forgets.
func (s *schedule) addFaults(deleted bool, within func(time.Duration) time.Duration) {
	forgets := []func(){s.server.forgetLeases, s.server.forgetDeliveries, s.server.forgetWork, s.server.duplicate}
	for range s.r.IntN(4) {
		at, forget := within(3*time.Minute), forgets[s.r.IntN(len(forgets))]
		s.events = append(s.events, func() { time.AfterFunc(at, forget) })
	}
	if deleted {
		at := within(2 * time.Minute)
		s.server.down = append(s.server.down, span{at, at + time.Second + within(30*time.Second)})
		s.events = append(s.events, func() { time.AfterFunc(at, func() { s.server.forget(len(s.plan.Units)) }) })
	}
}

// run runs the schedule and checks what came of it.
func (s *schedule) run(sum *tally) {
	for _, event := range s.events {
		event()
	}
	var group sync.WaitGroup
	for _, m := range s.nodes {
		ctx, cancel := context.WithCancel(s.t.Context())
		defer cancel()
		m.kill = func() {
			m.dead.Store(true)
			cancel()
		}
		if m.killed > 0 {
			time.AfterFunc(m.killed, m.kill)
		}
		time.AfterFunc(longest, cancel)
		if m.stopped > 0 {
			time.AfterFunc(m.stopped, cancel)
		}
		group.Go(func() { m.err = s.pull(ctx, m) })
	}
	group.Wait()
	took := time.Since(s.server.began)
	time.Sleep(10 * time.Minute) // timers
	for _, m := range s.nodes {
		if m.lives && m.err != nil {
			s.t.Errorf("%s: %v", m.name, m.err)
		}
		if m.dead.Load() {
			sum.Killed++
		} else if errors.Is(m.err, context.Canceled) {
			sum.Stopped++
		}
	}
	if took >= longest {
		s.t.Errorf("it took %v", took)
	}
	lost := s.check()
	sum.Nodes += len(s.nodes)
	sum.Units += len(s.plan.Units)
	sum.Runs += s.runs.n
	sum.Again += max(s.runs.n+lost-len(s.plan.Units), 0)
	sum.Lost += lost
	sum.Forgotten += len(s.events)
}

// pull is what a node does.
func (s *schedule) pull(ctx context.Context, m *member) error {
	if err := sleep(ctx, m.at); err != nil {
		return err
	}
	var p Plan
	for {
		var err error
		if p, err = m.Plan(ctx, s.plan); err == nil {
			break
		}
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	say := func(string) {}
	if *onlySeed != 0 {
		say = func(text string) { s.t.Logf("%v %s: %s", time.Since(s.server.began), m.name, text) }
	}
	return Pull(ctx, m, p, Node{
		Name: m.name, Workers: m.workers, Say: say, chunk: 40, following: 2, portion: 3,
		Run: func(ctx context.Context, _ int, unit plan.Part, result io.Writer) (Summary, error) {
			say("runs " + unit.Packages[0].Tests[0])
			return s.runUnit(ctx, m, unit, result)
		},
	})
}

// runUnit writes a result that shows whether it is complete and of one run.
func (s *schedule) runUnit(ctx context.Context, m *member, unit plan.Part, result io.Writer) (Summary, error) {
	id, run := ID(unit), s.runs.next()
	if s.fails == id {
		return Summary{}, errors.New("disk full")
	}
	const parts = 4
	for part := range parts {
		if err := sleep(ctx, time.Duration(float64(s.takes[id])/parts/m.speed)); err != nil {
			if run%2 == 0 {
				err = nil // that it was stopped is not an error of each program
			}
			return Summary{}, err
		}
		m.thaw()
		if s.kills == id && part == 2 && !m.lives {
			m.kill()
			return Summary{}, errKilled
		}
		if _, err := io.WriteString(result, s.part(id, run, part)); err != nil {
			return Summary{}, err
		}
	}
	return Summary{Tests: run}, nil
}

// part returns a part of the result of a run of a unit.
func (s *schedule) part(id string, run, part int) string {
	return fmt.Sprintf("unit %s run %d part %d %s\n", id, run, part, strings.Repeat("x", part*run%60))
}

// coincidence reports whether a unit was given up because all nodes that took it were killed, cut
// off or frozen, if by something else, or could not say that they were only stopped.
func (s *schedule) coincidence(r Record) bool {
	for _, m := range s.nodes {
		if slices.Contains(r.Nodes, m.name) && !m.dead.Load() && m.cut == nil && m.frozen == nil && (m.stopped == 0 || s.server.down == nil) {
			return false
		}
	}
	return true
}

// check checks the results of all units, and returns how many were given up.
func (s *schedule) check() (lost int) {
	t, ctx, q := s.t, s.t.Context(), s.server.Node()
	if p, stored, err := q.Stored(ctx); err != nil || !stored || len(p.Units) != len(s.plan.Units) {
		t.Errorf("the plan is not stored: %v", err)
	}
	records, err := q.Records(ctx)
	check(t, err)
	for _, unit := range s.plan.Units {
		id := ID(unit)
		r, ok := records[id]
		if !ok {
			t.Errorf("unit %s has no record", id)
			continue
		}
		if r.Status == Lost {
			lost++
			if r.Chunks != 0 || r.Reason == "" || id != s.fails && len(r.Nodes) < 3 {
				t.Errorf("%+v was given up", r)
			}
			if id != s.kills && id != s.fails && !s.coincidence(r) {
				t.Errorf("%+v was given up, although nodes in it live", r)
			}
			continue
		}
		var got, want strings.Builder
		for i := range r.Chunks {
			chunk, err := q.Read(ctx, id, r.Attempt, i)
			if err != nil {
				t.Errorf("chunk %d of %+v: %v", i, r, err)
			}
			got.Write(chunk)
		}
		for part := range 4 {
			want.WriteString(s.part(id, r.Summary.Tests, part))
		}
		if got.String() != want.String() {
			t.Errorf("the result of %+v is\n%s", r, got.String())
		}
	}
	return lost
}
