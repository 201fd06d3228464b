package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/command"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// Named runs the commands of --shard in parallel.
type Named struct {
	opts     option.Options
	stop     *process.Stop
	commands []*namedCommand
	merge    *stream.Merge
	merged   *stream.Reader
	errs     *ErrLines
	running  errgroup.Group
}

// namedCommand is one of them.
type namedCommand struct {
	name               string
	process            *process.Process
	out, err           *process.Pipe
	watchedOut         *process.WatchedReader
	watchedErr         *process.WatchedReader
	started, completed time.Time
	end                process.End
}

// StartNamed starts the commands of --shard. If one of them cannot start, the others are
// ended.
func StartNamed(opts option.Options, stderr io.Writer) (Engine, error) {
	e := &Named{opts: opts, stop: process.NewStop(opts.GracePeriod), errs: NewErrLines(len(opts.Shards))}
	for _, shard := range opts.Shards { // before any of them starts
		if _, err := exec.LookPath(shard.Command[0]); err != nil {
			return nil, fmt.Errorf("shard %s cannot start: %w; check its command in --shard", shard.Name, err)
		}
	}
	for i, shard := range opts.Shards {
		opts.Debugf(stderr, "exec: %s", shard.Command)
		command, err := e.startCommand(i, shard)
		if err != nil {
			e.stop.Kill()
			e.startReading()
			Drain(e)
			return nil, fmt.Errorf("shard %s cannot start: %w; check its command in --shard", shard.Name, err)
		}
		e.commands = append(e.commands, command)
	}
	e.startReading()
	return e, nil
}

func (e *Named) startCommand(index int, shard option.Shard) (*namedCommand, error) {
	env := append(e.opts.GoEnvironment(), e.opts.Identity().Of(shard.Name, index, len(e.opts.Shards))...)
	c := &namedCommand{name: shard.Name, started: time.Now()}
	var err error
	spec := command.Command{Args: shard.Command, Env: env, Dir: e.opts.Dir}
	if c.process, c.out, c.err, err = spec.Start(); err != nil {
		return nil, err
	}
	c.watchedOut, c.watchedErr = process.Watch(c.out), process.Watch(c.err)
	return c, nil
}

// startReading reads the output of the started commands until they have ended.
func (e *Named) startReading() {
	var sources []stream.Source
	var inputs []io.Reader
	for _, c := range e.commands {
		source := stream.Source{Name: c.name}
		if e.opts.IgnoreNonJSONOutputLines {
			source.PassNonJSON = func(line []byte) { e.errs.Add(c.name, line) }
		}
		sources = append(sources, source)
		inputs = append(inputs, c.watchedOut)
		e.running.Go(func() error { e.errs.ReadLines(c.name, c.watchedErr); return nil })
		e.running.Go(func() error { c.supervise(e.stop); return nil })
	}
	e.merge = stream.NewMerge(sources)
	e.merged = stream.NewReader(context.Background(), e.merge, inputs)
	go func() {
		_ = e.running.Wait() // its functions return nil
		<-e.merged.Done()    // it may pass lines on to errs
		e.errs.Close()
	}()
}

// supervise waits for the command and releases it. Closing the pipes ends their readers.
func (c *namedCommand) supervise(stop *process.Stop) {
	c.end = stop.Supervise(context.Background(), c.process, process.Both(c.watchedOut, c.watchedErr), process.Limits{})
	c.completed = time.Now()
	c.process.Release()
	_, _ = c.out.Close(), c.err.Close()
}

func (e *Named) Stdout() io.Reader       { return e.merged }
func (e *Named) Stderr() io.Reader       { return e.errs }
func (e *Named) ErrSource() string       { return e.errs.source() }
func (e *Named) Interrupt(sig os.Signal) { e.stop.Pass(process.Receive(sig)) }
func (e *Named) Kill()                   { e.stop.Kill() }
func (e *Named) CleanUp() error          { return nil }
func (e *Named) Abandon()                { e.Kill(); e.merged.Abandon() }
func (e *Named) StreamError() error      { return e.merged.Err() }

// Wait returns the highest exit code of all commands, and names those that failed
// although none of their tests failed.
func (e *Named) Wait() error {
	_ = e.running.Wait()
	e.merged.Close()
	var worst exit.Error
	var reasons []string
	for i, c := range e.commands {
		code := exit.Code(exit.OfCommand(c.end.Err))
		worst.Code = max(worst.Code, code)
		failed := func(pkg stream.Package) bool { return pkg.Result == "fail" }
		if code != 0 && !e.stop.Asked() && !slices.ContainsFunc(e.merge.Packages(i), failed) {
			reasons = append(reasons, fmt.Sprintf("shard %s: its command failed, although none of its tests failed: %v", c.name, c.end.Err))
		}
	}
	if worst.Code == 0 {
		return nil
	}
	worst.Reason = strings.Join(reasons, "; ")
	return worst
}

func (e *Named) Shards() []report.Shard {
	var shards []report.Shard
	for i, c := range e.commands {
		shard := report.Shard{
			Worker: c.name, Started: c.started, Completed: c.completed, Busy: c.completed.Sub(c.started),
		}
		for _, pkg := range e.merge.Packages(i) {
			if pkg.Result == "skip" {
				continue // it has no tests, so nothing ran
			}
			shard.Packages = append(shard.Packages, report.Package{
				Name: pkg.Name, Elapsed: pkg.Elapsed, Failed: pkg.Result == "fail",
			})
		}
		shards = append(shards, shard)
	}
	return shards
}
