package split

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// end ends the text of the process, which has ended with that code, and returns the
// outcome of its tests.
func (a *attempt) end(code int) outcome {
	var beside []string
	if a.expired = a.deadline.Stop() && !a.Stop.Asked() && (a.halted.Err() == nil || a.failing.Load()); a.expired {
		beside = a.besides()
		a.process.RunAgain(beside)
	}
	o := a.outcome(code)
	switch o.how {
	case gotThrough:
		if first, ok := a.process.FirstRun(); ok && a.Each == 0 {
			last, _ := a.process.LastEnd()
			a.Record.Start(a.Package.Name, first.Sub(a.started)+time.Since(last))
			if a.Package.Whole && code == 0 && len(a.outcomes.list()) == 0 {
				a.Record.Package(a.Package.Name, time.Since(a.started))
			}
		}
		a.process.End()
	case wasHalted:
		a.endHalted()
	case crashed:
		a.endCrashed(&o)
	case timedOut:
		a.endTimedOut(&o, beside)
	default:
		a.process.End()
	}
	if lost := o.how == crashed || o.how == timedOut && !o.resumes; lost && a.ExitCodes && len(a.Package.Tests) == 0 {
		a.merge.Line(text.PackageNote("the tests of this package that had not started did not run"))
	}
	return o
}

// outcome determines the outcome of the tests from the output of the process. It changes
// nothing.
func (a *attempt) outcome(code int) outcome {
	process, verdict := a.process, a.process.Verdict()
	began, failing, silent := len(process.Started()) > 0, a.failing.Load(), !a.expired && a.finishedSilently(code)
	halted, asked := a.halted.Err() != nil && !failing, a.Stop.Asked()
	o := outcome{suffix: a.suffix(a.batch.Worker), code: code, empty: process.NoTests(), coverage: process.Coverage()}
	switch {
	case silent || verdict != "" && (code == 0 || !process.InTest()):
		o.how = gotThrough
	case asked:
		o.how = wasInterrupted
	case halted:
		o.how = wasHalted
	case began && a.expired:
		o.how = timedOut
	case began:
		o.how = crashed // with any code: a test may exit with 0 without package os
	default:
		o.how = endedEarly
	}
	if o.how == timedOut {
		o.code = 1 // its tests are not lost, as with other codes
	}
	through := o.how == gotThrough
	o.failed = verdict == "FAIL" || began && !through || silent && process.Failed()
	o.stopped = halted && (!through || code != 0 && verdict == "PASS")
	why := failedOutside(process, code, a.ExitCodes)
	if a.expired && a.deadline.outside && code != 0 {
		why = a.waited()
	}
	if why != "" && (through || !began || o.how == timedOut) && !halted && !asked {
		o.broken = true
		o.outside = []failure{{process.Outside(), "the test process on " + a.WorkerName(a.batch.Worker) + " " + why}}
	}
	o.ran = a.come(through && !failing)
	switch o.how {
	case gotThrough:
		if silent || failing { // it has shown, or run, only the tests before that
			o.left = a.others(o.ran)
		}
	case wasHalted, crashed, timedOut:
		o.left = a.others(o.ran)
		o.resumes = o.how == timedOut && !o.broken && len(a.Package.Tests) == 0 && a.Resumes
	}
	if a.apart != nil {
		o.left = nil // a part of a test has begun or is not run
	}
	return o
}

// endHalted makes the running tests end as skipped.
func (a *attempt) endHalted() {
	paused := a.process.Paused()
	a.process.End()
	a.ending = true
	a.skip(paused)
	a.process.SkipRunning(text.Note("stopped: " + context.Cause(a.halted).Error()))
}

// endCrashed makes the running tests fail. The remaining tests run in another process, or
// fail if the worker has crashed too often.
func (a *attempt) endCrashed(o *outcome) {
	process, paused := a.process, a.process.Paused()
	continues := len(o.left) > 0 && !a.FailFast && a.restart(a.batch.Worker)
	running, panicked := process.Running(), process.Panicked()
	if panicked != "" { // the panic has ended all other running tests
		running = []string{panicked}
	}
	what, next := a.crash(running, o.code, len(o.left), continues)
	note := crashNote(what, next)
	switch {
	case panicked != "":
		process.Remark(note)
		note = text.Note(EndedBy + panicked)
	case len(running) == 0: // it was between two tests
		o.outside = append(o.outside, failure{process.Outside(), what + next})
	}
	process.End()
	process.FailRunning(note)
	switch {
	case a.FailFast: // also if no test was running
		a.Halt(fmt.Errorf("a test process of %s crashed (-failfast)", a.Package.Name))
		a.skip(paused) // they do not run again
	case !continues:
		why := fmt.Sprintf("%s crashed more than %d times (--max-worker-restart)", a.WorkerName(a.batch.Worker), a.Restarts)
		a.failUnrun(o.suffix, o.left, why)
		o.unrun, o.left = o.left, nil
	}
}

