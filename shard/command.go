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

// startWithPipes starts a command in a process group of its own, with nothing
// to read on its standard input, and returns the pipes of its standard output
// and error.
func startWithPipes(command, env []string) (p *process.Process, stdout, stderr *os.File, err error) {
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
	p, err = process.Start(func() *exec.Cmd {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Env = env
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
	for _, variable := range opts.WorkerEnv {
		env = append(env, variable+"="+name)
	}
	return env
}

// withoutIdentity takes the identity in a run around this one out of an
// environment. The go command makes the variables that a test reads part of a
// cached result's key, with the values that it has itself.
func withoutIdentity(env, workerEnv []string) []string {
	names := append([]string{workerVariable, indexVariable, countVariable, runIDVariable}, workerEnv...)
	return slices.DeleteFunc(env, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(names, name)
	})
}
