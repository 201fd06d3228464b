package split

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// attempt is one process for the tests of a batch. Only failing is used by several
// goroutines: the one that runs the batch waits for the one that reads the output.
type attempt struct {
	*run
	batch plan.Batch
	tests []string // the tests to run, empty for a package with unknown tests
	args  []string // of the test binary

	apart   *apart // the test of which it runs a part, nil for whole tests
	repeats bool   // whether it runs all of that test again

	process  *text.Process
	started  time.Time // of the process
	sequence Sequence
	subtimes subtimes
	seen     map[string]bool // the subtests that have started, of a part of a test
	learned  bool            // whether the plan has the cost of the start
	ending   bool            // whether its tests are ended because the whole run stops
	deadline *Deadline
	expired  bool        // whether it was ended because of deadline
	failing  atomic.Bool // whether a test has failed under -failfast, so that the process may end by itself
}

// try runs the process and returns the outcome of its tests.
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
		Suffix: a.suffix(a.batch.Worker), Observe: a.observe, OnFail: a.notes, Escapes: gotest.MarksErrors(task.Command[task.Binary]),
	}
	options.Repeats, a.subtimes, a.seen = a.repeats, subtimes{}, map[string]bool{}
	if a.Shuffle != 0 && !a.batch.Bound && !a.Package.Whole && !a.Package.Serial {
		task.Command = slices.Insert(task.Command, command, fmt.Sprintf("-test.shuffle=%d", a.Shuffle))
	}
	a.started = time.Now()
	a.process = a.merge.Process(options)
	a.deadline = NewDeadline(a.limits, a.process, a.process.Running)
	a.deadline.Slow = func(test string, after time.Duration) {
		a.Say(fmt.Sprintf("%s: %s is slow: it has been running for %s on %s", a.Package.Name, test, plain.Duration(after), a.WorkerName(a.batch.Worker)))
	}
	task.Expired = a.deadline.Expired()
	a.deadline.Begin()
	o := a.end(a.runProcess(a.ctx, a.batch.Worker, task, a.deadline, a.hook, &a.failing))
	a.sequence.End()
	a.Ran(a.Package.Name, a.batch.Worker, a.sequence)
	return o
}

// framed makes a process mark the lines that are needed to merge the texts, regardless of
// the user's -v. With -v the go command passes -test.v=true or false instead of
// -test.v=test2json.
func framed(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if strings.HasPrefix(arg, gotest.FlagV) {
			args[i] = gotest.FramedV
		}
	}
	return args
}

// observe handles the start or end of a test.
func (a *attempt) observe(c text.Change) {
	a.sequence.Add(c)
	subtests := a.subtimes.see(c)
	if a.apart != nil {
		a.apart.saw(c, a.seen, subtests, a.repeats)
	}
	a.deadline.See(c)
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
			return // the recorded result would have been another one
		}
		a.Pool.Observe(func(s *plan.Scheduler) { a.ran(s, c) })
		if a.Each == 0 && a.apart == nil {
			a.Record.Test(a.Package.Name, c.Test, c.Took, recorded[c.Action])
			if c.Action == "pass" && !selectsSubtests(a.args) {
				a.Record.Subtests(a.Package.Name, c.Test, subtests, 0)
			}
		}
		if c.Action == "fail" && a.FailFast {
			a.failing.Store(true)
			a.Halt(fmt.Errorf("%s of %s failed (-failfast)", c.Test, a.Package.Name))
		}
	}
}

// ran reports the duration of a test to the plan, for each of its pieces if the batch has any.
func (a *attempt) ran(s *plan.Scheduler, c text.Change) {
	s.ObserveTest(a.batch.Job, c.Test, c.Took)
	for _, test := range a.batch.Tests {
		if test.Of == c.Test {
			s.ObserveTest(a.batch.Job, test.Name, c.Took)
		}
	}
}

// notes returns the lines about a failed test.
func (a *attempt) notes(test string) string { return a.Notes(a.Task, a.args, a.process, test) }
