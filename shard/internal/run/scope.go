package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/command"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/machine"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// envFileVariable names the file to which --setup writes variables.
const envFileVariable = "GOTESTSHARD_ENV"

// scope contains what exists once per run: a folder that all test processes share, --setup
// before the first test process, and --teardown after the last one, together with the
// teardowns that tests have registered in the folder.
type scope struct {
	opts  option.Options
	out   io.Writer // for the output of commands that fail
	dir   string    // mode 0700, empty if not needed
	env   []string  // what --setup wrote, as KEY=VALUE
	leave func()    // gives up the slot of the run

	mu   sync.Mutex
	stop *process.Stop // of the running command
}

// newScope returns a scope that has not been set up. close must be called even if setUp
// fails. A unit is in the scope of its node, so its own has nothing.
func newScope(opts option.Options, out io.Writer) *scope {
	return &scope{opts: opts, out: out, stop: process.NewStop(opts.GracePeriod), leave: func() {}}
}

// setUp makes the folder and runs --setup.
func (s *scope) setUp() error {
	if s.opts.Unit != nil || !s.opts.Distributed() && len(s.opts.Setup) == 0 && len(s.opts.Teardown) == 0 {
		return nil
	}
	var err error
	if s.dir, err = temp.Dir("", "gotestshard-run-"); err != nil {
		return fmt.Errorf("making the folder of the run: %w", err)
	}
	s.takeSlot()
	if len(s.opts.Setup) == 0 {
		return nil
	}
	envFile := filepath.Join(s.dir, "env")
	if err := os.WriteFile(envFile, nil, 0o600); err != nil {
		return fmt.Errorf("making the file for the variables of --setup: %w", err)
	}
	s.opts.Debugf(s.out, "exec: %s", s.opts.Setup)
	failure := s.run(s.opts.Setup, s.opts.Dir, []string{envFileVariable + "=" + envFile}, 0)
	// The teardown needs the variables that --setup wrote before it failed.
	s.env, err = readEnvFile(envFile)
	if failure != nil {
		return fmt.Errorf("--setup failed, so no test was run: %w", failure)
	}
	if err != nil {
		return fmt.Errorf("reading the variables that --setup wrote: %w", err)
	}
	return nil
}

// takeSlot takes the lowest slot that no other run of the user on the machine has, so that names
// for resources differ. Without locks the run goes on as if it were the only one.
func (s *scope) takeSlot() {
	slot, leave, _, err := machine.Places{Dir: machine.Dir(), Name: "slot"}.Lowest()
	if err == nil {
		s.opts.Slot, s.leave = slot, sync.OnceFunc(leave)
	} else {
		_, _ = fmt.Fprintf(s.out, "gotestshard: other runs on this machine may use the same names: %v\n", err)
	}
}

// options returns the options of a run in this scope.
func (s *scope) options() option.Options {
	opts := s.opts
	if opts.Unit != nil {
		return opts
	}
	opts.SetupEnv = s.env
	if opts.Distributed() {
		opts.RunDir = s.dir
	}
	return opts
}

var envLineForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`) })

func readEnvFile(name string) ([]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var env []string
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "":
		case !envLineForm().MatchString(line):
			return env, fmt.Errorf("line %d is %q; write KEY=VALUE", number, line)
		default:
			env = append(env, line)
		}
	}
	return env, nil
}

// run runs one command to its end, within a time limit unless that is 0. The output of the
// command is shown if it fails. Processes that it leaves behind, such as a server, keep
// running.
func (s *scope) run(args []string, dir string, env []string, limit time.Duration) error {
	// A file instead of a pipe, because a server that the command started keeps it open.
	output, err := os.CreateTemp(s.dir, "output-")
	if err != nil {
		return err
	}
	defer func() { _, _ = output.Close(), os.Remove(output.Name()) }()
	env = slices.Concat(s.opts.Identity().Without(slices.Clone(s.opts.Environ)), s.env, []string{
		environ.RunIDVariable + "=" + s.opts.RunID, fmt.Sprintf("%s=%d", environ.SlotVariable, s.opts.Slot), environ.RunDirVariable + "=" + s.dir,
		fmt.Sprintf("%s=%d", environ.CountVariable, max(1, len(s.opts.ShardNames()))),
	}, env)
	p, err := process.Start(func() *exec.Cmd {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = dir, env
		cmd.Stdout, cmd.Stderr = output, output
		return cmd
	})
	if err != nil {
		return err
	}
	defer p.Release()
	ctx := context.Background()
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	err = s.wait(ctx, p)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("it ran longer than %v", limit)
	}
	if err == nil {
		return nil
	}
	text, _ := os.ReadFile(output.Name())
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	_, _ = s.out.Write(text)
	return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
}

// wait waits for a command. If the command takes too long or the run is interrupted, wait
// ends it and all processes that it started.
func (s *scope) wait(ctx context.Context, p *process.Process) error {
	return s.stopping().Supervise(ctx, p, command.NoOutput{}, process.Limits{}).Err // its output is a file
}

// teardown is a teardown that a test has registered. Package worker writes it.
type teardown struct {
	Version int
	Name    string
	Command []string
	Dir     string
	Env     []string
}

// closing returns the scope as the target of later signals. An earlier signal interrupted
// the set-up or the tests, and must not end the teardowns.
func (s *scope) closing() *scope {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop = process.NewStop(s.opts.GracePeriod)
	return s
}

// close runs the teardowns, the latest first, then --teardown, and removes the folder. It is
// called once, after closing and after the last test process. All teardowns run, even if
// some of them fail.
func (s *scope) close() error {
	if s.dir == "" {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(s.dir, "teardown", "*.json"))
	slices.Sort(files)
	slices.Reverse(files)
	var errs []error
	for _, file := range files {
		if err := s.tearDown(file); err != nil {
			errs = append(errs, err)
		}
	}
	if len(s.opts.Teardown) > 0 {
		s.opts.Debugf(s.out, "exec: %s", s.opts.Teardown)
		if err := s.run(s.opts.Teardown, s.opts.Dir, nil, s.opts.TeardownTimeout); err != nil {
			errs = append(errs, fmt.Errorf("--teardown failed: %w", err))
		}
	}
	errs = append(errs, s.CleanUp())
	return errors.Join(errs...)
}

func (s *scope) tearDown(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading a registered teardown: %w", err)
	}
	var t teardown
	if err := json.Unmarshal(text, &t); err != nil {
		return fmt.Errorf("reading the registered teardown %s: %w", filepath.Base(file), err)
	}
	if t.Version != 1 || len(t.Command) == 0 {
		return fmt.Errorf("the registered teardown %q has version %d and the command %q: gotestshard and its worker package have different versions",
			t.Name, t.Version, t.Command)
	}
	s.opts.Debugf(s.out, "exec: %s", t.Command)
	if err := s.run(t.Command, t.Dir, t.Env, s.opts.TeardownTimeout); err != nil {
		return fmt.Errorf("the teardown of %q failed: %w", t.Name, err)
	}
	return nil
}

// Interrupt ends the running command. Kill ends it immediately.
func (s *scope) Interrupt(sig os.Signal) { s.stopping().Pass(process.Receive(sig)) }
func (s *scope) Kill()                   { s.stopping().Kill() }

func (s *scope) stopping() *process.Stop {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop
}

// CleanUp removes the folder, and gives up the slot.
func (s *scope) CleanUp() error {
	s.leave()
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("removing the folder of the run: %w", err)
	}
	return nil
}
