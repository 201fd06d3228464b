//go:build unix

package surroundings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// queueModule has tests of which each is a unit, the longest first. Some hold their node until a
// file is there.
const queueModule = `
-- go.mod --
module example.com/m

go 1.26
-- a/a_test.go --
package a

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func hold(t *testing.T, name string) {
	name = filepath.Join(os.Getenv("CELL"), name)
	if err := os.WriteFile(name+".started", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(name + ".go"); err == nil {
			return
		}
	}
	t.Fatal("nothing let it go on")
}

func TestKilled(t *testing.T) { hold(t, "killed") }
func TestFrozen(t *testing.T) { hold(t, "frozen") }

func TestKiller(t *testing.T) {
	if os.Getenv("KILL") != "" {
		_ = syscall.Kill(os.Getppid(), syscall.SIGKILL)
		time.Sleep(time.Minute)
	}
}

func TestA(t *testing.T) {}
-- b/b_test.go --
package b

import (
	"os"
	"testing"
)

func TestB(t *testing.T) {
	if os.Getenv("GOTESTSHARD_QUEUE_TOKEN") != "" {
		t.Error("a test sees the secret")
	}
}

func TestFails(t *testing.T) {
	if os.Getenv("FAIL") != "" {
		t.Error("as asked")
	}
}
-- timings.json --
{
 "format": "gotestshard timings",
 "version": 1,
 "packages": {
  "example.com/m/a": {
   "seen": "2026-01-02", "start": [100],
   "tests": {
    "TestKilled": {"seen": "2026-01-02", "ms": [60000]},
    "TestFrozen": {"seen": "2026-01-02", "ms": [50000]},
    "TestKiller": {"seen": "2026-01-02", "ms": [40000]},
    "TestA": {"seen": "2026-01-02", "ms": [30000]}
   }
  },
  "example.com/m/b": {
   "seen": "2026-01-02", "start": [100],
   "tests": {
    "TestB": {"seen": "2026-01-02", "ms": [20000]},
    "TestFails": {"seen": "2026-01-02", "ms": [10000]}
   }
  }
 }
}
`

// queueTests are the tests of queueModule.
var queueTests = []string{"TestA", "TestB", "TestFails", "TestFrozen", "TestKilled", "TestKiller"}

// queueBuild is a build of queueModule, with a server for its queue.
type queueBuild struct {
	t      *testing.T
	module string
	cell   string // a folder of its own
	env    []string
	url    string
	server *exec.Cmd
}

func newQueueBuild(t *testing.T) *queueBuild {
	b := &queueBuild{t: t, module: shardtest.ModuleDir(t), cell: t.TempDir()}
	for _, file := range txtar.Parse([]byte(queueModule)).Files {
		name := filepath.Join(b.module, file.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, file.Data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	b.env = slices.Concat(os.Environ(), shardtest.BuildEnv(t), []string{
		"CELL=" + b.cell, "STARTED=" + b.cell, "TMPDIR=" + b.cell, "GOTESTSHARD_QUEUE_TOKEN=0123456789abcdef0123456789abcdef", "GOTESTSHARD_TEST_QUEUE_LEASE=2s",
	})
	b.write("token", "0123456789abcdef0123456789abcdef")
	return b
}

// serve starts the server, also after it was killed.
func (b *queueBuild) serve() {
	b.t.Helper()
	if b.url == "" {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.t.Fatal(err)
		}
		b.url = "nats://" + free.Addr().String()
		_ = free.Close()
	}
	b.server = b.start("queue", "serve", "--listen", strings.TrimPrefix(b.url, "nats://"), "--token-file", filepath.Join(b.cell, "token"), "--store", filepath.Join(b.cell, "store"))
}

// start starts gotestshard.
func (b *queueBuild) start(args ...string) *exec.Cmd {
	b.t.Helper()
	cmd := exec.Command("gotestshard", args...)
	cmd.Dir, cmd.Env = b.module, b.env
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Signal(syscall.SIGCONT)
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		if b.t.Failed() {
			b.t.Logf("%q: %v\n%s", args, cmd.ProcessState, out)
		}
	})
	return cmd
}

// node starts a node of the build.
func (b *queueBuild) node(further ...string) *exec.Cmd {
	b.t.Helper()
	args := []string{"-n", "1", "--dist", "load", "--timings", "timings.json", "--queue", b.url, "--build", "7", "--nodes", "2", "--no-config"}
	return b.start(slices.Concat(args, further, []string{"--", "-count=1", "./..."})...)
}

// ended waits for the end of a process, and returns how it ended and what it printed.
func (b *queueBuild) ended(cmd *exec.Cmd) (state *os.ProcessState, output string) {
	b.t.Helper()
	timer := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait() // the state has it
	return cmd.ProcessState, cmd.Stdout.(*bytes.Buffer).String()
}

// exits fails the test if a process ends in another way, or does not print a text.
func (b *queueBuild) exits(cmd *exec.Cmd, code int, text string) {
	b.t.Helper()
	if state, output := b.ended(cmd); state.ExitCode() != code || !strings.Contains(output, text) {
		b.t.Errorf("%q: %v, want exit code %d and %q", cmd.Args, state, code, text)
	}
}

func (b *queueBuild) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.cell, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// await waits for a file.
func (b *queueBuild) await(name string) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(b.cell, name)); err == nil {
			return
		}
	}
	b.t.Fatalf("there is no file %s", name)
}

