package shard

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// command is what is to be started.
type command struct {
	args  []string
	env   []string // nil for this process's own
	dir   string   // empty for the working directory
	stdin *os.File // nil for nothing to read
	// unmarked is whether its environment is to stay as it is.
	unmarked bool
}

// start starts the command and returns the pipes of its standard output and error.
func (c command) start() (p *process.Process, stdout, stderr *os.File, err error) {
	stdout, outWrite, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { _ = outWrite.Close() }()
	stderr, errWrite, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, errors.Join(err, stdout.Close())
	}
	defer func() { _ = errWrite.Close() }()
	start := process.Start
	if c.unmarked {
		start = process.StartUnmarked
	}
	p, err = start(func() *exec.Cmd {
		cmd := exec.Command(c.args[0], c.args[1:]...)
		cmd.Env, cmd.Dir = c.env, c.dir
		if c.stdin != nil {
			cmd.Stdin = c.stdin
		}
		cmd.Stdout, cmd.Stderr = outWrite, errWrite
		return cmd
	})
	if err != nil {
		return nil, nil, nil, errors.Join(err, stdout.Close(), stderr.Close())
	}
	return p, stdout, stderr, nil
}

// failedToRun is gotestsum's error for a command that cannot start.
func failedToRun(command []string, err error) error {
	return fmt.Errorf("failed to run %s: %w", strings.Join(command, " "), err)
}
