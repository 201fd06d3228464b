package split

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// runWhole runs a binary in one process, whose output is passed on as it is.
func (s *Splitter) runWhole(ctx context.Context, b Binary, hook gotest.Hook, begun Begun) (code int, err error) {
	sharing, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.halted, cancel)()
	code = 1
	var once sync.Once // where every worker runs everything, a benchmark still runs once
	_, started := s.Pool.Share(sharing, pool.Binary{Package: b.Package, Run: func(_ context.Context, batch plan.Batch) {
		once.Do(func() {
			begun(batch.Worker, nil)
			code = s.whole(sharing, b, batch.Worker, hook)
		})
	}})
	switch {
	case started || ctx.Err() != nil:
		return code, nil
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
	observer := stream.NewObserver(hook, stream.TextProcessOptions{Observe: func(c stream.TestChange) {
		if outcome, ended := outcomes[c.Action]; ended && !strings.Contains(c.Test, "/") {
			s.Record.Test(pkg, c.Test, c.Took, outcome)
			if outcome == history.Failed && b.FailFast {
				s.halt(fmt.Errorf("%s of %s failed (-failfast)", c.Test, pkg))
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
	first, ran := observer.FirstRun()
	if last, _ := observer.LastEnd(); ran && code == 0 && observer.Verdict() != "" {
		s.Record.Start(pkg, first.Sub(started)+time.Since(last))
		s.Record.Package(pkg, time.Since(started))
	}
	return code
}