// once fails the test unless the events of a file have each of the tests exactly once.
func (b *queueBuild) once(name string, tests ...string) {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.cell, name))
	if err != nil {
		b.t.Fatal(err)
	}
	var ran []string
	for line := range bytes.Lines(text) {
		var event struct{ Action, Test string }
		if err := json.Unmarshal(line, &event); err != nil {
			b.t.Fatal(err)
		}
		if event.Test != "" && slices.Contains([]string{"pass", "fail", "skip"}, event.Action) {
			ran = append(ran, event.Test)
		}
	}
	if slices.Sort(ran); !slices.Equal(ran, tests) {
		b.t.Errorf("ran %q, want %q", ran, tests)
	}
}

// Whatever becomes of nodes and of the server, each test has exactly one result, and what has none is
// named.
func TestQueueWithFaults(t *testing.T) {
	shardtest.Expensive(t, "runs a dozen nodes")
	b := newQueueBuild(t)
	b.serve()
	killed := b.node()
	b.await("killed.started")
	_ = killed.Process.Kill()
	frozen := b.node()
	b.await("frozen.started")
	_ = frozen.Process.Signal(syscall.SIGSTOP)
	_ = b.server.Process.Kill()
	_ = b.server.Wait()
	b.serve()
	b.write("killed.go", "")
	b.write("frozen.go", "")
	b.env = append(b.env, "KILL=1")
	deaths, events := 0, filepath.Join(b.cell, "node.json")
	for {
		node := b.node("--wait", "--jsonfile", events)
		state, output := b.ended(node)
		if status := state.Sys().(syscall.WaitStatus); status.Signaled() && deaths < 9 {
			deaths++
			continue
		}
		if state.ExitCode() != 1 || !strings.Contains(output, "unit 3 of 6 (example.com/m/a: TestKiller) has no result: it was given up after ") {
			t.Errorf("the last node: %v", state)
		}
		break
	}
	if deaths != 3 {
		t.Errorf("the unit that ends its nodes ended %d, want 3", deaths)
	}
	b.once("node.json", "TestA", "TestB", "TestFails", "TestFrozen", "TestKilled")
	_ = frozen.Process.Signal(syscall.SIGCONT)
	b.exits(frozen, 0, "")
	b.exits(b.node(), 0, "ran nothing: other nodes had all that there was")
	b.exits(b.start("-n", "1", "--dist", "load", "--queue", b.url, "--build", "7", "--", "-run=TestA", "./..."), 3, `arguments of go test: "-run=TestA ./..." here, and `)
	merged := filepath.Join(b.cell, "merged.json")
	b.exits(b.start("merge", "--queue", b.url, "--build", "7", "--jsonfile", merged), 1, "(example.com/m/a: TestKiller) has no result")
	b.once("merged.json", "TestA", "TestB", "TestFails", "TestFrozen", "TestKilled")
	b.exits(b.start("merge", "--queue", b.url, "--build", "8"), 3, `the queue has no plan of the build "8"`)
	b.sharesDurations()
}

// sharesDurations fails the test unless the plan of a build on a new machine has the durations that
// a build of the main branch measured.
func (b *queueBuild) sharesDurations() {
	b.t.Helper()
	b.env = slices.Concat(b.env, shardtest.GoEnvironment(), []string{"GITLAB_CI=true", "CI_PROJECT_URL=https://example.com/m", "CI_DEFAULT_BRANCH=trunk"})
	const with = "which this node made with the durations of earlier builds"
	for _, branch := range []string{"trunk", "fix"} {
		b.env = append(b.env, "CI_COMMIT_REF_NAME="+branch, "XDG_CACHE_HOME="+filepath.Join(b.cell, branch))
		state, output := b.ended(b.start("-n", "1", "--queue", b.url, "--build", branch, "--no-config", "--", "-count=1", "-run=TestB", "./b"))
		if state.ExitCode() != 0 || strings.Contains(output, with) != (branch == "fix") {
			b.t.Errorf("on the branch %s: %v", branch, state)
		}
	}
}

// All of a build can run on this machine, and a node that reaches no server can run its part.
func TestQueueOfThisMachine(t *testing.T) {
	shardtest.Expensive(t, "runs nodes")
	t.Parallel()
	b := newQueueBuild(t)
	b.url = "embed"
	ended := b.node()
	b.await("killed.started")
	_ = ended.Process.Signal(syscall.SIGTERM)
	b.exits(ended, 128+int(syscall.SIGTERM), "what was running went back to the queue")
	if left := leftRunning(t, b.cell); len(left) > 0 {
		t.Errorf("still running: %q", left)
	}
	b.write("killed.go", "")
	b.write("frozen.go", "")
	b.env = append(b.env, "FAIL=1")
	b.exits(b.node("--jsonfile", filepath.Join(b.cell, "embed.json"), "--junitfile", filepath.Join(b.cell, "embed.xml")), 1, "DONE 6 tests, 1 failure in ")
	b.once("embed.json", queueTests...)

	b.url = "nats://127.0.0.1:1"
	b.exits(b.node(), 3, "--partition")
	b.env = append(b.env, "GITLAB_CI=true", "CI_NODE_TOTAL=2", "CI=")
	var all []byte
	for index := 1; index <= 2; index++ {
		b.env = append(b.env, fmt.Sprintf("CI_NODE_INDEX=%d", index))
		name := fmt.Sprintf("part-%d.json", index)
		_, output := b.ended(b.node("--queue-fallback", "partition", "--jsonfile", filepath.Join(b.cell, name), "--result", filepath.Join(b.cell, "parts", name+".gotestshard")))
		if want := fmt.Sprintf("this node runs part %d/2 instead (--queue-fallback partition)", index); !strings.Contains(output, want) {
			t.Errorf("part %d does not print %q:\n%s", index, want, output)
		}
		text, err := os.ReadFile(filepath.Join(b.cell, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	b.write("parts.json", string(all))
	b.once("parts.json", queueTests...)
	b.exits(b.start("merge", filepath.Join(b.cell, "parts")), 1, "DONE 6 tests, 1 failure in ")
}
