package split

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// attempt is one process for the tests of a batch.
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
	ran     []string    // which tests need no other process
	ending  bool        // whether its tests are ended since the whole run stops
	failing atomic.Bool // whether a test has failed under -failfast: it may end by itself
}

// try runs the process and returns the tests that it should have run and has not
// come to.
func (a *attempt) try() (left []string) {
	own, env, err := a.parts.Process(a.args)
	if err != nil {
		a.fail(a.batch.Worker, err.Error())
		return nil
	}
	ctx, cancel := context.WithCancelCause(a.ctx)
	defer cancel(nil)
	defer context.AfterFunc(a.halted, func() {
		if !a.failing.Load() {
			cancel(pool.ErrUnwanted)
		}
	})()

	task := a.Task
	command := a.Task.Binary + 1
	task.Command = slices.Concat(a.Task.Command[:command], framed(own))
	task.Env = append(slices.Clip(task.Env), env...)
	options := text.Options{
		Suffix: a.suffix(a.batch.Worker), Observe: a.observe, OnFail: a.repro, Escapes: gotest.MarksErrors(task.Command[task.Binary]),
	}
	a.started = time.Now()
	a.process = a.merge.Process(options)
	pid := 0
	code := a.Pool.Process(ctx, a.batch.Worker, task, a.process, func(id int) {
		pid = id
		a.hook.Started(pid)
	})
	if pid != 0 {
		a.hook.Ended(pid)
	}
	return a.judge(code)
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

var outcomes = map[string]history.Outcome{"pass": history.Passed, "fail": history.Failed, "skip": history.Skipped}

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
			a.Record.Test(a.Package.Name, c.Test, c.Took, outcomes[c.Action])
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
		what = "as with " + a.told
	}
	return "    gotestshard: the same tests in one process: " + what + "\n"
}

// judge takes note of how the process ended, ends its text and returns the tests
// that are left.
func (a *attempt) judge(code int) (left []string) {
	process := a.process
	end := sync.OnceFunc(process.End)
	defer end()
	started := process.Started()
	mute := a.mute(code)
	through := mute || process.Verdict() != "" && (code == 0 || !process.InTest())
	halted := a.halted.Err() != nil && !a.failing.Load()
	crashed := !through && len(started) > 0 // whatever its code: a test may exit with 0 past package os
	a.mu.Lock()
	a.through = a.through || through
	a.empty = a.empty || process.NoTests()
	a.failed = a.failed || process.Verdict() == "FAIL" || crashed || mute && process.Failed()
	if a.code == 0 {
		a.code = code
	}
	if line := process.Coverage(); line != "" {
		a.coverage = line
	}
	a.stopped = a.stopped || halted && (!through || code != 0 && process.Verdict() == "PASS")
	a.mu.Unlock()
	if why := FailedOutside(process, code); why != "" && (through || len(started) == 0) && !halted && !a.Stop.Asked() {
		a.failOutside(a.batch.Worker, process.Outside(), "the test process on "+a.WorkerName(a.batch.Worker)+" "+why)
		a.mu.Lock()
		a.broken = true
		a.mu.Unlock()
	}
	if first, ok := process.FirstRun(); ok && through && a.Each == 0 {
		last, _ := process.LastEnd()
		a.Record.Start(a.Package.Name, first.Sub(a.started)+time.Since(last))
	}

	a.ran = a.come(through && !a.failing.Load())
	a.count(a.labels(a.batch.Worker, a.ran))
	switch {
	case through && (mute || a.failing.Load()): // it has shown, or run, only what comes before that
	case through || a.Stop.Asked() || len(started) == 0 && !halted:
		return nil
	}
	left = a.others(a.ran)
	if through {
		return left
	}
	paused := process.Paused()
	if halted {
		end()
		a.ending = true
		a.skip(paused)
		process.SkipRunning("    gotestshard: stopped: " + context.Cause(a.halted).Error() + "\n")
		return left
	}
	goesOn := len(left) > 0 && !a.FailFast && a.restart(a.batch.Worker)
	running, panicked := process.Running(), process.Panicked()
	if panicked != "" { // what else was running has only been ended by it
		running = []string{panicked}
	}
	note := "    gotestshard: " + a.crash(running, code, len(left), goesOn) + "\n"
	switch {
	case panicked != "":
		process.Remark(note)
		end()
		note = "    gotestshard: ended by the panic in " + panicked + "\n"
	case len(running) == 0: // it was between two tests
		a.failOutside(a.batch.Worker, process.Outside(), strings.TrimSpace(strings.TrimPrefix(note, "    gotestshard: ")))
	}
	end()
	process.FailRunning(note + a.repro(""))
	if a.FailFast { // also when no test was running
		a.Halt(fmt.Errorf("a test process of %s crashed (-failfast)", a.Package.Name))
		a.skip(paused) // they do not run again
	}
	if len(left) > 0 && !goesOn && !a.FailFast {
		why := fmt.Sprintf("%s crashed more than %d times (--max-worker-restart)", a.WorkerName(a.batch.Worker), a.Restarts)
		a.notRun(a.labels(a.batch.Worker, left), why)
		return nil
	}
	return left
}

// come returns the tests that the process has come to, and that need no other one: not
// those that are paused, as long as it has not got through, and none that only a process
// has run that was started by a test.
func (a *attempt) come(through bool) (come []string) {
	not := map[string]bool{}
	if !through {
		not = setOf(a.process.Paused())
	}
	told := setOf(a.tests)
	for _, name := range a.process.Started() { // it may be there several times, by -count or since p and p_test both have it
		if !not[name] && (a.process.Own(name) || through && told[name]) {
			come = append(come, name)
		}
		not[name] = true
	}
	return come
}

// others returns the tests of the process that are not among those.
func (a *attempt) others(come []string) (left []string) {
	has := setOf(come)
	for _, name := range a.tests {
		if !has[name] {
			left = append(left, name)
		}
	}
	return left
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// mute is whether a process without a verdict has run all its tests even so: one that
// sets os.Stdout and does not set it back takes the verdict with it. It takes the lines
// of fuzz tests and examples as well, which come after all tests; the others write to
// the os.Stdout that was there when they began.
func (a *attempt) mute(code int) bool {
	process := a.process
	switch {
	case process.Verdict() != "" || len(process.Started()) == 0 || process.InTest() || len(process.Paused()) > 0:
		return false
	case code != 0 && (code != 1 || !process.Failed()):
		return false
	}
	if a.failing.Load() { // it leaves out what comes after the failure
		return true
	}
	left := a.others(a.come(true))
	return len(left) == 0 || len(left) < len(a.tests) && !slices.ContainsFunc(left, func(name string) bool { return strings.HasPrefix(name, "Test") })
}

// skip ends tests that no other process runs.
func (a *attempt) skip(tests []string) {
	for _, name := range a.labels(a.batch.Worker, tests) {
		a.merge.Test(name, "", "SKIP")
	}
}

// crash says what happened, in xdist's words.
func (a *attempt) crash(running []string, code, left int, goesOn bool) string {
	note := "the test process on " + a.WorkerName(a.batch.Worker) + " crashed"
	if len(running) > 0 {
		note += " while running " + strings.Join(running, ", ")
	}
	if code != 1 { // which a signal has as well; the output says which
		note += fmt.Sprintf(" (exit status %d)", code)
	}
	if goesOn {
		tests, goes := fmt.Sprintf("%d tests", left), "go"
		if left == 1 {
			tests, goes = "one test", "goes"
		}
		note += fmt.Sprintf("; the %s of its batch that had not started %s on in a new process", tests, goes)
	}
	return note
}
