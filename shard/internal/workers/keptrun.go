package workers

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/spool"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// keptRun is one test process of a rerun, as an invocation.
type keptRun struct {
	task     pool.Task
	name     func(worker int) string // of a worker with an index
	limits   *split.TestLimits       // nil for none
	coverage gotest.Coverage
	outside  bool                     // see engine.Unit
	notes    func(test string) string // the lines about a failed test, or without a name about the package
	selects  bool                     // whether it runs only named tests, each of which must have a result
	missing  error                    // why there is nothing to run
	output   *spool.Pipe
	merged   *stream.Reader
	cancel   context.CancelCauseFunc // ends the whole attempt
	begun    chan struct{}           // closed when it has a worker or is skipped
	skipped  bool                    // valid when begun is closed: the run was interrupted
	done     chan struct{}

	mu     sync.Mutex
	worker string // its id, empty while it has none
	code   int    // valid when done is closed
	over   bool   // whether the process was ended because it took too long
	halted error  // why the whole attempt was stopped
	err    error
}

var _ interface {
	engine.Invocation
	engine.Halter
} = (*keptRun)(nil)

func newKeptRun(task pool.Task, files gotest.Coverage, cancel context.CancelCauseFunc) *keptRun {
	r := &keptRun{task: task, coverage: files, cancel: cancel, output: spool.NewPipe(), begun: make(chan struct{}), done: make(chan struct{})}
	return r
}

// run runs the process and ends the stream. stopped reports whether the whole run was
// interrupted.
func (r *keptRun) run(ctx context.Context, workers *pool.Pool, tool string, stopped func() bool) {
	defer close(r.done)
	defer r.output.Close()
	converter, err := gotest.StartConverter(tool, r.task.Package, r.output)
	if err != nil {
		r.err = err
		return
	}
	escapes := gotest.MarksErrors(r.task.Command[r.task.Binary])
	var words text.Edges
	var deadline *split.Deadline
	observer := text.NewObserver(io.MultiWriter(converter, &words), text.Options{
		Escapes: escapes, Observe: func(c text.Change) { deadline.See(c) },
		OnFail: func(test string) string { return r.timedOut(deadline, test) + r.notes(test) },
	})
	deadline = split.NewDeadline(r.limits, observer, observer.Running)
	r.task.Expired = deadline.Expired()
	code := workers.Run(ctx, r.task, deadline, func(worker int, _ string) {
		deadline.Begin()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.worker = r.name(worker)
	})
	r.mu.Lock()
	r.over = deadline.Stop()
	r.code = code
	halted := r.halted
	r.mu.Unlock()
	if halted != nil && observer.Verdict() == "" {
		observer.SkipRunning(text.Note("stopped: " + halted.Error()))
	}
	if halted == nil && code != 0 && ctx.Err() == nil && !stopped() && observer.Verdict() == "" {
		observer.NoteRunning()
	}
	observer.End()
	if code == 0 && r.selects && ranWithoutVerdict(observer) {
		_, _ = io.WriteString(converter, "\x16PASS\n") // as in the first run, see split
	}
	if halted == nil && ctx.Err() == nil && !stopped() {
		_, _ = io.WriteString(converter, r.outsideTests(observer, words.BehindTests(escapes), code, escapes)) // Finish has its error
	}
	r.err = converter.Finish(code)
}

// timedOut returns the line about a failed test that has run too long, empty for others.
func (r *keptRun) timedOut(deadline *split.Deadline, test string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over || !deadline.Over(framing.Root(test)) {
		return ""
	}
	return text.Note(text.TimedOut + deadline.Why())
}

// ranWithoutVerdict reports whether tests ran and have all ended, but the verdict is
// missing. A test that sets os.Stdout hides it.
func ranWithoutVerdict(o *text.Observer) bool {
	return o.Verdict() == "" && len(o.Started()) > 0 && !o.InTest() && len(o.Paused()) == 0 && !o.Failed()
}

// outsideTests returns the text about the part of a process outside its tests: that it
// failed, or passes now. The process ended with code.
func (r *keptRun) outsideTests(process split.Process, printed string, code int, escapes bool) string {
	why := split.FailedOutside(process, code)
	switch {
	case slices.Contains(process.Started(), split.OutsideTests):
		return "" // the package has a test of that name
	case why == "" && !r.outside:
		return ""
	case why == "" && code == 0:
		return text.OfTest(split.OutsideTests, "", "PASS", escapes)
	case why == "": // the tests have more details
		printed = ""
		why = fmt.Sprintf("may still fail outside its tests, which cannot be seen because some of them failed (exit status %d)", code)
	}
	if printed != "" && !strings.HasSuffix(printed, "\n") {
		printed += "\n"
	}
	return text.OfTest(split.OutsideTests, printed+text.Note("the test process "+why)+r.notes(""), "FAIL", escapes)
}

func (r *keptRun) lookup(string) (stream.Run, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return stream.Run{Worker: r.worker, Passed: r.code == 0}, r.worker != ""
}

// Stdout implements engine.Invocation. It may be called only once.
func (r *keptRun) Stdout() io.Reader {
	merge := stream.NewMerge([]stream.Source{{Lookup: r.lookup}})
	r.merged = stream.NewReader(context.Background(), merge, []io.Reader{r.output})
	return r.merged
}

func (r *keptRun) Stderr() io.Reader  { return strings.NewReader("") }
func (r *keptRun) StreamError() error { return r.merged.Err() }
func (r *keptRun) Abandon()           { r.cancel(nil); r.merged.Abandon() }

// Halt implements engine.Halter.
func (r *keptRun) Halt(why error) {
	r.mu.Lock()
	r.halted = why
	r.mu.Unlock()
	r.cancel(pool.ErrUnwanted)
}

func (r *keptRun) Wait() error {
	<-r.done
	r.merged.Close()
	switch {
	case r.err != nil:
		return r.err
	case r.code != 0:
		return exit.Error{Code: exit.Failed} // like that of go test
	}
	return nil
}
