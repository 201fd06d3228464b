//go:build unix

package surroundings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// phasesModule is a module each of whose packages hangs in another phase. What hangs
// writes that it has started, and that it got a signal, and goes on. Where what hangs
// comes after the tests, the go command's part is to print none.json.
const phasesModule = `
-- go.mod --
module example.com/m

go 1.26
-- stubborn.sh --
#!/bin/sh
trap 'echo signalled >>"$STARTED.signalled"' INT QUIT
trap '' TERM HUP
echo started >>"$STARTED"
while :; do sleep 3600 & wait; done
-- tool.sh --
#!/bin/sh
case "$*" in *-V=full*) exec "$@";; esac
exec "$MODULE/stubborn.sh"
-- none.json --
{"Action":"start","Package":"example.com/m/none"}
{"Action":"output","Package":"example.com/m/none","Output":"?   \texample.com/m/none\t[no test files]\n"}
{"Action":"skip","Package":"example.com/m/none","Elapsed":0}
-- hang/nowhere/go --
#!/bin/sh
[ "$1" = test ] && exec cat "$MODULE/none.json"
exec "$GO" "$@"
-- hang/version/go --
#!/bin/sh
[ "$1" = version ] && mkdir "$STARTED.once" 2>/dev/null && exec "$MODULE/stubborn.sh"
exec "$MODULE/hang/nowhere/go" "$@"
-- hang/list/go --
#!/bin/sh
[ "$1" = list ] && exec "$MODULE/stubborn.sh"
exec "$GO" "$@"
-- hang/env/go --
#!/bin/sh
[ "$1" = env ] && exec "$MODULE/stubborn.sh"
exec "$GO" "$@"
-- hang/tool/go --
#!/bin/sh
[ "$1" = tool ] && exec "$MODULE/stubborn.sh"
exec "$GO" "$@"
-- none/none.go --
package none
-- build/build.go --
package build
-- build/build_test.go --
package build

import "testing"

func TestBuilt(t *testing.T) {}
-- stubborn/stubborn.go --
package stubborn

import (
	"os"
	"os/signal"
	"syscall"
)

// Hang hangs.
func Hang() {
	c := make(chan os.Signal, 8)
	signal.Notify(c, os.Interrupt, syscall.SIGQUIT)
	signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
	say(os.Getenv("STARTED"))
	for range c {
		say(os.Getenv("STARTED") + ".signalled")
	}
}

func say(name string) {
	if err := os.WriteFile(name, []byte("said\n"), 0o600); err != nil {
		panic(err)
	}
}
-- tests/tests_test.go --
package tests

import (
	"testing"

	"example.com/m/stubborn"
)

func TestHangs(t *testing.T) { stubborn.Hang() }
-- reruns/reruns_test.go --
package reruns

import (
	"os"
	"testing"

	"example.com/m/stubborn"
)

func TestHangsAgain(t *testing.T) {
	if os.Getenv("TOOL") != "" {
		t.Fatal("the tool for the rerun is asked for")
	}
	if err := os.Mkdir(os.Getenv("STARTED")+".first", 0o700); err == nil {
		t.Fatal("the first time")
	}
	stubborn.Hang()
}
`

// phase is where a run hangs.
type phase struct {
	args  []string
	path  string // a folder at the beginning of PATH
	env   string // an additional variable
	plain bool   // whether it is a plain run, which does not handle SIGQUIT
	// reports is whether the run writes a JUnit file.
	reports bool
	// signals is whether the phase gets each signal, and not only one for each number of times.
	signals bool
}

var phases = map[string]phase{
	"settings":    {args: []string{"-n", "2", "--", "./none"}, path: "env", env: "GOOS=" + runtime.GOOS, reports: true},
	"listing":     {args: []string{"-n", "2", "--partition", "1/2", "--", "./none"}, path: "list", reports: true},
	"plan":        {args: []string{"-n", "2", "--plan", "--", "./none"}, path: "list"},
	"set-up":      {args: []string{"-n", "2", "--setup", "$MODULE/stubborn.sh", "--", "./none"}, path: "nowhere", reports: true},
	"build":       {args: []string{"-n", "2", "--", "-count=1", "-toolexec=$MODULE/tool.sh", "./build"}, reports: true},
	"list beside": {args: []string{"-n", "2", "--dist", "load", "--", "-count=1", "./build"}, path: "list", reports: true},
	"tests":       {args: []string{"-n", "2", "--", "-count=1", "./tests"}, reports: true, signals: true},
	"tool":        {args: []string{"-n", "2", "--rerun-fails", "--packages", "./reruns", "--", "-count=1"}, path: "tool", env: "TOOL=1", reports: true},
	"reruns":      {args: []string{"-n", "2", "--rerun-fails", "--packages", "./reruns", "--", "-count=1"}, reports: true},
	"result":      {args: []string{"-n", "2", "--result", "$CELL/result", "--", "./none"}, path: "version", reports: true},
	"reports":     {args: []string{"-n", "2", "--", "./none"}, path: "version", reports: true},
	"post-run":    {args: []string{"-n", "2", "--post-run-command", "$MODULE/stubborn.sh", "--", "./none"}, path: "nowhere", reports: true},
	"teardown":    {args: []string{"-n", "2", "--teardown", "$MODULE/stubborn.sh", "--", "./none"}, path: "nowhere", reports: true},
	"shard":       {args: []string{"--shard", "x=go test -json -count=1 ./tests"}, reports: true},

	"plain build":    {args: []string{"--", "-count=1", "-toolexec=$MODULE/tool.sh", "./build"}, reports: true, plain: true},
	"plain tests":    {args: []string{"--", "-count=1", "./tests"}, reports: true, plain: true, signals: true},
	"plain reports":  {args: []string{"--", "./none"}, path: "version", reports: true, plain: true},
	"plain post-run": {args: []string{"--post-run-command", "$MODULE/stubborn.sh", "--", "./none"}, path: "nowhere", reports: true, plain: true},
}

