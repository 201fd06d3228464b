package pulling

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// status is how far the whole build is, for a line that a person sees.
type status struct {
	plan   queue.Plan
	joined time.Time // when this node began to look

	mu      sync.Mutex
	here    int             // units that run on this node
	records map[string]bool // the units that have a record
	nodes   map[string]bool // those that recorded some
	before  int             // how many units had one when this node joined, -1 if that is not known
	lost    int
}

func newStatus(all queue.Plan) *status { return &status{plan: all, joined: time.Now(), before: -1} }

// asking is how often the records are read for the line.
const asking = 3 * time.Second

// follow reads the records until ctx ends. What it cannot read it does not show.
func (s *status) follow(ctx context.Context, q queue.Queue) {
	for ctx.Err() == nil {
		if records, err := q.Records(ctx); err == nil {
			s.see(records)
		}
		select {
		case <-time.After(asking):
		case <-ctx.Done():
		}
	}
}

func (s *status) see(records map[string]queue.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records, s.nodes, s.lost = map[string]bool{}, map[string]bool{}, 0
	for id, record := range records {
		s.records[id], s.nodes[record.Node] = true, true
		if record.Status == queue.Lost {
			s.lost++
		}
	}
	if s.before < 0 {
		s.before = len(records)
	}
}

// running notes that a unit begins, or ends, on this node.
func (s *status) running(more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.here += more
}

// line is such as "12 of 40 units left, 2 of them here; 3 nodes; about 2m left".
func (s *status) line(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, done := len(s.plan.Units), len(s.records)
	text := fmt.Sprintf("%d of %s left", all-done, plain.Counted(all, "unit"))
	if s.here > 0 {
		text += fmt.Sprintf(", %d of them here", s.here)
	}
	parts := []string{text}
	if s.lost > 0 {
		parts = append(parts, fmt.Sprintf("%d given up", s.lost))
	}
	if n := len(s.nodes); n > 0 {
		parts = append(parts, plain.Counted(n, "node"))
	}
	if left := s.left(now); left > 0 {
		parts = append(parts, "about "+plain.Duration(left.Round(time.Second))+" left")
	}
	return "gotestshard: " + strings.Join(parts, "; ")
}

// left estimates how long the rest takes, from how many units were done since this node joined. It is
// 0 if that is not known.
func (s *status) left(now time.Time) time.Duration {
	done, all := len(s.records), len(s.plan.Units)
	if s.before < 0 || done-s.before < 2 {
		return 0
	}
	return now.Sub(s.joined) * time.Duration(all-done) / time.Duration(done-s.before)
}
