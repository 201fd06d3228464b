package split

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// attempt is one process for the tests of a batch. Nothing of it is shared but failing:
// who runs the batch waits for who reads what the process prints.
type attempt struct {
	*run
	batch plan.Batch
	tests []string // those to run, none for a package whose tests nobody knows
	args  []string // of the test binary

	process *text.Process
	started time.Time   // of the process
	learned bool        // whether the plan was told what the start cost
	again   string      // the command that runs these tests again, once a test was told
	told    string      // that test
	ending  bool        // whether its tests are ended since the whole run stops
	failing atomic.Bool // whether a test has failed under -failfast: it may end by itself
}

// try runs the process and returns what became of its tests.
func (a *attempt) try() outcome {
	own, env, err := a.parts.Process(a.args)
	if err != nil {
		return a.wrong(a.batch.Worker, err.Error())
	}
	task := a.Task
	command := a.Task.Binary + 1
	task.Command = slices.Concat(a.Task.Command[:command], framed(own))
	task.Env = append(slices.Clip(task.Env), env...)
	options := text.Options{
		Suffix: a.suffix(a.batch.Worker), Observe: a.observe, OnFail: a.repro, Escapes: gotest.MarksErrors(task.Command[task.Binary]),
	}
	a.started = time.Now()
	a.process = a.merge.Process(options)
	return a.end(a.runProcess(a.ctx, a.batch.Worker, task, a.process, a.hook, &a.failing))
}

// framed has a process mark the lines that the merge of texts goes by, whatever
// the user's -v: for that the go command passes -test.v=true, or false, in place
// of -test.v=test2json.
func framed(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if strings.HasPrefix(arg, gotest.FlagV) {
			args[i] = gotest.FramedV
		}
	}
	return args
}

// recorded is what the history keeps of the end of a test.
var recorded = map[string]history.Outcome{"pass": history.Passed, "fail": history.Failed, "skip": history.Skipped}

// observe takes note of a test that has started or ended.
func (a *attempt) observe(c text.Change) {
	if strings.Contains(c.Test, "/") || c.Nested {
		return
	}
	switch c.Action {
	case "run":
		if first, _ := a.process.FirstRun(); !a.learned {
			a.learned = true
			a.Pool.Observe(func(s *plan.Scheduler) { s.ObserveStart(a.batch.Job, first.Sub(a.started)) })
		}
	case "pass", "fail", "skip":
		if c.Action == "skip" && a.ending {
			return // it would have been more than that
		}
		a.Pool.Observe(func(s *plan.Scheduler) { s.ObserveTest(a.batch.Job, c.Test, c.Took) })
		if a.Each == 0 {
			a.Record.Test(a.Package.Name, c.Test, c.Took, recorded[c.Action])
		}
		if c.Action == "fail" && a.FailFast {
			a.failing.Store(true)
			a.Halt(fmt.Errorf("%s of %s failed (-failfast)", c.Test, a.Package.Name))
		}
	}
}

// longRepro is how long a command, in bytes, is told once in its process: with thousands
// of tests, all of which fail, they would be gigabytes.
const longRepro = 400

// repro returns what a failed test is told of the process that it failed in.
func (a *attempt) repro(test string) string {
	if strings.Contains(test, "/") || a.batch.All && len(a.Elsewhere) == 0 {
		return ""
	}
	what := a.again
	switch {
	case what == "":
		what = a.Repro(a.Package.Name, a.args)
		a.again, a.told = what, test
	case len(what) > longRepro:
		what = "see " + a.told
	}
	return "    gotestshard: to run the same tests in one process: " + what + "\n"
}