// In each phase, a signal ends a hanging run within the grace period, and a second signal
// ends it immediately. The reports are written, and all processes end. Signals differ only for
// test processes (package process), so the other phases get one of them, each phase another.
func TestSignalsWhereverARunHangs(t *testing.T) {
	shardtest.Expensive(t, "runs tests for each signal in each phase")
	// Otherwise the program would also ignore signals that are ignored here, as under nohup.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(signals) })
	module := shardtest.ModuleDir(t)
	for _, file := range txtar.Parse([]byte(phasesModule)).Files {
		name := filepath.Join(module, file.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, file.Data, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	cells := t.TempDir()
	t.Run("runs", func(t *testing.T) {
		for i, name := range slices.Sorted(maps.Keys(phases)) {
			p := phases[name]
			signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
			if p.plain {
				signals = signals[:3]
			}
			for times := 1; times <= 2; times++ {
				these := signals
				if !p.signals {
					these = signals[(i+times)%len(signals):][:1]
				}
				for _, sig := range these {
					cell := fmt.Sprintf("%s, %d of %v", name, times, sig)
					t.Run(cell, func(t *testing.T) {
						t.Parallel()
						hangs{phase: p, module: module, cell: filepath.Join(cells, cell)}.signal(t, sig, times)
					})
				}
			}
		}
	})
	if left := leftRunning(t, cells); len(left) > 0 {
		t.Errorf("still running: %q", left)
	}
}

// hangs is a run that hangs.
type hangs struct {
	phase
	module string
	cell   string // a folder of its own, which is not there yet
}

func (h hangs) signal(t *testing.T, sig syscall.Signal, times int) {
	if err := os.Mkdir(h.cell, 0o700); err != nil {
		t.Fatal(err)
	}
	started, junit := filepath.Join(h.cell, "started"), filepath.Join(h.cell, "junit.xml")
	args := []string{"--timings", "off", "--junitfile", junit, "--grace-period", "50ms"}
	if times == 2 {
		args[len(args)-1] = "1h"
	}
	if h.phase.plain {
		args = args[2:]
	}
	for _, arg := range h.args {
		args = append(args, strings.NewReplacer("$MODULE", h.module, "$CELL", h.cell).Replace(arg))
	}
	cmd := exec.Command("gotestshard", args...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.module, &out, &out
	path := shardtest.Builds(t).Path(os.Getenv("PATH"))
	if h.path != "" {
		path = filepath.Join(h.module, "hang", h.path) + ":" + path
	}
	cmd.Env = append(os.Environ(), "STARTED="+started, "MODULE="+h.module, "GO="+shardtest.Go(t), "TMPDIR="+h.cell, "PATH="+path)
	cmd.Env = append(cmd.Env, shardtest.BuildEnv(t)...)
	if h.env != "" {
		cmd.Env = append(cmd.Env, h.env)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	err := errNotYet
	await := func(until func() bool) {
		for deadline := time.Now().Add(5 * time.Minute); errors.Is(err, errNotYet) && !until(); {
			select {
			case err = <-ended:
			case <-time.After(20 * time.Millisecond):
			}
			if time.Now().After(deadline) {
				_ = cmd.Process.Kill()
				t.Fatalf("the run did not end; output:\n%s", out.String())
			}
		}
	}
	exists := func(name string) func() bool {
		return func() bool { _, err := os.Stat(name); return err == nil }
	}
	await(exists(started))
	_ = cmd.Process.Signal(sig)
	if times == 2 {
		await(exists(started + ".signalled"))
		_ = cmd.Process.Signal(sig) // may have ended already
	}
	await(func() bool { return false })
	if code := shardtest.ExitCode(err); code != 128+int(sig) {
		t.Errorf("exit code %d (%v)", code, err)
	}
	if _, err := os.Stat(junit); h.reports != (err == nil) {
		t.Errorf("JUnit file: %v", err)
	}
	// The go command may leave its own, when it is killed or about to begin.
	if left, err := filepath.Glob(filepath.Join(h.cell, "gotestshard-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if t.Failed() {
		t.Logf("output:\n%s", out.String())
	}
}

var errNotYet = errors.New("it has not ended")

// leftRunning returns the processes that have a folder of the runs in their
// environment, where the system shows that, or on their command line. One that was
// killed may take a moment to go, which is waited for.
func leftRunning(t *testing.T, cells string) (left []string) {
	t.Helper()
	started := regexp.MustCompile("STARTED=" + regexp.QuoteMeta(cells) + "[^\x00]*")
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		names, err := filepath.Glob("/proc/[0-9]*/environ")
		if err != nil {
			t.Fatal(err)
		}
		if len(names) == 0 {
			text, err := shardtest.ProcessesLeft(cells)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Fields(text)
		}
		left = nil
		for _, name := range names {
			env, err := os.ReadFile(name)
			if of := started.Find(env); err == nil && of != nil {
				command, err := os.ReadFile(filepath.Join(filepath.Dir(name), "cmdline"))
				if !errors.Is(err, fs.ErrNotExist) {
					left = append(left, string(of)+" "+string(command))
				}
			}
		}
		if len(left) == 0 {
			return nil
		}
	}
	return left
}
