package shard

import (
	"errors"
	"io"
	"os"
	"os/exec"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// plainEngine is one command without workers: what gotestsum does.
type plainEngine struct {
	cmd      *exec.Cmd
	out, err io.Reader
}

func startPlain(opts option.Options, stderr io.Writer) (engine, error) {
	command := opts.Args
	if !opts.RawCommand {
		command = gotest.Command(opts.Args, opts.Packages)
	}
	if len(command) == 0 {
		return nil, errors.New("missing command to run")
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = os.Stdin
	debugf(opts, stderr, "exec: %s", cmd.Args)
	e := &plainEngine{cmd: cmd}
	var err error
	if e.out, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if e.err, err = cmd.StderrPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, failedToRun(command, err)
	}
	debugf(opts, stderr, "go test pid: %d", cmd.Process.Pid)
	return e, nil
}

func (e *plainEngine) stdout() io.Reader      { return e.out }
func (e *plainEngine) stderr() io.Reader      { return e.err }
func (e *plainEngine) errSource() string      { return "" }
func (e *plainEngine) interrupt()             { _ = e.cmd.Process.Signal(os.Interrupt) }
func (e *plainEngine) cleanUp() error         { return nil }
func (e *plainEngine) kill()                  { _ = e.cmd.Process.Kill() }
func (e *plainEngine) abandon()               { e.kill() }
func (e *plainEngine) streamError() error     { return nil }
func (e *plainEngine) wait() error            { return commandError(e.cmd.Wait()) }
func (e *plainEngine) shards() []report.Shard { return nil }
