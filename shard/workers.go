package shard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// goCommandGrace is how long the go command may take to clean up after its
// hooks were killed, at once or since the grace period was over, and to finish what it
// builds when nothing more is to run.
const goCommandGrace = 2 * time.Second

// workersEngine is one go test command whose test binaries a hook hands to a
// pool of workers.
type workersEngine struct {
	opts      option.Options
	pool      *pool.Pool
	stop      *process.Stop
	server    *gotest.Server
	goCommand *supervised  // nil for none
	group     atomic.Int64 // the process group of the tests, that of the go command; 0 for ours
	goStop    *process.Stop
	out, err  *os.File
	merged    *stream.Reader
	kept      keptBinaries
	log       io.Writer // for --debug

	timings  *timings
	listing  *listing
	parts    []plan.Part // of all nodes, with --partition
	splitter *split.Splitter
	assigned assignments
	failFast bool // whether the user's -failfast is on

	coverProfile string // the user's
	coverageErr  error  // of adding to it
}

func startWorkers(ctx context.Context, opts option.Options, stderr io.Writer) (engine, error) {
	settings, err := gotest.ReadSettings(ctx, opts.Dir, opts.Args)
	if err != nil {
		return nil, err
	}
	if err := refuseFailFast(opts, settings); err != nil {
		return nil, err
	}
	self, err := ownProgram()
	if err != nil {
		return nil, err
	}
	e := &workersEngine{opts: opts, stop: process.NewStop(opts.GracePeriod), log: stderr, coverProfile: settings.CoverProfile, failFast: settings.FailFast}
	e.goStop = process.NewStop(opts.GracePeriod + goCommandGrace)
	e.kept = keptBinaries{enabled: opts.RerunFails > 0, ctx: ctx, goDir: settings.Dir, parent: settings.TempDir}
	e.pool = pool.New(pool.Config{
		Workers: opts.Workers, Mode: opts.Dist, Env: e.workerEnv, Stop: e.stop,
		Group: func() int { return int(e.group.Load()) },
	})
	if e.timings, err = openTimings(ctx, opts, settings, stderr); err != nil {
		return nil, err
	}
	e.listing = newListing(ctx, opts, settings, e.timings.past, stderr)
	if err := e.findPart(settings); err != nil {
		e.listing.close()
		return nil, err
	}
	first := longestFirst(e.timings.past, opts.Workers, e.listing.packages)
	e.listing.begin()
	e.splitter = split.New()
	e.splitter.Pool, e.splitter.Stop, e.splitter.Restarts = e.pool, e.stop, opts.MaxWorkerRestart
	e.splitter.WorkerName, e.splitter.Record, e.splitter.Repro = option.WorkerName, e.timings.run, e.repro
	if e.server, err = gotest.NewServer(e.runTask); err != nil {
		e.listing.close()
		return nil, err
	}
	arguments, packages, digest := workerArgs(opts, settings), workerPackages(opts), ""
	if p := e.listing.part; p != nil {
		arguments, packages = p.arguments(arguments, packages)
		digest = p.digest
		// Nodes whose plans differ are seen in their logs, also without a merge.
		e.listing.say(fmt.Sprintf("part %s of the plan %.16s", p.name, plan.Digest(e.parts)))
		if len(p.packages) == 0 {
			return e.nothing()
		}
	}
	hook, err := settings.HookCommand(self, digest)
	if err != nil {
		return nil, errors.Join(err, e.cleanUp())
	}
	args := gotest.HookedCommand(arguments, packages, hook, parallel(opts.Workers, settings), first)
	opts.Debugf(stderr, "exec: %s", args)
	env := append(opts.GoEnvironment(), e.server.Environment()...)
	spec := command{args: args, env: env, dir: opts.Dir}
	goCommand, out, errs, err := spec.start()
	if err != nil {
		return nil, errors.Join(failedToRun(args, err), e.cleanUp())
	}
	e.group.Store(int64(goCommand.Group()))
	e.goCommand, e.out, e.err = superviseGo(goCommand, e.goStop), out, errs
	opts.Debugf(stderr, "go test pid: %d", goCommand.Pid())
	merge := stream.NewMerge([]stream.Source{{Lookup: e.assigned.lookup}})
	e.merged = stream.NewReader(context.Background(), merge, []io.Reader{e.out})
	return e, nil
}

