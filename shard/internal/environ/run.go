package environ

import (
	"fmt"
	"slices"
	"strings"
)

// The variables of package worker, by which a test process knows who it is.
const (
	worker = "GOTESTSHARD_WORKER"
	index  = "GOTESTSHARD_WORKER_INDEX"
	// CountVariable has how many workers there are.
	CountVariable = "GOTESTSHARD_WORKER_COUNT"
	// RunIDVariable has what is the same for all test processes of a run.
	RunIDVariable = "GOTESTSHARD_RUN_ID"
	// RunDirVariable has the folder that they share.
	RunDirVariable = "GOTESTSHARD_RUN_DIR"
)

// Run is what the processes of a run have in common.
type Run struct {
	ID  string
	Dir string // the folder that they share, empty for none
	// Further are variables of the user's choice that carry the worker's name too.
	Further []string
}

// Of returns the variables of the test processes of one worker, as KEY=VALUE: its name,
// its index from 0, and how many workers there are.
func (r Run) Of(name string, number, count int) []string {
	env := []string{
		worker + "=" + name,
		fmt.Sprintf("%s=%d", index, number),
		fmt.Sprintf("%s=%d", CountVariable, count),
		RunIDVariable + "=" + r.ID,
	}
	if r.Dir != "" {
		env = append(env, RunDirVariable+"="+r.Dir)
	}
	for _, variable := range r.Further {
		env = append(env, variable+"="+name)
	}
	return env
}

// Without takes the identity in a run around this one out of an environment, in place.
// The go command makes the variables that a test reads part of a cached result's key,
// with the values that it has itself.
func (r Run) Without(env []string) []string {
	names := append([]string{worker, index, CountVariable, RunIDVariable, RunDirVariable}, r.Further...)
	return slices.DeleteFunc(env, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(names, name)
	})
}
