package shard

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
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

	ctx  context.Context // of what is asked of the go command
	stop *process.Stop
}

func startPlain(ctx context.Context, opts option.Options, stderr io.Writer) (engine, error) {
	e := &plainEngine{ctx: ctx, stop: process.NewStop(opts.GracePeriod), opts: opts, log: stderr}
	if opts.RerunFailsStrict && !opts.RawCommand {
		settings, err := gotest.ReadSettings(ctx, opts.Dir, opts.Args)
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
	e.opts.Debugf(e.log, "exec: %s", args)
	p, out, errs, err := e.command(args).start()
	if err != nil {
		return nil, failedToRun(args, err)
	}
	e.opts.Debugf(e.log, "go test pid: %d", p.Pid())
	return &plainCommand{command: superviseGo(p, e.stop), out: out, err: errs}, nil
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
			if e.stop.Asked() {
				return
			}
			if c, err := e.start(unit.Rerun); !yield(c, err) {
				return
			}
		}
	}
}

func (e *plainEngine) interrupt(sig os.Signal) { e.stop.Pass(process.Receive(sig)) }
func (e *plainEngine) kill()                   { e.stop.Kill() }

func (e *plainEngine) errSource() string      { return "" }
func (e *plainEngine) cleanUp() error         { return nil }
func (e *plainEngine) shards() []report.Shard { return nil }

// plainCommand is one of its commands.
type plainCommand struct {
	command  *supervised
	out, err *os.File
}

func (c *plainCommand) stdout() io.Reader  { return stream.ShortLines(c.out) }
func (c *plainCommand) stderr() io.Reader  { return stream.CutLines(c.err) }
func (c *plainCommand) abandon()           { c.command.abandon() }
func (c *plainCommand) streamError() error { return nil }

func (c *plainCommand) wait() error {
	err := c.command.wait()
	_, _ = c.out.Close(), c.err.Close()
	return commandError(err)
}

// measured implements measured: how long tests took, nobody looked.
func (e *plainEngine) measured() (*history.Run, string) {
	if e.opts.RawCommand || e.opts.Result == "" {
		return nil, ""
	}
	settings, err := gotest.ReadSettings(e.ctx, e.opts.Dir, e.opts.Args)
	if err != nil {
		return nil, "" // the go command says what is wrong with them
	}
	return nil, settings.CoverProfile
}
