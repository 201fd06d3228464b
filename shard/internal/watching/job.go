package watching

import (
	"context"
	"fmt"
	"runtime/debug"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// job is a current run or debugger.
type job struct {
	testRun
	signals *signals.Watch     // nil for the debugger
	kill    context.CancelFunc // the debugger's
	done    chan runResult     // receives one result

	stopping bool     // whether the run was asked to end
	known    []string // the packages that there were when it started, none if that is not known
}

// runResult is the result of a run.
type runResult struct {
	testRun
	execution *testjson.Execution // nil if nothing was started
	err       error
	panicked  string
}

// start does the work. It passes a panic on to the loop, which must restore the terminal
// first.
func (j *job) start(work func() runResult) {
	j.done = make(chan runResult, 1)
	go func() {
		var result runResult
		defer func() {
			if p := recover(); p != nil {
				result.panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
			result.testRun = j.testRun
			j.done <- result
		}()
		result = work()
	}()
}
