//go:build linux

package surroundings

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// environmentModule has a test that fails once, and a test that checks the folder of the
// run.
const environmentModule = `
-- go.mod --
module example.com/m

go 1.26
-- f/f.go --
package f

func F() int { return 1 }
-- f/f_test.go --
package f

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDir(t *testing.T) {
	dir, ok := os.LookupEnv("GOTESTSHARD_RUN_DIR")
	if !ok {
		return
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !filepath.IsAbs(dir) {
		t.Errorf("the folder of the run is %q: %v", dir, err)
	}
}
func TestOnce(t *testing.T) {
	F()
	if os.Mkdir(os.Getenv("CELL")+"/once", 0o700) == nil {
		t.Error("the first time")
	}
}
func TestQuick(t *testing.T) {}
`

// environmentModes are commands that depend on the environment in different ways.
var environmentModes = map[string][]string{
	"load": {
		"-n", "2", "--dist", "load", "--rerun-fails", "--result", "$CELL/result", "--junitfile", "$CELL/junit.xml",
		"--setup", "true", "--teardown", "true", "--packages", "./...", "--", "-count=1", "-coverprofile=$CELL/cover.out",
	},
	"whole":     {"-n", "2", "--rerun-fails", "--packages", "./...", "--", "-count=1", "-coverprofile=$CELL/cover.out"},
	"partition": {"-n", "2", "--partition", "1/1", "--rerun-fails", "--", "-count=1", "-coverprofile=$CELL/cover.out", "./..."},
	"shard":     {"--shard", "x=go test -json -count=1 -run=TestDir ./..."},
	"plain":     {"--rerun-fails", "--rerun-fails-strict", "--packages", "./...", "--", "-count=1"},
	"watch":     {"-n", "2", "--watch", "--watch-start", "--rerun-fails", "--packages", "./...", "--", "-count=1"},
}

// environment is the environment of a run.
type environment struct {
	env   []string // in addition to GOCACHE and the like; $CELL is the folder of the test
	mount string   // a shell script that mounts something, as root in its own namespace
	modes []string // in addition to load, which has the most requirements
	error string   // part of the output of a run with workers or shards, which runs no tests then
}

var environments = map[string]environment{
	"relative": {
		env: []string{"TMPDIR=own", "HOME=home", "XDG_CACHE_HOME=cache", "XDG_RUNTIME_DIR=."}, modes: []string{"shard", "plain", "watch"},
	},
	"long": {env: []string{"TMPDIR=$CELL/$LONG"}},
	"missing": {
		env: []string{"TMPDIR=$CELL/missing"}, modes: []string{"whole", "partition", "shard", "plain", "watch"},
		error: "set TMPDIR to a folder that exists",
	},
	"unset": {env: []string{"TMPDIR=", "HOME=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=", "XDG_RUNTIME_DIR="}},
	"binaries elsewhere": {
		env: []string{"TMPDIR=$CELL/noexec", "GOTMPDIR=$CELL/gotmp"}, modes: []string{"whole", "plain"},
		mount: "mount -t tmpfs -o noexec none noexec",
	},
	"unwritable": {
		env: []string{"TMPDIR=$CELL/readonly"}, error: "set TMPDIR to a folder that exists and that you may write to",
		mount: "mount -t tmpfs -o ro none readonly",
	},
	"long, /tmp is read-only": {
		env:   []string{"TMPDIR=$CELL/$LONG", "XDG_RUNTIME_DIR=/dev/shm"},
		mount: `mount --bind /tmp /tmp; mount --bind "$CELL" "$CELL"; mount --bind "$LINKONCE" "$LINKONCE"; mount --bind "$GOCACHE" "$GOCACHE"; mount -o remount,ro,bind /tmp; cd "$CELL"`,
	},
	"long, and no other folder": {
		env: []string{"TMPDIR=$CELL/$LONG", "XDG_RUNTIME_DIR="}, error: "the path of a socket may have only 103; set TMPDIR to a folder with a shorter path",
		mount: `mount --bind /tmp /tmp; mount --bind "$CELL" "$CELL"; mount --bind "$LINKONCE" "$LINKONCE"; mount --bind "$GOCACHE" "$GOCACHE"; mount -o remount,ro,bind /tmp; mount -t tmpfs -o ro none /var/tmp; cd "$CELL"`,
	},
	"no /proc": {mount: "mount -t tmpfs none /proc", modes: []string{"shard", "plain"}},
}