// nothing is for a part without packages: there is no go command, and all else is as
// with one that says nothing.
func (e *workersEngine) nothing() (engine, error) {
	e.listing.say(fmt.Sprintf("part %s has nothing to run", e.listing.part.name))
	var err error
	if e.out, err = os.Open(os.DevNull); err == nil {
		e.err, err = os.Open(os.DevNull)
	}
	if err != nil {
		return nil, errors.Join(err, e.cleanUp())
	}
	e.merged = stream.NewReader(context.Background(), stream.NewMerge([]stream.Source{{Lookup: e.assigned.lookup}}), []io.Reader{e.out})
	return e, nil
}

// findPart plans what runs on which node, and which of it is this one's. There is no
// part of nothing: what is wrong then, the go command says.
func (e *workersEngine) findPart(settings gotest.Settings) (err error) {
	if e.opts.Partition.Total == 0 {
		return nil
	}
	if file := e.opts.PartitionTouch; file != "" {
		touched, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return fmt.Errorf("telling the CI that the tests are shared out: %w", err)
		}
		if err := errors.Join(os.Chtimes(file, time.Time{}, time.Now()), touched.Close()); err != nil {
			return fmt.Errorf("telling the CI that the tests are shared out: %w", err)
		}
	}
	if e.parts, err = e.listing.partition(e.opts.Partition.Total, settings, e.timings.shared); err != nil {
		return err
	}
	if slices.ContainsFunc(e.parts, func(p plan.Part) bool { return len(p.Packages) > 0 }) {
		e.listing.part = newPart(e.parts, e.opts)
	}
	return nil
}

// workerArgs are the arguments for go test. Where every worker runs everything, a
// result from the cache would not tell of all workers.
func workerArgs(opts option.Options, settings gotest.Settings) gotest.Args {
	if opts.Dist == plan.Each && settings.Count == "" {
		return append(gotest.Args{"-count=1"}, opts.Args...)
	}
	return opts.Args
}

// parallel is the -p that lets the go command start a test binary for each
// worker. It builds as many packages at once, so it is left alone when it is
// enough, and when the user has set it.
func parallel(workers int, settings gotest.Settings) int {
	if settings.Parallel != "" || workers <= runtime.GOMAXPROCS(0) {
		return 0
	}
	return workers
}

// runTask runs a test binary for a hook.
func (e *workersEngine) runTask(ctx context.Context, task pool.Task, hook gotest.Hook) int {
	queued := time.Now()
	binary := e.listing.binary(task, e.failFast)
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
	if code != 0 {
		if err := e.kept.keep(binary.Alone(task), code); err != nil {
			_, _ = fmt.Fprintf(hook, "gotestshard: keeping the test binary for a rerun: %v\n", err)
		}
	}
	return code
}

// repro returns the command that runs a batch again in one process.
func (e *workersEngine) repro(pkg string, binaryArgs []string) string {
	args := gotest.Args(e.opts.Args)
	if e.opts.Dir != "" { // which is not where the user is
		args = append(gotest.Args{"-C", e.kept.goDir}, args.Without("C")...)
	}
	return strings.Join(gotest.Repro(args, pkg, binaryArgs), " ")
}

func (e *workersEngine) workerEnv(worker int) []string {
	return e.opts.Identity().Of(option.WorkerName(worker), worker, e.opts.Workers)
}

