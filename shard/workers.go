package shard

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

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// goCommandGrace is how long the go command may take to clean up after its
// hooks were killed.
const goCommandGrace = 2 * time.Second

// workersEngine is one go test command whose test binaries a hook hands to a
// pool of workers.
type workersEngine struct {
	opts      option.Options
	pool      *pool.Pool
	stop      *process.Stop
	server    *gotest.Server
	goCommand *process.Process // in a group of its own: who signals ours tells us first
	out, err  *os.File
	merged    *stream.Reader
	goEnded   atomic.Bool
	killGo    sync.Once
	killTimer *time.Timer
	kept      keptBinaries
	log       io.Writer // for --debug

	coverProfile string // the user's
	coverageErr  error  // of adding to it
}

func startWorkers(opts option.Options, stderr io.Writer) (engine, error) {
	settings, err := gotest.ReadSettings(context.Background(), opts.Dir, opts.Args)
	if err != nil {
		return nil, err
	}
	if err := refuseFailFast(opts, settings); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding gotestshard's own program for the hook: %w", err)
	}
	hook, err := settings.HookCommand(self)
	if err != nil {
		return nil, err
	}

	e := &workersEngine{opts: opts, stop: process.NewStop(opts.GracePeriod), log: stderr, coverProfile: settings.CoverProfile}
	e.kept.enabled, e.kept.goDir = opts.RerunFails > 0, settings.Dir
	e.pool = pool.New(pool.Config{Workers: opts.Workers, Env: e.workerEnv, Stop: e.stop})
	if e.server, err = gotest.NewServer(e.runTask); err != nil {
		return nil, err
	}
	packages := opts.Packages
	if len(packages) == 0 {
		packages = gotest.DefaultPackages(opts.Args)
	}
	args := gotest.HookedCommand(opts.Args, packages, hook, parallel(opts.Workers, settings))
	debugf(opts, stderr, "exec: %s", args)
	env := slices.Concat(withoutIdentity(os.Environ(), opts.WorkerEnv), opts.SetupEnv, e.server.Environment())
	spec := command{args: args, env: env, dir: opts.Dir}
	if e.goCommand, e.out, e.err, err = spec.start(); err != nil {
		return nil, errors.Join(failedToRun(args, err), e.cleanUp())
	}
	debugf(opts, stderr, "go test pid: %d", e.goCommand.Pid())
	merge := stream.NewMerge([]stream.Source{{Lookup: e.lookup}})
	e.merged = stream.NewReader(context.Background(), merge, []io.Reader{e.out})
	return e, nil
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

func (e *workersEngine) lookup(pkg string) (stream.Run, bool) {
	run, ok := e.pool.Lookup(pkg)
	if !ok {
		return stream.Run{}, false
	}
	return stream.Run{Worker: option.WorkerName(run.Worker), Waited: run.Waited(), Passed: run.Passed()}, true
}

// runTask runs a test binary for a hook.
func (e *workersEngine) runTask(ctx context.Context, task pool.Task, out io.Writer, started func(int)) int {
	code := e.pool.Run(ctx, task, out, started)
	if code != 0 {
		if err := e.kept.keep(task); err != nil {
			_, _ = fmt.Fprintf(out, "gotestshard: keeping the test binary for a rerun: %v\n", err)
		}
	}
	return code
}

func (e *workersEngine) workerEnv(worker int) []string {
	return identity(e.opts, option.WorkerName(worker), worker, e.opts.Workers)
}

func (e *workersEngine) stdout() io.Reader  { return e.merged }
func (e *workersEngine) stderr() io.Reader  { return stream.CutLines(e.err) }
func (e *workersEngine) errSource() string  { return "" }
func (e *workersEngine) streamError() error { return e.merged.Err() }
func (e *workersEngine) abandon()           { e.kill(); e.merged.Abandon() }

func (e *workersEngine) interrupt(os.Signal) {
	e.stop.Interrupt()
	if !e.goEnded.Load() {
		_ = e.goCommand.Interrupt() // it starts nothing more and waits for its hooks
	}
}

// kill ends the test processes. The go command ends when its hooks have, and
// removes its temporary files; one that does not is killed.
func (e *workersEngine) kill() {
	e.killGo.Do(func() {
		e.interrupt(os.Interrupt)
		e.stop.Kill()
		e.killTimer = time.AfterFunc(goCommandGrace, func() { _ = e.goCommand.Kill() })
	})
}

func (e *workersEngine) wait() error {
	e.merged.Close()
	err := commandError(e.goCommand.Wait())
	e.goEnded.Store(true)
	e.killGo.Do(func() {}) // from here on there is nothing to kill
	if e.killTimer != nil {
		e.killTimer.Stop()
	}
	e.goCommand.Release()
	_, _ = e.out.Close(), e.err.Close()
	return err
}

// cleanUp removes the socket and the binaries that were kept.
func (e *workersEngine) cleanUp() error {
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
		if run.Rerun {
			continue
		}
		shard.Packages = append(shard.Packages, report.Package{Name: run.Package, Elapsed: run.Took(), Failed: run.Failed})
	}
	return shards
}
