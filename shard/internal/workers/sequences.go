package workers

import (
	"maps"
	"sync"

	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// sequences record which tests the processes of split packages ran. Several goroutines may
// call their methods. The zero value is ready to use.
type sequences struct {
	mu  sync.Mutex
	all map[string][]result.ShardProcess // by the worker's name
}

// add is the Ran of a split.Splitter, with the worker's name.
func (s *sequences) add(pkg, worker string, tests split.Sequence) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string][]result.ShardProcess{}
	}
	s.all[worker] = append(s.all[worker], result.ShardProcess{Package: pkg, Tests: tests.Tests, Until: tests.Until})
}

// Processes implements engine.Sequencer.
func (e *Engine) Processes() map[string][]result.ShardProcess {
	e.ran.mu.Lock()
	defer e.ran.mu.Unlock()
	return maps.Clone(e.ran.all)
}
