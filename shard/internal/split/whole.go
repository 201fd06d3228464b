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

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// runWhole runs a binary in one process, whose output is passed on as it is.
func (s *Splitter) runWhole(ctx context.Context, b Binary, hook gotest.Hook, begun Begun) (code int, err error) {
	code = 1
	var once sync.Once // where every worker runs everything, a benchmark still runs once
	_, started := s.share(ctx, pool.Binary{Package: b.Package, Run: func(_ context.Context, batch plan.Batch) {
		once.Do(func() {
			begun(batch.Worker, nil)
			code = s.whole(ctx, b, batch.Worker, hook)
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

// whole runs all of a binary on a worker.
func (s *Splitter) whole(ctx context.Context, b Binary, worker int, hook gotest.Hook) int {
	pkg := b.Package.Name
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var failing atomic.Bool // whether a test has failed under -failfast: it ends by itself
	var skipping bool       // whether its tests are ended since the whole run stops
	defer context.AfterFunc(s.halted, func() {
		if !failing.Load() {
			cancel(pool.ErrUnwanted)
		}
	})()
	escapes := gotest.MarksErrors(b.Task.Command[b.Task.Binary])
	observer := text.NewObserver(hook, text.Options{Escapes: escapes, Observe: func(c text.Change) {
		if outcome, ended := outcomes[c.Action]; ended && !skipping && !c.Nested && !strings.Contains(c.Test, "/") {
			s.Record.Test(pkg, c.Test, c.Took, outcome)
			if outcome == history.Failed && b.FailFast {
				failing.Store(true)
				s.Halt(fmt.Errorf("%s of %s failed (-failfast)", c.Test, pkg))
			}
		}
	}})
	started := time.Now()
	pid := 0
	code := s.Pool.Process(ctx, worker, b.Task, observer, func(id int) {
		pid = id
		hook.Started(pid)
	})
	if pid != 0 {
		hook.Ended(pid)
	}
	observer.End()
	if code == 0 {
		// The package would pass, and its result be cached. A rerun would not know of it.
		if why := hidden(b, observer); why != "" {
			_, _ = fmt.Fprintf(hook, "gotestshard: the test process exited 0, though %s\n", why)
			code = 1
		}
	}
	if s.halted.Err() != nil && !failing.Load() && observer.Verdict() == "" && !s.Stop.Asked() {
		why := context.Cause(s.halted)
		skipping = true
		paused := observer.Paused()
		observer.SkipRunning("    gotestshard: stopped: " + why.Error() + "\n")
		_, _ = fmt.Fprintf(hook, "gotestshard: stopped: %v; %s\n", why, unstarted(b, observer.Started(), paused))
		return max(code, 1)
	}
	first, ran := observer.FirstRun()
	if ran && observer.Verdict() != "" && b.Each == 0 && selectsAll(b.Task.Command[b.Task.Binary+1:]) {
		s.Record.Complete(pkg)
	}
	if last, _ := observer.LastEnd(); ran && code == 0 && observer.Verdict() != "" {
		s.Record.Start(pkg, first.Sub(started)+time.Since(last))
		s.Record.Package(pkg, time.Since(started))
	}
	return code
}

// hidden returns what a process that exited 0 has not done, empty for nothing: a test
// failed, or the process ended before it came to all that are known, as by syscall.Exit.
// One that sets os.Stdout takes the verdict with it, and the lines of what comes after
// all tests. Where the tests are not known, a process that closes os.Stdout passes, as
// under go test.
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

// unstarted says how many tests of a package did not run, as far as they are
// known.
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
	return fmt.Sprintf("%d tests of this package did not run", left)
}
