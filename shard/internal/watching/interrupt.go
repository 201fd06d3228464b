package watching

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

// mostInterrupts is how many runs in a row a save stops before one may end. The tests may have
// written the file themselves.
const mostInterrupts = 3

// mayInterrupt reports whether a save can stop the current run. The runs of f and u, which have
// arguments, end first.
func (l *watchLoop) mayInterrupt() bool {
	return l.opts.WatchInterrupt == option.WatchInterruptOn && l.job != nil && l.job.signals != nil && !l.job.stopping &&
		!l.ending && len(l.job.args) == 0 && max(l.interrupts, l.pending.InARow()) < mostInterrupts
}

// interruptDue is when a save during the run is looked at, if there is one.
func (l *watchLoop) interruptDue() <-chan time.Time {
	if !l.mayInterrupt() {
		return nil
	}
	due, ok := l.pending.DueInRun()
	if !ok {
		return nil
	}
	return time.After(time.Until(due))
}

// interrupt stops the run if what was saved since it started concerns one of its packages.
func (l *watchLoop) interrupt() {
	packages, files := l.pending.Peek()
	packages, _, _ = l.concern(l.opts.WatchDeps, packages, files) // an error is shown when they run
	if !l.runIncludes(packages) {
		return // it starts after the run
	}
	l.interrupted, l.job.stopping = true, true
	l.interrupts++
	l.job.signals.Send(syscall.SIGTERM) // unlike Ctrl-C, it has not reached the tests yet
}

// runIncludes reports whether the current work has one of the packages.
func (l *watchLoop) runIncludes(packages []string) bool {
	current := slices.Clone(l.job.packages)
	for _, run := range l.todo {
		current = append(current, run.packages...)
	}
	whole := len(current) == 0 || len(l.opts.Packages) > 0 || slices.Contains(current, watch.Everything)
	return slices.ContainsFunc(packages, func(pkg string) bool {
		isNew := len(l.job.known) > 0 && !slices.Contains(l.job.known, pkg) // perhaps of a test
		return pkg == watch.Everything || slices.Contains(current, pkg) || whole && !isNew
	})
}

// keepRest notes, after a run that a save has stopped, which of its packages have not passed.
func (l *watchLoop) keepRest() {
	if !l.interrupted {
		l.interrupts = 0
		return
	}
	l.interrupted = false
	passed := map[string]bool{}
	for _, result := range l.results {
		if result.execution == nil {
			continue
		}
		for _, path := range result.execution.Packages() {
			switch result.execution.Package(path).Result() {
			case testjson.ActionPass, testjson.ActionSkip:
				passed[path] = true
			}
		}
	}
	for _, pkg := range l.last {
		if path, ok := l.paths[pkg]; !ok || !passed[path] {
			l.rest = append(l.rest, pkg)
		}
	}
	l.todo = nil
	_, _ = fmt.Fprintln(l.messages, "\nA file was saved during the run, so it starts over.")
}

// withRest adds to packages what a stopped run has not done.
func (l *watchLoop) withRest(packages []string, why concerned) ([]string, concerned) {
	rest := l.rest
	l.rest = nil
	switch {
	case slices.Contains(packages, watch.Everything):
		return packages, why
	case slices.Contains(rest, watch.Everything) && l.opts.WatchChdir: // which has one run in each folder
		return []string{watch.Everything}, concerned{}
	}
	rest = slices.DeleteFunc(rest, func(pkg string) bool { return slices.Contains(packages, pkg) })
	if len(rest) > 0 {
		why.why = append(why.why, "not done in the stopped run: "+strings.Join(rest, " "))
	}
	return slices.Concat(packages, rest), why
}