// come returns the tests that the process has started and that need no other process. It
// excludes paused tests, unless the process finished, and tests that only a process
// started by a test has run.
func (a *attempt) come(through bool) (come []string) {
	not := map[string]bool{}
	if !through {
		not = setOf(a.process.Paused())
	}
	selected := setOf(a.tests)
	for _, name := range a.process.Started() { // may be listed several times, with -count or if p and p_test both have it
		if !not[name] && (a.process.Own(name) || through && selected[name]) {
			come = append(come, name)
		}
		not[name] = true
	}
	return come
}

// others returns the tests of the process that are not in come.
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

// finishedSilently reports whether a process without a verdict has run all its tests
// anyway. A test that sets os.Stdout and does not restore it hides the verdict. It also
// hides the lines of fuzz tests and examples, which come after all tests. The other tests
// write to the os.Stdout from when they began.
func (a *attempt) finishedSilently(code int) bool {
	process := a.process
	switch {
	case process.Verdict() != "" || len(process.Started()) == 0 || process.InTest() || len(process.Paused()) > 0:
		return false
	case code != 0 && (code != 1 || !process.Failed()):
		return false
	}
	if a.failing.Load() { // it leaves out the tests after the failure
		return true
	}
	left := a.others(a.come(true))
	return len(left) == 0 || len(left) < len(a.tests) && !slices.ContainsFunc(left, func(name string) bool { return strings.HasPrefix(name, "Test") })
}

// skip ends tests that no other process runs as skipped.
func (a *attempt) skip(tests []string) {
	if a.apart != nil {
		return // endBroken ends it
	}
	for _, name := range a.labels(a.batch.Worker, tests) {
		a.merge.Test(name, "", "SKIP")
	}
}

// The notes of a crash begin with one of these words.
const (
	EndedBy = "ended by the panic in "
	Crashed = "the test process on "
)

// crash describes what happened, in xdist's words, and what happens to the rest of the batch.
func (a *attempt) crash(running []string, code, left int, continues bool) (what, next string) {
	what = Crashed + a.WorkerName(a.batch.Worker) + " crashed"
	status := ""
	if code != 1 { // a signal has code 1 too; the output shows which
		status = fmt.Sprintf(" (exit status %d)", code)
	}
	if len(running) > 0 {
		what += " while running "
		what += text.Names(running, text.NoteRoom-len(what)-len(status))
	}
	if continues {
		tests, run := fmt.Sprintf("%d tests", left), "run"
		if left == 1 {
			tests, run = "one test", "runs"
		}
		next = fmt.Sprintf("; the %s of its batch that had not started %s in a new process", tests, run)
	}
	return what + status, next
}

// crashNote returns what crash returns as one line, or as two if it does not fit in one.
func crashNote(what, next string) string {
	if len(what)+len(next) <= text.NoteRoom {
		return text.Note(what + next)
	}
	return text.Note(what) + text.Note(strings.TrimPrefix(next, "; "))
}

// besides returns the tests of a process whose time was over that were running and not the
// reason. Another process runs them again.
func (a *attempt) besides() (tests []string) {
	for _, name := range a.process.Running() {
		root := framing.Root(name)
		if a.process.Own(root) && !slices.Contains(a.deadline.over, root) && !slices.Contains(tests, root) {
			tests = append(tests, root)
		}
	}
	slices.Sort(tests)
	return tests
}

// endTimedOut makes the tests fail that have run too long. The others run in another process.
func (a *attempt) endTimedOut(o *outcome, beside []string) {
	process, paused := a.process, a.process.Paused()
	over := slices.DeleteFunc(slices.Clone(a.deadline.over), func(name string) bool { return !slices.Contains(process.Running(), name) })
	for _, name := range beside {
		words := "runs again, because its process was ended"
		if len(over) > 0 {
			words = "runs again: " + text.Names(over, text.NoteRoom/2) + " timed out beside it"
		}
		_, _ = io.WriteString(process, text.InTest(name)+text.Note(words))
	}
	process.End()
	what := text.TimedOut + a.deadline.Why()
	if len(over) > 0 && inCleanup(a.deadline.out.goroutines(), over[0], len(over)+len(beside) == 1) {
		what += ", in t.Cleanup"
	}
	next := ""
	switch n := len(o.left); {
	case a.FailFast:
	case n == 1 && !o.broken:
		next = "; the other test of its batch runs in a new process"
	case n > 0 && !o.broken:
		next = fmt.Sprintf("; the %d other tests of its batch run in a new process", n)
	case o.resumes:
		next = "; the other tests of its package run in a new process"
	}
	process.FailRunning(crashNote(what, next))
	if a.FailFast {
		a.Halt(fmt.Errorf("a test of %s timed out (-failfast)", a.Package.Name))
		a.skip(paused)
	}
}

// waited returns what is wrong with a process whose time was over outside its tests.
func (a *attempt) waited() string {
	where, goroutines := "between two tests", a.deadline.out.goroutines()
	switch {
	case len(a.process.Started()) == 0:
		where = waitsBefore(goroutines)
	case a.process.Verdict() != "":
		where = waitsAfter(goroutines)
	}
	return text.Waited[1:] + a.deadline.Why() + " " + where
}
