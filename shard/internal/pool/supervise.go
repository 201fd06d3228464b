package pool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// testProcess is the part of process.Process that is needed here, for a started test
// process.
type testProcess interface {
	process.Controlled
	Identity() string
	Release()
}

// startProcess starts task with standard output and error in one pipe, as the go command
// does, and with empty standard input.
func startProcess(task Task, env []string, group int) (testProcess, io.ReadCloser, error) {
	read, write, err := process.NewPipe()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = write.Close() }()
	p, err := process.StartIn(group, func() *exec.Cmd {
		cmd := exec.Command(task.Command[0], task.Command[1:]...)
		cmd.Dir = task.Dir
		cmd.Env = append(slices.Clip(task.Env), env...)
		cmd.Stdout, cmd.Stderr = write, write
		return cmd
	})
	if err != nil {
		_ = read.Close()
		return nil, nil, err
	}
	return p, read, nil
}

// limits are those of cmd/go (internal/test/test.go, testKillTimeout and testWaitDelay)
// for a process that should enforce timeout itself.
func limits(timeout time.Duration) process.Limits {
	if timeout <= 0 {
		return process.Limits{}
	}
	wait := max(timeout/10, 5*time.Second)
	return process.Limits{Run: timeout + max(wait, time.Minute), IO: wait}
}

// ErrUnwanted is the cause for the end of a context whose task is ended on purpose. The
// code that ends it reports why, and go test's message about a killed process is not
// added.
var ErrUnwanted = errors.New("the task is no longer needed")

// supervise runs one test process from its start until the end of its output, and returns
// its exit code.
func (p *Pool) supervise(ctx context.Context, task Task, env []string, out io.Writer, started func(string)) int {
	proc, output, err := p.start(task, env)
	if err != nil {
		_, _ = fmt.Fprintf(out, "%s\n", err)
		return 1
	}
	defer proc.Release()
	started(proc.Identity())

	copied := make(chan struct{})
	watched := process.Watch(output)
	go func() {
		defer close(copied)
		if _, err := io.Copy(out, watched); err != nil {
			_, _ = io.Copy(io.Discard, watched) // nothing reads the output any more, but its end must be awaited
		}
	}()
	limits := limits(task.Timeout)
	limits.Expired, limits.Leaks = task.Expired, p.config.Leaks.Say != nil
	end := p.stop.Supervise(ctx, proc, watched, limits)
	_ = output.Close()
	<-copied
	if errors.Is(context.Cause(ctx), ErrUnwanted) {
		out = io.Discard
	}
	if end.Leaked {
		end.Incomplete = false // that is go test's word for it
	}
	return max(p.leaked(out, task, end), explain(out, end, limits))
}

// leaked reports a process that left others behind, and returns the exit code for that.
func (p *Pool) leaked(out io.Writer, task Task, end process.End) (code int) {
	if !end.Leaked {
		return 0
	}
	who := "a process that it started"
	if len(end.Left) > 0 {
		who = strings.Join(end.Left[:min(len(end.Left), 3)], ", ")
		if more := len(end.Left) - 3; more > 0 {
			who += fmt.Sprintf(" and %d more", more)
		}
	}
	text := fmt.Sprintf("a test process ended, and %s still had its output open, so that was ended (--leak)", who)
	if !p.config.Leaks.Fail {
		p.config.Leaks.Say(cmp.Or(task.Package, task.Command[task.Binary]) + " leaks: " + text)
		return 0
	}
	_, _ = fmt.Fprintf(out, "gotestshard: leak: %s\n", text)
	return 1
}

// explain writes the message of go test for a process that did not end by itself
// (cmd/go/internal/test, runTestActor.Act), and returns the exit code for the hook. The
// go command then prints the rest.
func explain(out io.Writer, end process.End, limits process.Limits) (code int) {
	text := ""
	if end.TooLong {
		with := ""
		if process.TraceName != "" {
			with = " with " + process.TraceName
		}
		text = fmt.Sprintf("*** Test killed%s: ran too long (%v).\n", with, limits.Run)
	}
	var exit *exec.ExitError
	switch {
	case errors.As(end.Err, &exit) && exit.Exited():
		code = exit.ExitCode()
	case end.Err != nil:
		text += end.Err.Error() + "\n"
		code = 1
	case end.Incomplete:
		text += fmt.Sprintf("*** Test I/O incomplete %v after exiting.\n%s\n", limits.IO, exec.ErrWaitDelay)
		code = 1
	}
	_, _ = io.WriteString(out, text)
	return code
}
