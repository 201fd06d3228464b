// Package workers is the engine of -n: one go test whose test binaries are passed by a
// hook to a pool of workers, which may split a package.
package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/command"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/live"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
	"github.com/gotestshard/gotestshard/shard/internal/uncached"
)

// goCommandGrace is how long the go command may take to clean up after its hooks were
// killed, at once or since the end of the grace period, and to finish building when
// nothing more will run.
const goCommandGrace = 2 * time.Second

// Engine is one go test command whose test binaries are passed by a hook to a pool of
// workers.
type Engine struct {
	opts      option.Options
	pool      *pool.Pool
	stop      *process.Stop
	server    *gotest.Server
	goCommand *command.Supervised // nil for none
	group     atomic.Int64        // the process group of the tests, which the go command leads; 0 for ours
	goStop    *process.Stop
	out, err  io.ReadCloser
	merged    *stream.Reader
	kept      keptBinaries
	converter func() (string, error) // of the output of repeated processes
	log       io.Writer              // for --debug

	timings  *listing.Durations
	listing  *listing.Listing
	parts    []plan.Part // of all nodes, with --partition
	splitter *split.Splitter
	assigned assignments
	ran      sequences
	uncached atomic.Pointer[uncached.Watch] // hooks use it, which start after it is set
	failFast bool                           // whether the user's -failfast is on
	alone    atomic.Bool                    // whether all that runs runs alone
	race     bool                           // whether test binaries look for data races

	coverProfile string // the user's
	coverageErr  error  // from adding to it
}

// The features of workers that not every engine has.
var _ interface {
	engine.Rerunner
	engine.Halter
	engine.Lister
	engine.ExitCoder
	engine.Starter
	engine.Planner
	engine.Measurer
	engine.Sequencer
	engine.Knowing
	live.Source
} = (*Engine)(nil)

// Start starts the go command and the workers. What it asks the go command first ends with
// ctx.
func Start(ctx context.Context, opts option.Options, stderr io.Writer) (engine.Engine, error) {
	settings, err := gotest.ReadSettings(ctx, opts.Environ, opts.Dir, opts.Args)
	if err != nil {
		return nil, err
	}
	if err := engine.RefuseFailFast(opts.Reruns, settings); err != nil {
		return nil, err
	}
	self, err := process.Self()
	if err != nil {
		return nil, err
	}
	e := &Engine{opts: opts, assigned: assignments{name: opts.WorkerName}, stop: process.NewStop(opts.GracePeriod), log: stderr, coverProfile: settings.CoverProfile}
	e.failFast, e.race = settings.FailFast, settings.Race
	e.goStop = process.NewStop(opts.GracePeriod + goCommandGrace)
	e.kept = keptBinaries{enabled: opts.RerunFails > 0, ctx: ctx, goDir: settings.Dir, parent: settings.TempDir}
	e.converter = sync.OnceValues(func() (string, error) { return gotest.Test2JSON(ctx, settings.Dir) })
	e.pool = pool.New(pool.Config{
		Workers: opts.Workers, Mode: opts.Dist, Scatter: opts.Scatter, Env: e.workerEnv, Stop: e.stop, Leaks: e.leaks(),
		Hold:  e.hold(),
		Group: func() int { return int(e.group.Load()) },
	})
	if e.timings, err = e.openDurations(ctx, settings.Dir, stderr); err != nil {
		return nil, err
	}
	e.listing = listing.New(ctx, opts, settings, e.timings.Past, stderr)
	if err := e.findPart(settings); err != nil {
		e.listing.Close()
		return nil, err
	}
	var first []string
	if !opts.InOrder {
		first = listing.LongestFirst(e.timings.Past, opts.Workers, e.listing.Packages)
	}
	e.listing.Begin()
	e.splitter = split.New()
	e.splitter.Pool, e.splitter.Stop, e.splitter.Restarts = e.pool, e.stop, opts.MaxWorkerRestart
	e.splitter.WorkerName, e.splitter.Record = opts.WorkerName, e.timings.Run
	e.splitter.Shuffle = opts.Scatter
	e.splitter.Ran = func(pkg string, worker int, tests split.Sequence) { e.ran.add(pkg, opts.WorkerName(worker), tests) }
	e.splitter.Kept, e.splitter.Say = opts.Keep, e.listing.Say
	e.splitter.ExitCodes = len(opts.Flaky) > 0
	e.splitter.Limits = func(pkg string) *split.TestLimits { return limitsOf(opts.TestTimeout, opts.Tests, pkg) }
	again := gotest.NewAgain(opts.Args, opts.Dir)
	e.splitter.Rerun = func(task pool.Task, args []string, test string, room int) string {
		return again.Command(gotest.Failed{Package: task.Package, Dir: task.Dir, Test: test, Binary: args}, room)
	}
	if e.server, err = gotest.NewServer(opts.Environ, e.runTask); err != nil {
		e.listing.Close()
		return nil, err
	}
	if err := e.startGo(settings, self, first); err != nil {
		return nil, errors.Join(err, e.CleanUp())
	}
	merge := stream.NewMerge([]stream.Source{{Lookup: e.assigned.lookup}})
	e.merged = stream.NewReader(context.Background(), merge, []io.Reader{e.out})
	return e, nil
}

