package environ

import (
	"fmt"
	"slices"
	"strings"
)

// The variables with which package worker identifies the worker of a test process.
const (
	worker = "GOTESTSHARD_WORKER"
	index  = "GOTESTSHARD_WORKER_INDEX"
	// CountVariable has the number of workers.
	CountVariable = "GOTESTSHARD_WORKER_COUNT"
	// RunIDVariable has an id that is the same for all test processes of a run.
	RunIDVariable = "GOTESTSHARD_RUN_ID"
	// RunDirVariable has the folder that these processes share.
	RunDirVariable = "GOTESTSHARD_RUN_DIR"
	// SlotVariable has the number of the run among those that run at once on the machine.
	SlotVariable = "GOTESTSHARD_SLOT"
)

// Run is what the processes of a run have in common.
type Run struct {
	ID  string
	Dir string // the folder that they share, empty for none
	// Slot is 0, or another number if other runs were running on the machine when it began.
	Slot int
	// Further are more variables, chosen by the user, with the worker's name.
	Further []string
}

// Of returns the variables for the test processes of one worker, as KEY=VALUE: its name,
// its index from 0, and the number of workers.
func (r Run) Of(name string, number, count int) []string {
	env := []string{
		worker + "=" + name,
		fmt.Sprintf("%s=%d", index, number),
		fmt.Sprintf("%s=%d", CountVariable, count),
		RunIDVariable + "=" + r.ID,
		fmt.Sprintf("%s=%d", SlotVariable, r.Slot),
	}
	if r.Dir != "" {
		env = append(env, RunDirVariable+"="+r.Dir)
	}
	for _, variable := range r.Further {
		env = append(env, variable+"="+name)
	}
	return env
}

// Without removes the variables of an enclosing run from an environment, in place. The go
// command includes the variables that a test reads in the key of a cached result, with the
// values from its own environment.
func (r Run) Without(env []string) []string {
	names := append([]string{worker, index, CountVariable, RunIDVariable, RunDirVariable, SlotVariable}, r.Further...)
	return slices.DeleteFunc(env, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(names, name)
	})
}
