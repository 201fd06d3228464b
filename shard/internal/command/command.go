// Package command starts and ends commands whose output a run reads.
package command

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Command is a command to start.
type Command struct {
	Args  []string
	Env   []string // nil for that of this process
	Dir   string   // empty for the working directory
	Stdin *os.File // nil for empty input
	// Unmarked is whether its environment stays unchanged.
	Unmarked bool
}

// Start starts the command and returns the pipes of its standard output and error.
func (c Command) Start() (p *process.Process, stdout, stderr *process.Pipe, err error) {
	stdout, outWrite, err := process.NewPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { _ = outWrite.Close() }()
	stderr, errWrite, err := process.NewPipe()
	if err != nil {
		return nil, nil, nil, errors.Join(err, stdout.Close())
	}
	defer func() { _ = errWrite.Close() }()
	start := process.Start
	if c.Unmarked {
		start = process.StartUnmarked
	}
	p, err = start(func() *exec.Cmd {
		cmd := exec.Command(c.Args[0], c.Args[1:]...)
		cmd.Env, cmd.Dir = c.Env, c.Dir
		if c.Stdin != nil {
			cmd.Stdin = c.Stdin
		}
		cmd.Stdout, cmd.Stderr = outWrite, errWrite
		return cmd
	})
	if err != nil {
		return nil, nil, nil, errors.Join(err, stdout.Close(), stderr.Close())
	}
	return p, stdout, stderr, nil
}

// FailedToRun is gotestsum's error for a command that cannot start.
func FailedToRun(command []string, err error) error {
	return fmt.Errorf("failed to run %s: %w", strings.Join(command, " "), err)
}