// startGo starts the go command, with self as its hook and the packages of first before
// all others. A part without packages has no go command, but its streams.
func (e *Engine) startGo(settings gotest.Settings, self string, first []string) error {
	if e.opts.NothingChanged {
		return e.startNothing()
	}
	arguments, packages, digest := workerArgs(e.opts.Args, e.opts.Dist, settings.Count), listing.WorkerPackages(e.opts.GoTest, e.opts.Environ), ""
	if p := e.listing.Part; p != nil {
		arguments, packages = p.Arguments(arguments, packages)
		digest = p.Digest
		if e.opts.Unit == nil { // Different plans of nodes can be recognized in their logs, also without a merge.
			e.listing.Say(fmt.Sprintf("part %s of plan %.16s", p.Name, plan.Digest(e.parts)))
		}
		if len(p.Packages) == 0 {
			e.listing.Say(fmt.Sprintf("part %s has nothing to run", p.Name))
			return e.startNothing()
		}
	}
	hook, err := settings.HookCommand(self, digest)
	if err != nil {
		return err
	}
	e.uncached.Store(watchCache(e.opts, settings, self, digest))
	args := gotest.HookedCommand(arguments, packages, hook, parallel(e.opts.Workers, settings), first)
	warns := e.opts.LinkCacheAsked || e.opts.Watch // otherwise it is for one run
	if args, err = engine.WithLinkCache(args, e.opts.Linking, warns, settings, e.log); err != nil {
		return err
	}
	e.opts.Debugf(e.log, "exec: %s", args)
	env := append(e.opts.GoEnvironment(), e.server.Environment()...)
	spec := command.Command{Args: args, Env: env, Dir: e.opts.Dir}
	goCommand, out, errs, err := spec.Start()
	if err != nil {
		return command.FailedToRun(args, err)
	}
	e.group.Store(int64(goCommand.Group()))
	e.goCommand, e.out, e.err = command.SuperviseGo(goCommand, e.goStop), out, errs
	e.opts.Debugf(e.log, "go test pid: %d", goCommand.Pid())
	return nil
}

// startNothing is startGo without packages. Everything else is the same as with a go command
// that prints nothing.
func (e *Engine) startNothing() error {
	var err error
	if e.out, err = os.Open(os.DevNull); err == nil {
		e.err, err = os.Open(os.DevNull)
	}
	return err
}

// findPart plans what runs on which node, and which part is this one's. If there are no
// packages there is no part, and the go command reports the problem.
func (e *Engine) findPart(settings gotest.Settings) (err error) {
	if unit := e.opts.Unit; unit != nil {
		e.listing.Part = listing.PartOf(unit)
		return nil
	}
	if e.opts.Partition.Total == 0 {
		return nil
	}
	if file := e.opts.PartitionTouch; file != "" {
		touched, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return fmt.Errorf("reporting to the CI that the tests are divided: %w", err)
		}
		if err := errors.Join(os.Chtimes(file, time.Time{}, time.Now()), touched.Close()); err != nil {
			return fmt.Errorf("reporting to the CI that the tests are divided: %w", err)
		}
	}
	if e.parts, err = e.listing.Partition(e.opts.Partition.Total, settings, e.timings.Shared); err != nil {
		return err
	}
	if slices.ContainsFunc(e.parts, func(p plan.Part) bool { return len(p.Packages) > 0 }) {
		e.listing.Part = listing.NewPart(e.parts, e.opts.Partition).Without(e.opts.LeftOut)
	}
	return nil
}

// workerArgs returns the arguments for go test, from those of the user with their -count. In mode
// each, a cached result would not be the result of all workers.
func workerArgs(args gotest.Args, mode plan.Mode, count string) gotest.Args {
	if mode == plan.Each && count == "" {
		return append(gotest.Args{"-count=1"}, args...)
	}
	return args
}