// In an unusual environment, a run works, or reports an error before any test has run.
func TestUnusualEnvironments(t *testing.T) {
	shardtest.Expensive(t, "runs tests in each environment")
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	goEnv := append(shardtest.GoEnvironment(), "GOROOT="+strings.TrimSpace(string(root)))
	namespace := namespaceCommand()
	for name, environment := range environments {
		for _, mode := range append([]string{"load"}, environment.modes...) {
			t.Run(name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				if environment.mount != "" && namespace == nil {
					t.Skip("this user cannot mount anything here, not even in a separate namespace (unshare)")
				}
				environment.try(t, mode, goEnv, namespace)
			})
		}
	}
}

// namespaceCommand returns a command that runs another one with permission to mount, nil
// if this user cannot get it.
func namespaceCommand() []string {
	for _, command := range [][]string{{"unshare", "-m"}, {"unshare", "-r", "-m"}} {
		if exec.Command(command[0], append(command[1:], "mount", "-t", "tmpfs", "none", "/var/tmp")...).Run() == nil {
			return command
		}
	}
	return nil
}

func (e environment) try(t *testing.T, mode string, goEnv, namespace []string) {
	cell := t.TempDir()
	long := strings.Repeat("l", 100)
	replace := strings.NewReplacer("$CELL", cell, "$LONG", long).Replace
	for _, name := range []string{"own", "home", "gotmp", "noexec", "readonly", long} {
		if err := os.Mkdir(filepath.Join(cell, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range txtar.Parse([]byte(environmentModule)).Files {
		name := filepath.Join(cell, file.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, file.Data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	command := []string{"gotestshard", "--debug"}
	for _, arg := range environmentModes[mode] {
		command = append(command, replace(arg))
	}
	if e.mount != "" {
		command = slices.Concat(namespace, []string{"sh", "-ec", e.mount + `; exec "$0" "$@"`}, command)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = cell
	fast := shardtest.BuildEnv(t)
	// What was compiled for one cell is there for the others, too.
	fast[0] = strings.Replace(fast[0], "GOFLAGS=", "GOFLAGS=-trimpath ", 1)
	cmd.Env = slices.Concat(os.Environ(), goEnv, fast, []string{"CELL=" + cell, "PATH=" + shardtest.Builds(t).Path(os.Getenv("PATH"))})
	for _, variable := range e.env {
		name, value, _ := strings.Cut(variable, "=")
		cmd.Env = slices.DeleteFunc(cmd.Env, func(other string) bool { return strings.HasPrefix(other, name+"=") })
		if value != "" {
			cmd.Env = append(cmd.Env, name+"="+replace(value))
		}
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	text := func() string {
		said, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(said)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if mode == "watch" { // waits until its run has ended
		for deadline := time.Now().Add(5 * time.Minute); !strings.Contains(text(), "\nDONE ") && !strings.Contains(text(), "ERROR ") && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond)
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
	}
	code := shardtest.ExitCode(cmd.Wait())
	said, wantCode := text(), 0
	if mode == "watch" {
		wantCode = exit.Code(exit.Signalled(syscall.SIGTERM))
	}
	_, ran := os.Stat(filepath.Join(cell, "once"))
	switch {
	case e.error != "" && mode != "plain": // in mode plain, the go command reports the error
		if !strings.Contains(said, e.error) || ran == nil {
			t.Errorf("the output does not contain %q, or tests have run: %v", e.error, ran)
		}
		if mode != "watch" {
			wantCode = exit.OwnError
		}
	case e.error != "":
		wantCode = code
		if code == 0 || ran == nil {
			t.Errorf("exit code %d, tests have run: %v", code, ran)
		}
	case !strings.Contains(said, "\nDONE "):
		t.Error("the output has no summary")
	}
	if code != wantCode {
		t.Errorf("exit code %d, want %d", code, wantCode)
	}
	if cover, err := os.ReadFile(filepath.Join(cell, "cover.out")); wantCode == 0 && slices.Contains(command, "-coverprofile="+cell+"/cover.out") &&
		(err != nil || !coveredLine.Match(cover)) {
		t.Errorf("the profile is %q, %v", cover, err)
	}
	for _, pattern := range []string{"*/gotestshard-*", "gotestshard-*"} {
		if left, err := filepath.Glob(filepath.Join(cell, pattern)); err != nil || len(left) > 0 {
			t.Errorf("left behind: %q, %v", left, err)
		}
	}
	if t.Failed() {
		t.Logf("output:\n%s", said)
	}
}

// coveredLine matches the block of F in a profile. Its column is different in Go 1.27.
var coveredLine = regexp.MustCompile(`(?m)f/f\.go:3\.[0-9]+,3\.26 1 1$`)
