package pulling

import (
	"fmt"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

func TestStatus(t *testing.T) {
	s := newStatus(queue.Plan{Units: make([]plan.Part, 40)})
	check := func(after time.Duration, want string) {
		t.Helper()
		if got := s.line(s.joined.Add(after)); got != "gotestshard: "+want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	records := func(n int) map[string]queue.Record {
		all := map[string]queue.Record{}
		for i := range n {
			all[fmt.Sprint(i)] = queue.Record{Node: fmt.Sprintf("node-%d", i%3)}
		}
		return all
	}
	check(0, "40 of 40 units left")
	s.running(1)
	s.running(1)
	s.see(records(8))
	check(time.Minute, "32 of 40 units left, 2 of them here; 3 nodes")
	s.running(-1)
	s.see(records(24))
	check(2*time.Minute, "16 of 40 units left, 1 of them here; 3 nodes; about 2m left")
	all := records(40)
	all["7"] = queue.Record{Node: "node-1", Status: queue.Lost}
	s.see(all)
	s.running(-1)
	check(3*time.Minute, "0 of 40 units left; 1 given up; 3 nodes")
}
