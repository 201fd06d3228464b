package split

import (
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
)

// Binary is a test binary with its tests.
type Binary struct {
	Task    pool.Task
	Package plan.Package
	// Selection is what the command line of the task selects. It is not used if the package
	// stays whole.
	Selection gotest.Selection
	// Hides is whether there may be tests in addition to those of Package, which must run
	// too.
	Hides bool
	// Elsewhere are the tests that other nodes run, if Package has only a part of all
	// tests. They do not run here.
	Elsewhere []string
	// Nothing is whether other nodes run all of it. Such a binary must not be passed to
	// Run.
	Nothing bool
	// FailFast is whether no test of the run may start after one has failed.
	FailFast bool
	// Resumes is whether Selection can be used although the package stays whole, for the
	// tests that a process has not run.
	Resumes bool
	// Each is the number of workers that run everything, 0 if each test runs once.
	Each int
}

// Alone returns the task with arguments that make one process run the tests of Package,
// and none of other nodes. If no arguments can do that, the task is unchanged.
func (b Binary) Alone(task pool.Task) pool.Task {
	if len(b.Elsewhere) == 0 {
		return task
	}
	args, ok := []string(nil), false
	if b.Hides {
		args, ok = b.Selection.Rest(b.Elsewhere)
	}
	if !ok {
		var names []string
		for _, test := range b.Package.Tests {
			names = append(names, test.Name)
		}
		args, ok = b.Selection.Args(names)
	}
	if !ok {
		args, ok = b.Selection.Rest(b.Elsewhere)
	}
	if ok {
		task.Command = slices.Concat(task.Command[:task.Binary+1], args)
	}
	return task
}
