package shard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/option"
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

// passToGo passes a signal on to a go command. When the tests have it from the
// terminal, the go command gets it once more, which is nothing to it: it may be that
// somebody sent it to this process alone, and then no further test is started.
func passToGo(goCommand *process.Process, received process.Received) error {
	err := goCommand.Pass(received)
	if received.Keyed {
		err = errors.Join(err, goCommand.InterruptLeader())
	}
	return err
}

// failedToRun is gotestsum's error for a command that cannot start.
func failedToRun(command []string, err error) error {
	return fmt.Errorf("failed to run %s: %w", strings.Join(command, " "), err)
}

func debugf(opts option.Options, stderr io.Writer, text string, args ...any) {
	if opts.Debug {
		_, _ = fmt.Fprintf(stderr, text+"\n", args...)
	}
}

// The variables that tell a test process who it is.
const (
	workerVariable = "GOTESTSHARD_WORKER"
	indexVariable  = "GOTESTSHARD_WORKER_INDEX"
	countVariable  = "GOTESTSHARD_WORKER_COUNT"
	runIDVariable  = "GOTESTSHARD_RUN_ID"
)

// identity returns the variables of the test processes of one worker.
func identity(opts option.Options, name string, index, count int) []string {
	env := []string{
		workerVariable + "=" + name,
		fmt.Sprintf("%s=%d", indexVariable, index),
		fmt.Sprintf("%s=%d", countVariable, count),
		runIDVariable + "=" + opts.RunID,
	}
	if opts.RunDir != "" {
		env = append(env, runDirVariable+"="+opts.RunDir)
	}
	for _, variable := range opts.WorkerEnv {
		env = append(env, variable+"="+name)
	}
	return env
}

// withoutIdentity takes the identity in a run around this one out of an
// environment. The go command makes the variables that a test reads part of a
// cached result's key, with the values that it has itself.
func withoutIdentity(env, workerEnv []string) []string {
	names := append([]string{workerVariable, indexVariable, countVariable, runIDVariable, runDirVariable}, workerEnv...)
	return slices.DeleteFunc(env, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(names, name)
	})
}