// parallel returns the -p that lets the go command start a test binary for each worker. It
// also builds that many packages at once, so -p is not changed if it is large enough or if
// the user has set it.
func parallel(workers int, settings gotest.Settings) int {
	if settings.Parallel != "" || workers <= runtime.GOMAXPROCS(0) {
		return 0
	}
	return workers
}

// runTask runs a test binary for a hook.
func (e *Engine) runTask(ctx context.Context, task pool.Task, hook gotest.Hook) int {
	queued := time.Now()
	if e.race {
		// Only here, because the go command includes what a test reads in the key of a cached
		// result, with the value from its own environment.
		task.Env = environ.WithRaceOptions(task.Env)
	}
	if e.opts.Narrow != nil {
		first := task.Binary + 1
		task.Command = slices.Concat(task.Command[:first], e.opts.Narrow(task.Package, task.Command[first:]))
	}
	if e.opts.Keep || e.opts.Result != "" || e.opts.Unit != nil {
		task.Build = uncached.Build(task.Command[task.Binary])
	}
	if e.opts.Repeat != nil {
		return e.repeat(ctx, task, hook)
	}
	test := e.uncached.Load().Begin(task.Package, task.Command[task.Binary], task.Asked, task.Command[task.Binary+1:], task.Dir)
	binary := e.listing.Binary(task, e.failFast)
	if binary.Nothing {
		return 0
	}
	begun := func(worker int, tests []string) { e.assigned.add(task.Package, queued, worker, tests) }
	code, err := e.splitter.Run(ctx, binary, hook, begun)
	if err != nil {
		_, _ = fmt.Fprintf(hook, "gotestshard: %v\n", err)
		code = max(code, 1)
	}
	e.assigned.ended(task.Package, code == 0)
	test.End(code)
	if code != 0 {
		if err := e.kept.keep(binary.Alone(task), code); err != nil {
			_, _ = fmt.Fprintf(hook, "gotestshard: keeping the test binary for a rerun: %v\n", err)
		}
	}
	return code
}

func (e *Engine) workerEnv(worker int) []string {
	if unit := e.opts.Unit; unit != nil {
		worker += unit.Worker
	}
	return e.opts.Identity().Of(option.WorkerName(worker), worker, e.opts.AllWorkers())
}

func (e *Engine) Stdout() io.Reader  { return e.merged }
func (e *Engine) Stderr() io.Reader  { return stream.CutLines(e.err) }
func (e *Engine) ErrSource() string  { return "" }
func (e *Engine) StreamError() error { return e.merged.Err() }
func (e *Engine) Abandon()           { e.Kill(); e.merged.Abandon() }

// Interrupt asks all processes of the run to end, including reruns. The go command starts
// nothing more and waits for its hooks.
func (e *Engine) Interrupt(sig os.Signal) {
	received := process.Receive(sig)
	e.stop.Pass(received)
	received.Signal = os.Interrupt // on SIGQUIT, compilers would print their goroutines
	e.goStop.Pass(received)
}

// Halt implements engine.Halter. The go command starts nothing more. It may finish current
// builds, because an interrupted compiler looks like a package that does not compile, but
// only for a short time.
func (e *Engine) Halt(why error) {
	e.splitter.Halt(why)
	if e.goCommand != nil && !e.goCommand.Ended() {
		_ = e.goCommand.InterruptLeader()
		time.AfterFunc(goCommandGrace, e.goStop.Interrupt)
	}
}

// Kill ends the test processes. The go command ends when its hooks have ended, and removes
// its temporary files. If it does not end, it is killed.
func (e *Engine) Kill() {
	e.stop.Kill()
	e.goStop.Interrupt()
	time.AfterFunc(goCommandGrace, e.goStop.Kill)
}

func (e *Engine) Wait() error {
	e.merged.Close()
	if e.goCommand == nil {
		return errors.Join(e.out.Close(), e.err.Close())
	}
	err := exit.OfCommand(e.goCommand.Await())
	e.group.Store(0)
	_, _ = e.out.Close(), e.err.Close()
	return err
}

// CleanUp removes the socket and the kept binaries, and saves all durations.
func (e *Engine) CleanUp() error {
	e.listing.Close()
	e.timings.Save()
	e.uncached.Load().Close()
	var errs []error
	if err := e.server.Close(); err != nil {
		errs = append(errs, fmt.Errorf("removing the hook's socket: %w", err))
	}
	if err := e.kept.remove(); err != nil {
		errs = append(errs, fmt.Errorf("removing test binaries: %w", err))
	}
	return errors.Join(append(errs, e.coverageErr)...)
}
