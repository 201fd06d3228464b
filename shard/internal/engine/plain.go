package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/command"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// Plain is one command without workers, as in gotestsum. Reruns are further commands, one
// after another.
type Plain struct {
	*plainCommand // the first
	opts          option.Options
	log           io.Writer // standard error

	ctx  context.Context // for starting the go command for information
	stop *process.Stop
}

var _ interface {
	Rerunner
	Measurer
} = (*Plain)(nil)

// StartPlain starts one go test, or the command of --raw-command. What it asks the go
// command first ends with ctx.
func StartPlain(ctx context.Context, opts option.Options, stderr io.Writer) (Engine, error) {
	e := &Plain{ctx: ctx, stop: process.NewStop(opts.GracePeriod), opts: opts, log: stderr}
	if opts.RerunFailsStrict && !opts.RawCommand {
		settings, err := gotest.ReadSettings(ctx, opts.Environ, opts.Dir, opts.Args)
		if err := errors.Join(err, RefuseFailFast(opts.Reruns, settings)); err != nil {
			return nil, err
		}
	}
	var err error
	if opts.NothingChanged {
		e.plainCommand, err = startNothing()
		return e, err
	}
	e.plainCommand, err = e.start(gotest.Rerun{})
	return e, err
}

// startNothing returns what a command that prints nothing would be.
func startNothing() (*plainCommand, error) {
	out, err := os.Open(os.DevNull)
	if err != nil {
		return nil, fmt.Errorf("starting nothing: %w", err)
	}
	errs, err := os.Open(os.DevNull)
	if err != nil {
		return nil, fmt.Errorf("starting nothing: %w", errors.Join(err, out.Close()))
	}
	return &plainCommand{out: out, err: errs}, nil
}

// start starts the command, with the changes for a rerun.
func (e *Plain) start(rerun gotest.Rerun) (*plainCommand, error) {
	args := rerun.RawCommand(e.opts.Args)
	if !e.opts.RawCommand {
		var err error
		if args, err = e.withLinkCache(rerun.Command(e.opts.Args, e.opts.Packages)); err != nil {
			return nil, err
		}
	}
	if len(args) == 0 {
		return nil, errors.New("missing command to run")
	}
	e.opts.Debugf(e.log, "exec: %s", args)
	p, out, errs, err := e.command(args).Start()
	if err != nil {
		return nil, command.FailedToRun(args, err)
	}
	e.opts.Debugf(e.log, "go test pid: %d", p.Pid())
	return &plainCommand{command: command.SuperviseGo(p, e.stop), out: out, err: errs}, nil
}

// command returns the command with the streams that it may use.
func (e *Plain) command(args []string) command.Command {
	env := slices.Concat(e.opts.Environ, e.opts.SetupEnv)
	c := command.Command{Args: args, Env: env, Dir: e.opts.Dir, Unmarked: true}
	if !e.opts.Watch || e.opts.RawCommand {
		// The watch reads the keys, and tests of go test have no input.
		c.Stdin = e.opts.Stdin
	}
	return c
}

// Rerun implements Rerunner.
func (e *Plain) Rerun(units []Unit) iter.Seq2[Invocation, error] {
	return func(yield func(Invocation, error) bool) {
		for _, unit := range units {
			if e.stop.Asked() {
				return
			}
			if c, err := e.start(unit.Rerun); !yield(c, err) {
				return
			}
		}
	}
}

func (e *Plain) Interrupt(sig os.Signal) { e.stop.Pass(process.Receive(sig)) }
func (e *Plain) Kill()                   { e.stop.Kill() }

func (e *Plain) ErrSource() string      { return "" }
func (e *Plain) CleanUp() error         { return nil }
func (e *Plain) Shards() []report.Shard { return nil }

// plainCommand is one of its commands.
type plainCommand struct {
	command  *command.Supervised // nil for none
	out, err io.ReadCloser
}

func (c *plainCommand) Stdout() io.Reader  { return stream.ShortLines(c.out) }
func (c *plainCommand) Stderr() io.Reader  { return stream.CutLines(c.err) }
func (c *plainCommand) Abandon()           { c.abandon() }
func (c *plainCommand) StreamError() error { return nil }

func (c *plainCommand) abandon() {
	if c.command != nil {
		c.command.Abandon()
	}
}

func (c *plainCommand) Wait() error {
	var err error
	if c.command != nil {
		err = c.command.Await()
	}
	_, _ = c.out.Close(), c.err.Close()
	return exit.OfCommand(err)
}

// Measured implements Measurer. Durations are not measured.
func (e *Plain) Measured() (*history.Run, string) {
	if e.opts.RawCommand || e.opts.Result == "" {
		return nil, ""
	}
	settings, err := gotest.ReadSettings(e.ctx, e.opts.Environ, e.opts.Dir, e.opts.Args)
	if err != nil {
		return nil, "" // the go command reports the error
	}
	return nil, settings.CoverProfile
}