func (e *workersEngine) stdout() io.Reader  { return e.merged }
func (e *workersEngine) stderr() io.Reader  { return stream.CutLines(e.err) }
func (e *workersEngine) errSource() string  { return "" }
func (e *workersEngine) streamError() error { return e.merged.Err() }
func (e *workersEngine) abandon()           { e.kill(); e.merged.Abandon() }

// interrupt asks all processes of the run to end, those of reruns too. The go command
// starts nothing more and waits for its hooks.
func (e *workersEngine) interrupt(sig os.Signal) {
	received := process.Receive(sig)
	e.stop.Pass(received)
	received.Signal = os.Interrupt // of SIGQUIT compilers would print their goroutines
	e.goStop.Pass(received)
}

// halt implements halter. The go command starts nothing more; what it builds it
// may finish, since a compiler that was interrupted looks like a package that
// does not build. But not for long.
func (e *workersEngine) halt(why error) {
	e.splitter.Halt(why)
	if e.goCommand != nil && !e.goCommand.ended() {
		_ = e.goCommand.InterruptLeader()
		time.AfterFunc(goCommandGrace, e.goStop.Interrupt)
	}
}

// kill ends the test processes. The go command ends when its hooks have, and
// removes its temporary files; one that does not is killed.
func (e *workersEngine) kill() {
	e.stop.Kill()
	e.goStop.Interrupt()
	time.AfterFunc(goCommandGrace, e.goStop.Kill)
}

func (e *workersEngine) wait() error {
	e.merged.Close()
	if e.goCommand == nil {
		return errors.Join(e.out.Close(), e.err.Close())
	}
	err := commandError(e.goCommand.wait())
	e.group.Store(0)
	_, _ = e.out.Close(), e.err.Close()
	return err
}

// cleanUp removes the socket and the binaries that were kept, and keeps how long
// everything took.
func (e *workersEngine) cleanUp() error {
	e.listing.close()
	e.timings.save()
	var errs []error
	if err := e.server.Close(); err != nil {
		errs = append(errs, fmt.Errorf("removing the hook's socket: %w", err))
	}
	if err := e.kept.remove(); err != nil {
		errs = append(errs, fmt.Errorf("removing test binaries: %w", err))
	}
	return errors.Join(append(errs, e.coverageErr)...)
}

func (e *workersEngine) shards() []report.Shard {
	shards := make([]report.Shard, e.opts.Workers)
	for worker := range shards {
		shards[worker].Worker = option.WorkerName(worker)
	}
	for _, run := range e.pool.Runs() {
		shard := &shards[run.Worker]
		if shard.Started.IsZero() {
			shard.Started = run.Started
		}
		shard.Completed = run.Ended
		shard.Busy += run.Took()
		shard.Runs = append(shard.Runs, report.Run{
			Package: run.Package, Started: run.Started, Completed: run.Ended, Failed: run.Failed, Rerun: run.Rerun,
		})
		if run.Rerun {
			continue
		}
		i := slices.IndexFunc(shard.Packages, func(p report.Package) bool { return p.Name == run.Package })
		if i < 0 {
			shard.Packages = append(shard.Packages, report.Package{Name: run.Package})
			i = len(shard.Packages) - 1
		}
		p := &shard.Packages[i]
		p.Elapsed += run.Took()
		p.Failed = p.Failed || run.Failed
	}
	return shards
}

// listed implements lister. Packages that stay whole are left to their TestMain.
func (e *workersEngine) listed() map[string][]string {
	listed := map[string][]string{}
	if !e.opts.Dist.Splits() {
		return listed
	}
	e.listing.mu.Lock()
	defer e.listing.mu.Unlock()
	for path, p := range e.listing.planned {
		if !p.Whole {
			listed[path] = names(p.Tests)
		}
	}
	return listed
}

// plannedParts implements planner.
func (e *workersEngine) plannedParts() []plan.Part { return e.parts }

// measured implements measured.
func (e *workersEngine) measured() (*history.Run, string) { return e.timings.run, e.coverProfile }
