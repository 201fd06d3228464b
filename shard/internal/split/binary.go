package split

import (
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
)

// Binary is a test binary and what is known of it.
type Binary struct {
	Task    pool.Task
	Package plan.Package
	// Selection is what the command line of the task selects. It is not looked at
	// when the package stays whole.
	Selection gotest.Selection
	// Hides is whether there may be tests beside those of Package, which are to run
	// too.
	Hides bool
	// Elsewhere are the tests that others run, where Package has only a part of all:
	// they do not run here.
	Elsewhere []string
	// Nothing is whether others run all of it. Such a binary is not for Run.
	Nothing bool
	// FailFast is whether no test of the run may start after one has failed.
	FailFast bool
	// Each is how many workers run everything, 0 when each test runs once.
	Each int
}

// Alone returns the task with arguments by which one process runs what Package has,
// and nothing that is for others; as it is when no arguments can say so.
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
