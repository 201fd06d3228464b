package workers

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// assignments record which worker ran what. Several goroutines may call their methods.
type assignments struct {
	name func(worker int) string // of a worker with an index

	mu       sync.Mutex
	packages map[string]*assignment
}

// assignment is the assignment of one package.
type assignment struct {
	waited  time.Duration     // until the first of its workers was free
	workers []int             // sorted indexes without repetition
	tests   map[string]string // the worker of each top-level test, and of subtests; nil for a whole package
	apart   map[string]bool   // the tests whose subtests several processes run
	passed  bool              // whether it has passed
}

// add records that a worker begins to run tests of a package, which was ready at queued.
// Without tests, the worker runs all of it.
func (a *assignments) add(pkg string, queued time.Time, worker int, tests []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.packages == nil {
		a.packages = map[string]*assignment{}
	}
	p := a.packages[pkg]
	if p == nil {
		p = &assignment{waited: time.Since(queued)}
		a.packages[pkg] = p
	}
	if i, found := slices.BinarySearch(p.workers, worker); !found {
		p.workers = slices.Insert(p.workers, i, worker)
	}
	for _, test := range tests {
		if p.tests == nil {
			p.tests = map[string]string{}
		}
		p.tests[test] = a.name(worker)
		if root := framing.Root(test); root != test {
			if p.apart == nil {
				p.apart = map[string]bool{}
			}
			p.apart[root] = true
		}
	}
}

// ended records how a package ended.
func (a *assignments) ended(pkg string, passed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.packages[pkg]; p != nil {
		p.passed = passed
	}
}

// lookup is the Lookup of a stream.Source.
func (a *assignments) lookup(pkg string) (stream.Run, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.packages[pkg]
	if p == nil {
		return stream.Run{}, false
	}
	var workers []string
	for _, worker := range p.workers {
		workers = append(workers, a.name(worker))
	}
	run := stream.Run{Worker: strings.Join(workers, ","), Waited: p.waited, Passed: p.passed}
	if p.tests != nil {
		run.WorkerOf = func(test string) string {
			a.mu.Lock()
			defer a.mu.Unlock()
			return p.tests[test]
		}
		run.Apart = func(test string) bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return p.apart[test]
		}
	}
	return run, true
}
