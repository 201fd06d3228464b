package workers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/spool"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// repeat runs a test binary again and again, each time in a new process, for as long as
// opts.Repeat wants more. The hook, and with it the binary, waits for all of them. The go
// command learns only that the binary has ended: the results go to opts.Repeat.
func (e *Engine) repeat(ctx context.Context, task pool.Task, hook io.Writer) int {
	first := task.Binary + 1
	args := gotest.Rerun{}.Binary(task.Command[first:]) // without the log of what tests read
	var running errgroup.Group
	running.SetLimit(e.opts.Workers)
	pkg := plan.Package{}
	var limits *split.TestLimits
	for !e.stop.Asked() && ctx.Err() == nil {
		next, ok := e.opts.Repeat.Next(task.Package, args)
		if !ok {
			break
		}
		switch {
		case pkg.Name != "":
		case next.Limited:
			pkg, limits = e.listing.Repeated(task, next.Args), limitsOf(e.opts.TestTimeout, e.opts.Tests, task.Package)
		default:
			pkg = plan.Package{Name: task.Package, Whole: true}
		}
		one := repeated{task: task, pkg: pkg, limits: limits, most: next.Most}
		one.task.Command = slices.Concat(task.Command[:first], next.Args)
		running.Go(func() error {
			if result, ok := e.repeatOnce(ctx, one); ok {
				e.opts.Repeat.Ended(next, result)
			}
			return nil
		})
	}
	_ = running.Wait() // there are no errors
	_, _ = io.WriteString(hook, "PASS\n")
	return 0
}

// repeated is one of the processes.
type repeated struct {
	task   pool.Task
	pkg    plan.Package
	limits *split.TestLimits // nil for none
	most   time.Duration     // after which it is ended, 0 for never
}

// repeatOnce runs one process. There is no result if the whole run was stopped before its end,
// which may be why it failed.
func (e *Engine) repeatOnce(whole context.Context, r repeated) (result option.Repeated, ok bool) {
	ctx, task := whole, r.task
	if r.most > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(whole, r.most, pool.ErrUnwanted)
		defer cancel()
	}
	output := spool.NewPipe()
	defer func() { _, _ = io.Copy(io.Discard, output) }() // which removes its file
	defer output.Close()
	escapes := gotest.MarksErrors(task.Command[task.Binary])
	var deadline *split.Deadline
	over := false
	observer := text.NewObserver(output, text.Options{Escapes: escapes, Observe: func(c text.Change) {
		deadline.See(c)
		if c.Action == "pass" && !c.Nested {
			result.Passed = append(result.Passed, c.Test)
		}
	}, OnFail: func(test string) string {
		if !over || !deadline.Over(framing.Root(test)) {
			return ""
		}
		return text.Note(text.TimedOut + deadline.Why())
	}})
	deadline = split.NewDeadline(r.limits, observer, observer.Running)
	task.Expired = deadline.Expired()
	var started time.Time
	code := e.pool.RunAs(ctx, r.pkg, task, deadline, func(int, string) {
		deadline.Begin()
		started = time.Now()
	})
	if over = deadline.Stop(); over && observer.Verdict() == "" {
		observer.NoteRunning()
	}
	observer.End()
	output.Close()
	switch {
	case code == 0:
	case e.stop.Asked() || whole.Err() != nil:
		return result, false
	case ctx.Err() != nil:
		result.Late = true
		return result, true
	}
	if !started.IsZero() { // otherwise its output says why it did not start
		result.Took = time.Since(started)
	}
	if result.Failed = code != 0 || observer.Failed(); result.Failed {
		result.Events, result.Err = e.eventsOf(task.Package, output, max(code, 1))
	}
	return result, true
}

// eventsOf returns the events of a process that printed output and ended with code.
func (e *Engine) eventsOf(pkg string, output io.Reader, code int) ([]byte, error) {
	tool, err := e.converter()
	if err != nil {
		return nil, err
	}
	var events bytes.Buffer
	converter, err := gotest.StartConverter(tool, pkg, &events)
	if err != nil {
		return nil, err
	}
	_, copyErr := io.Copy(converter, output)
	if err := converter.Finish(code); err != nil {
		return nil, err
	}
	if copyErr != nil {
		return nil, fmt.Errorf("reading the output of %s: %w", pkg, copyErr)
	}
	return events.Bytes(), nil
}
