package split

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// runWhole runs a binary in one process and passes on its output unchanged.
func (s *Splitter) runWhole(ctx context.Context, b Binary, hook gotest.Hook, begun Begun) (code int, err error) {
	code = 1
	var once sync.Once // in mode each, a benchmark still runs only once
	_, started := s.share(ctx, pool.Binary{Package: b.Package, Run: func(_ context.Context, batch plan.Batch) {
		once.Do(func() {
			begun(batch.Worker, nil)
			code = (&whole{Splitter: s, Binary: b, hook: hook, subtimes: subtimes{}}).run(ctx, batch.Worker)
		})
	}})
	switch {
	case started || ctx.Err() != nil:
		return code, nil //nolint:nilerr // what ends the whole run is no error of this package
	case s.halted.Err() != nil:
		_, err = fmt.Fprintf(hook, "gotestshard: not run: %v\n", context.Cause(s.halted))
	default:
		_, err = io.WriteString(hook, pool.NotRun)
	}
	return code, err
}

// whole is the process of a package that stays whole.
type whole struct {
	*Splitter
	Binary
	hook     gotest.Hook
	output   *text.Observer
	started  time.Time
	subtimes subtimes
	skipping bool        // whether its tests are ended because the whole run stops
	failing  atomic.Bool // whether a test has failed under -failfast, so that the process ends by itself
}

// run runs the process on a worker and returns the exit code for the hook.
func (w *whole) run(ctx context.Context, worker int) int {
	escapes := gotest.MarksErrors(w.Task.Command[w.Task.Binary])
	w.output = text.NewObserver(w.hook, text.Options{Escapes: escapes, Observe: w.observe, OnFail: w.notes})
	w.started = time.Now()
	code := w.runProcess(ctx, worker, w.Task, w.output, w.hook, &w.failing)
	w.note(worker, code)
	if code == 0 {
		// The package would pass, and its result be cached. A rerun would not notice.
		if why := hidden(w.Binary, w.output); why != "" {
			_, _ = io.WriteString(w.hook, text.PackageNote("the test process exited 0, although "+why))
			code = 1
		}
	}
	if w.halted.Err() != nil && !w.failing.Load() && w.output.Verdict() == "" && !w.Stop.Asked() {
		w.skip()
		return max(code, 1)
	}
	w.record(code)
	return code
}

// note ends the output of a process that ended with code, with lines about what failed and has
// none yet.
func (w *whole) note(worker, code int) {
	if code == 0 || w.Stop.Asked() || w.halted.Err() != nil {
		w.output.End()
		return
	}
	if w.output.Verdict() == "" {
		w.output.NoteRunning()
	}
	w.output.End()
	why := failedOutside(w.output, code, w.ExitCodes)
	if why == "" {
		return
	}
	notes := strings.TrimLeft(w.notes(""), " ")
	switch {
	case !w.output.Silent():
	case w.output.Verdict() == "": // as the go command, for a process that printed nothing
		notes = fmt.Sprintf("exit status %d\n", code) + notes
	default:
		notes = text.PackageNote("the test process on "+w.WorkerName(worker)+" "+why) + notes
	}
	_, _ = io.WriteString(w.hook, notes)
}

// notes returns the lines about a failed test, or without a name about the package.
func (w *whole) notes(test string) string {
	return w.Notes(w.Task, w.Task.Command[w.Task.Binary+1:], w.output, test)
}

// observe handles the end of a test.
func (w *whole) observe(c text.Change) {
	subtests := w.subtimes.see(c)
	result, ended := recorded[c.Action]
	if !ended || w.skipping || c.Nested || strings.Contains(c.Test, "/") {
		return
	}
	w.Record.Test(w.Package.Name, c.Test, c.Took, result)
	if args := w.Task.Command[w.Task.Binary+1:]; result == history.Passed && !selectsSubtests(args) {
		w.Record.Subtests(w.Package.Name, c.Test, subtests, 0)
	}
	if result == history.Failed && w.FailFast {
		w.failing.Store(true)
		w.Halt(fmt.Errorf("%s of %s failed (-failfast)", c.Test, w.Package.Name))
	}
}

// skip ends the tests that were running when the whole run was halted as skipped.
func (w *whole) skip() {
	why := context.Cause(w.halted)
	w.skipping = true
	paused := w.output.Paused()
	w.output.SkipRunning(text.Note("stopped: " + why.Error()))
	_, _ = fmt.Fprintf(w.hook, "gotestshard: stopped: %v; %s\n", why, unstarted(w.Binary, w.output.Started(), paused))
}

// record records how long the process took outside its tests, as far as it ran.
func (w *whole) record(code int) {
	pkg := w.Package.Name
	first, ran := w.output.FirstRun()
	if !ran || w.output.Verdict() == "" {
		return
	}
	if w.Each == 0 && selectsAll(w.Task.Command[w.Task.Binary+1:]) {
		w.Record.Complete(pkg)
	}
	if last, _ := w.output.LastEnd(); code == 0 {
		w.Record.Start(pkg, first.Sub(w.started)+time.Since(last))
		w.Record.Package(pkg, time.Since(w.started))
	}
}

// hidden returns what a process that exited 0 hides, empty for nothing: a failed test, or
// that it ended before it had run all known tests, for example by syscall.Exit. A test
// that sets os.Stdout hides the verdict and the lines of what comes after all tests. If
// the tests are unknown, a process that closes os.Stdout passes, as under go test.
func hidden(b Binary, o *text.Observer) string {
	switch started := o.Started(); {
	case o.Failed():
		return "a test failed"
	case o.Verdict() != "":
		return ""
	case unseen(b) != "":
		return unseen(b)
	case len(started) == 0 || len(b.Package.Tests) == 0:
		return ""
	case o.InTest() || len(o.Paused()) > 0:
		return "a test had not ended"
	default:
		for _, test := range b.Package.Tests {
			if strings.HasPrefix(test.Name, "Test") && !slices.Contains(started, test.Name) {
				return test.Name + " did not run"
			}
		}
		return ""
	}
}

// unstarted describes how many tests of a package did not run, if they are known.
func unstarted(b Binary, started, paused []string) string {
	if len(b.Package.Tests) == 0 {
		return "the other tests of this package did not run"
	}
	left := 0
	for _, test := range b.Package.Tests {
		if !slices.Contains(started, test.Name) || slices.Contains(paused, test.Name) {
			left++
		}
	}
	return plain.Counted(left, "test") + " of this package did not run"
}
