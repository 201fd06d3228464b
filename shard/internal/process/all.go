package process

import (
	"maps"
	"slices"
	"sync"
)

// running are the processes that were started and not released. This process may have to
// exit while other goroutines wait for them.
var running struct {
	mu        sync.Mutex
	processes map[*Process]bool
}

func (p *Process) noteStarted() {
	running.mu.Lock()
	defer running.mu.Unlock()
	if running.processes == nil {
		running.processes = map[*Process]bool{}
	}
	running.processes[p] = true
}

func (p *Process) noteReleased() {
	running.mu.Lock()
	defer running.mu.Unlock()
	delete(running.processes, p)
}

// KillAll kills everything that this process has started and not released. It is for
// exiting without waiting for them.
func KillAll() {
	running.mu.Lock()
	all := slices.Collect(maps.Keys(running.processes))
	running.mu.Unlock()
	for _, p := range all {
		_ = p.Kill()
	}
}
