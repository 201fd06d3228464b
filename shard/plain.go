package shard

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// plainEngine is one command without workers: what gotestsum does. Reruns are
// further commands, one after another.
type plainEngine struct {
	*plainCommand // the first
	opts          option.Options
	log           io.Writer // for --debug

	mu          sync.Mutex
	current     *plainCommand
	interrupted bool
	received    process.Received
	killed      bool
}

func startPlain(opts option.Options, stderr io.Writer) (engine, error) {
	e := &plainEngine{opts: opts, log: stderr}
	if opts.RerunFailsStrict && !opts.RawCommand {
		settings, err := gotest.ReadSettings(context.Background(), opts.Dir, opts.Args)
		if err := errors.Join(err, refuseFailFast(opts, settings)); err != nil {
			return nil, err
		}
	}
	var err error
	e.plainCommand, err = e.start(gotest.Rerun{})
	return e, err
}

// start starts the command, with what a rerun changes in it.
func (e *plainEngine) start(rerun gotest.Rerun) (*plainCommand, error) {
	args := rerun.RawCommand(e.opts.Args)
	if !e.opts.RawCommand {
		args = rerun.Command(e.opts.Args, e.opts.Packages)
	}
	if len(args) == 0 {
		return nil, errors.New("missing command to run")
	}
	debugf(e.opts, e.log, "exec: %s", args)
	c := &plainCommand{}
	var err error
	c.process, c.out, c.err, err = e.command(args).start()
	if err != nil {
		return nil, failedToRun(args, err)
	}
	debugf(e.opts, e.log, "go test pid: %d", c.process.Pid())
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = c
	return c, nil
}

// command is the command with what it may use of ours.
func (e *plainEngine) command(args []string) command {
	env := append(os.Environ(), e.opts.SetupEnv...)
	c := command{args: args, env: env, dir: e.opts.Dir, unmarked: true}
	if !e.opts.Watch || e.opts.RawCommand {
		// The keys are the watch's to read, and tests of go test have no input.
		c.stdin = os.Stdin
	}
	return c
}

// rerun implements engine.
func (e *plainEngine) rerun(units []rerunUnit) iter.Seq2[invocation, error] {
	return func(yield func(invocation, error) bool) {
		for _, unit := range units {
			if e.wasInterrupted() {
				return
			}
			c, err := e.start(unit.Rerun)
			if e.wasInterrupted() { // meanwhile
				e.signal()
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func (e *plainEngine) wasInterrupted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.interrupted
}

func (e *plainEngine) interrupt(sig os.Signal) {
	e.mu.Lock()
	e.interrupted, e.received = true, process.Receive(sig)
	e.mu.Unlock()
	e.signal()
	time.AfterFunc(e.opts.GracePeriod, e.kill)
}

func (e *plainEngine) kill() {
	e.mu.Lock()
	e.interrupted, e.killed = true, true
	e.mu.Unlock()
	e.signal()
}

// signal ends the current command in the way that was asked for.
func (e *plainEngine) signal() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current.end(e.killed, e.received)
}

func (e *plainEngine) errSource() string      { return "" }
func (e *plainEngine) cleanUp() error         { return nil }
func (e *plainEngine) shards() []report.Shard { return nil }

// plainCommand is one of its commands.
type plainCommand struct {
	process  *process.Process
	out, err *os.File

	mu    sync.Mutex
	ended bool
}

func (c *plainCommand) stdout() io.Reader  { return stream.ShortLines(c.out) }
func (c *plainCommand) stderr() io.Reader  { return stream.CutLines(c.err) }
func (c *plainCommand) abandon()           { c.end(true, process.Received{}) }
func (c *plainCommand) streamError() error { return nil }

func (c *plainCommand) end(kill bool, received process.Received) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended:
	case kill:
		_ = c.process.Kill()
	default:
		passToGo(c.process, received)
	}
}

func (c *plainCommand) wait() error {
	err := c.process.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.process.Release()
	_, _ = c.out.Close(), c.err.Close()
	return commandError(err)
}
