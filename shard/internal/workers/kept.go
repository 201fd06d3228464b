package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/coverage"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// keptBinaries are the test binaries of failed packages. A rerun starts them again instead
// of building them again. The go command removes its own binaries when the hook has ended,
// so hard links are made before that.
type keptBinaries struct {
	enabled bool
	ctx     context.Context // for starting the go command for information
	goDir   string          // where the go command runs
	parent  string          // where it puts what it builds, empty for the folder of temporary files

	mu        sync.Mutex
	dir       string // mode 0700, created for the first one
	tasks     map[string]pool.Task
	codes     map[string]int // the last exit code of each
	converter func() (string, error)
	preparing sync.WaitGroup
}

// ErrNotKept is the error for a package without a kept binary. Its output has the reason.
var ErrNotKept = errors.New("its test binary was not kept")

// keep keeps the test binary of task, which ended with code.
func (k *keptBinaries) keep(task pool.Task, code int) error {
	if !k.enabled || task.Package == "" {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dir == "" {
		var err error
		if k.dir, err = temp.Dir(k.parent, "gotestshard-binaries-"); err != nil {
			return err
		}
		k.tasks, k.codes = map[string]pool.Task{}, map[string]int{}
		// After a failure there will be a rerun. Its converter is built while the other
		// tests run.
		k.converter = sync.OnceValues(func() (string, error) { return gotest.Test2JSON(k.ctx, k.goDir) })
		k.preparing.Go(func() { _, _ = k.converter() })
	}
	k.codes[task.Package] = code
	dir, err := os.MkdirTemp(k.dir, "")
	if err != nil {
		return err
	}
	binary := task.Command[task.Binary]
	name := filepath.Join(dir, filepath.Base(binary))
	if err := linkOrCopy(binary, name); err != nil {
		return err
	}
	task.Command = slices.Clone(task.Command)
	task.Command[task.Binary] = name
	task.Rerun = true
	k.tasks[task.Package] = task
	return nil
}

// linkOrCopy makes a hard link to a file, or a copy if the new name is on another disk.
func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// task returns the task for the rerun of a unit, with a separate folder for its coverage.
func (k *keptBinaries) task(unit engine.Unit) (pool.Task, gotest.Coverage, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	task, ok := k.tasks[unit.Package]
	if !ok {
		return pool.Task{}, gotest.Coverage{}, fmt.Errorf("running %s again: %w", unit.Package, ErrNotKept)
	}
	first := task.Binary + 1
	args, files, err := gotest.SeparateCoverage(k.dir, unit.Binary(task.Command[first:]))
	if err != nil {
		return pool.Task{}, gotest.Coverage{}, fmt.Errorf("creating a folder for the coverage of a rerun: %w", err)
	}
	task.Command = append(slices.Clone(task.Command[:first]), args...)
	task.Env = append(slices.Clone(task.Env), files.Env()...)
	return task, files, nil
}

// ended records how a rerun of a package ended.
func (k *keptBinaries) ended(pkg string, code int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.codes[pkg] = code
}

func (k *keptBinaries) remove() error {
	k.preparing.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dir == "" {
		return nil
	}
	return os.RemoveAll(k.dir)
}

// Rerun implements engine.Rerunner. All units are started at once, as far as there are
// workers, and their streams are returned one after another.
func (e *Engine) Rerun(units []engine.Unit) iter.Seq2[engine.Invocation, error] {
	return func(yield func(engine.Invocation, error) bool) {
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		runs, tool, err := e.planReruns(units, cancel)
		if err != nil {
			yield(nil, err)
			return
		}
		var running errgroup.Group
		running.SetLimit(e.opts.Workers) // so that they get their workers in this order
		if e.opts.RerunFailsAlone {
			running.SetLimit(1)
			e.pool.Observe((*plan.Scheduler).One)
			e.alone.Store(true)
		}
		var feeding sync.WaitGroup
		feeding.Go(func() {
			for _, run := range runs {
				running.Go(func() error {
					run.skipped = e.stop.Asked() || ctx.Err() != nil
					close(run.begun)
					if !run.skipped && run.missing == nil {
						run.run(ctx, e.pool, tool, e.stop.Asked)
						e.kept.ended(run.task.Package, run.code)
					}
					return nil
				})
			}
		})
		for _, run := range runs {
			if <-run.begun; run.skipped || !yield(run, run.missing) {
				break
			}
		}
		cancel(nil)
		feeding.Wait()
		_ = running.Wait() // the invocations returned their errors
		e.coverageErr = errors.Join(e.coverageErr, e.mergeCoverage(runs))
	}
}

// ExitCode implements engine.ExitCoder.
func (e *Engine) ExitCode(pkg string) int {
	e.kept.mu.Lock()
	defer e.kept.mu.Unlock()
	return e.kept.codes[pkg]
}

// Started implements engine.Starter.
func (e *Engine) Started(pkg string) bool {
	_, ok := e.assigned.lookup(pkg)
	return ok
}

// planReruns finds everything that the units need before any of them is started. A unit
// without a kept binary has a run without a task.
func (e *Engine) planReruns(units []engine.Unit, cancel context.CancelCauseFunc) (runs []*keptRun, tool string, err error) {
	for _, unit := range units {
		task, files, err := e.kept.task(unit)
		if err != nil && !errors.Is(err, ErrNotKept) {
			return nil, "", err
		}
		e.opts.Debugf(e.log, "exec: %s", task.Command)
		run := newKeptRun(task, files, cancel)
		run.name, run.outside, run.selects, run.missing = e.opts.WorkerName, unit.Outside, unit.Run != "", err
		run.limits = limitsOf(e.opts.TestTimeout, e.opts.Tests, task.Package)
		run.notes = func(test string) string { return e.splitter.Notes(task, task.Command[task.Binary+1:], nil, test) }
		runs = append(runs, run)
	}
	if !slices.ContainsFunc(runs, func(run *keptRun) bool { return run.missing == nil }) {
		return runs, "", nil // possibly no binary was kept
	}
	tool, err = e.kept.converter()
	return runs, tool, err
}

// mergeCoverage adds the coverage of the reruns to the user's profile, which the go
// command has written (gotestsum#274).
func (e *Engine) mergeCoverage(runs []*keptRun) error {
	var profiles []string
	for _, run := range runs {
		if profile := run.coverage.Profile; profile != "" {
			profiles = append(profiles, profile)
		}
	}
	if len(profiles) == 0 {
		return nil
	}
	if err := coverage.Merge(e.coverProfile, profiles); err != nil {
		return fmt.Errorf("adding the coverage of the reruns to %s: %w", e.coverProfile, err)
	}
	return nil
}

// coverage returns the user's profile including the reruns, empty without a profile.
func (e *Engine) coverage() *coverage.Profiles {
	profiles := new(coverage.Profiles)
	file, err := os.Open(e.coverProfile)
	if err != nil {
		return profiles // no profile was requested, or the go command has reported why there is none
	}
	defer func() { _ = file.Close() }()
	_ = profiles.Add(file) // an unreadable profile adds nothing; the reruns report it
	return profiles
}
