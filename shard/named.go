package shard

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
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// namedEngine is the commands of --shard, side by side.
type namedEngine struct {
	opts     option.Options
	stop     *process.Stop
	commands []*namedCommand
	merge    *stream.Merge
	merged   *stream.Reader
	errs     *errLines
	running  errgroup.Group
}

// namedCommand is one of them.
type namedCommand struct {
	name               string
	process            *process.Process
	out, err           *os.File
	watchedOut         *process.WatchedReader
	watchedErr         *process.WatchedReader
	started, completed time.Time
	end                process.End
}

func startNamed(opts option.Options, stderr io.Writer) (engine, error) {
	e := &namedEngine{opts: opts, stop: process.NewStop(opts.GracePeriod), errs: newErrLines(len(opts.Shards))}
	for _, shard := range opts.Shards { // before any of them runs
		if _, err := exec.LookPath(shard.Command[0]); err != nil {
			return nil, fmt.Errorf("shard %s cannot start: %w; is the command in --shard right?", shard.Name, err)
		}
	}
	for i, shard := range opts.Shards {
		opts.Debugf(stderr, "exec: %s", shard.Command)
		command, err := e.startCommand(i, shard)
		if err != nil {
			e.stop.Kill()
			e.startReading()
			drain(e)
			return nil, fmt.Errorf("shard %s cannot start: %w; is the command in --shard right?", shard.Name, err)
		}
		e.commands = append(e.commands, command)
	}
	e.startReading()
	return e, nil
}

func (e *namedEngine) startCommand(index int, shard option.Shard) (*namedCommand, error) {
	env := append(e.opts.GoEnvironment(), e.opts.Identity().Of(shard.Name, index, len(e.opts.Shards))...)
	c := &namedCommand{name: shard.Name, started: time.Now()}
	var err error
	spec := command{args: shard.Command, env: env, dir: e.opts.Dir}
	if c.process, c.out, c.err, err = spec.start(); err != nil {
		return nil, err
	}
	c.watchedOut, c.watchedErr = process.Watch(c.out), process.Watch(c.err)
	return c, nil
}

// startReading reads all that the started commands say until they have ended.
func (e *namedEngine) startReading() {
	var sources []stream.Source
	var inputs []io.Reader
	for _, c := range e.commands {
		source := stream.Source{Name: c.name}
		if e.opts.IgnoreNonJSONOutputLines {
			source.PassNonJSON = func(line []byte) { e.errs.add(c.name, line) }
		}
		sources = append(sources, source)
		inputs = append(inputs, c.watchedOut)
		e.running.Go(func() error { e.errs.read(c.name, c.watchedErr); return nil })
		e.running.Go(func() error { c.supervise(e.stop); return nil })
	}
	e.merge = stream.NewMerge(sources)
	e.merged = stream.NewReader(context.Background(), e.merge, inputs)
	go func() {
		_ = e.running.Wait() // its functions return nil
		<-e.merged.Done()    // which may pass lines on to errs
		e.errs.close()
	}()
}

// supervise waits for the command and lets go of it. Closing the pipes ends
// whoever still reads them.
func (c *namedCommand) supervise(stop *process.Stop) {
	c.end = stop.Supervise(context.Background(), c.process, process.Both(c.watchedOut, c.watchedErr), process.Limits{})
	c.completed = time.Now()
	c.process.Release()
	_, _ = c.out.Close(), c.err.Close()
}

func (e *namedEngine) stdout() io.Reader       { return e.merged }
func (e *namedEngine) stderr() io.Reader       { return e.errs }
func (e *namedEngine) errSource() string       { return e.errs.source() }
func (e *namedEngine) interrupt(sig os.Signal) { e.stop.Pass(process.Receive(sig)) }
func (e *namedEngine) kill()                   { e.stop.Kill() }
func (e *namedEngine) cleanUp() error          { return nil }
func (e *namedEngine) abandon()                { e.kill(); e.merged.Abandon() }
func (e *namedEngine) streamError() error      { return e.merged.Err() }

// wait returns the highest exit code of all commands, and names those that
// failed though none of their tests did.
func (e *namedEngine) wait() error {
	_ = e.running.Wait()
	e.merged.Close()
	var worst codedError
	var reasons []string
	for i, c := range e.commands {
		code := exitCode(commandError(c.end.Err))
		worst.code = max(worst.code, code)
		failed := func(pkg stream.Package) bool { return pkg.Result == "fail" }
		if code != 0 && !e.stop.Asked() && !slices.ContainsFunc(e.merge.Packages(i), failed) {
			reasons = append(reasons, fmt.Sprintf("shard %s: its command failed, though none of its tests did: %v", c.name, c.end.Err))
		}
	}
	if worst.code == 0 {
		return nil
	}
	worst.reason = strings.Join(reasons, "; ")
	return worst
}

func (e *namedEngine) shards() []report.Shard {
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
