//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package surroundings

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// tmux is a shell in a terminal that tmux draws, so what a person sees is known.
type tmux struct {
	t      *testing.T
	dir    string
	socket string
}

func startTmux(t *testing.T, dir string, width, height int) *tmux {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		const missing = "there is no tmux here; install it, on Debian with: apt-get install tmux"
		if os.Getenv("GOTESTSHARD_TEST_TMUX") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	x := &tmux{t: t, dir: dir, socket: filepath.Join(t.TempDir(), "s")}
	x.run("-f", os.DevNull, "-u", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height), "-c", dir, "bash", "--norc", "--noprofile")
	x.run("set-option", "-g", "status", "off")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the terminal shows\n%s", x.shows())
		}
		x.run("kill-server")
	})
	return x
}

// run runs a command of tmux and returns its output.
func (x *tmux) run(args ...string) string {
	x.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", x.socket}, args...)...)
	cmd.Dir = x.dir
	// No variable of a CI or of a run around this one.
	for _, name := range []string{"HOME", "TMPDIR", "GOCACHE", "GOMODCACHE", "GOPATH", "GOTOOLCHAIN"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.Env = append(cmd.Env, shardtest.BuildEnv(x.t)...)
	cmd.Env = append(cmd.Env, "PATH="+shardtest.Builds(x.t).Path(os.Getenv("PATH")), "GOPROXY=off", "GOFLAGS=", "NO_COLOR=1", "TERM=xterm", "PS1=> ")
	output, err := cmd.CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %q: %v\n%s", args, err, output)
	}
	return string(output)
}

// shows returns the lines that are visible, without empty ones at the end.
func (x *tmux) shows() string {
	x.t.Helper()
	return strings.TrimRight(x.run("capture-pane", "-p"), "\n")
}

func (x *tmux) press(keys ...string) { x.t.Helper(); x.run(append([]string{"send-keys"}, keys...)...) }

// await waits until what is visible matches.
func (x *tmux) await(pattern string) string {
	x.t.Helper()
	expression := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		text := x.shows()
		if expression.MatchString(text) {
			return text
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("timed out waiting for %s", pattern)
		}
	}
}

// liveModule has tests whose output is hard to keep apart from an area. The last one waits
// for a file.
var liveModule = map[string]string{
	"go.mod": "module example.com/m\n\ngo 1.26\n",
	"a/a_test.go": `package a

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func TestHostile(t *testing.T) {
	fmt.Print("one\rONE\n\x1b[2J\x1b[1;1H\x1b[?1049hmoved\x1b]0;title\x07\n\x1b[31m世界 red\nno end")
	t.Fail()
}

func TestHolds世界世界(t *testing.T) {
	t.Log("my last words")
	for {
		if _, err := os.Stat("../release"); err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
`,
}

// TestLive: the area of a run in a terminal, which is resized, stopped and continued.
func TestLive(t *testing.T) {
	shardtest.Expensive(t, "runs tests in a terminal")
	t.Parallel()
	dir := shardtest.ModuleDir(t)
	writeFiles(t, dir, liveModule)
	x := startTmux(t, dir, 80, 24)
	const area = `\n\[gw\d\] +[0-9ms]+ a\.TestHolds世界世界\n1/2 tests  1 failed  [0-9ms]+  \? for keys$`
	x.press("gotestshard -n 2 --dist load --timings off -f testname -- -count=1 ./...", "Enter")
	text := x.await(area)
	// Go 1.27 removes the escape characters itself, so that the rest of each sequence is shown.
	if !regexp.MustCompile(`(?m)^ONE\d\] one\n\[gw\d\] (\[2J\[1;1H\[\?1049h)?moved(\]0;title)?\n\[gw\d\] (\[31m)?世界 red\n\[gw\d\] no end`).MatchString(text) {
		t.Errorf("the output is not there:\n%s", text)
	}
	x.press("t")
	x.await(`running for [0-9ms]+: 1 of 2 tests done, 1 failed\n\[gw\d\] a\.TestHolds世界世界 [0-9ms]+\n +a_test\.go:\d+: my last words\n` + area[2:])

	// The lines of the area wrap when the terminal gets narrower, and must all go.
	once := func(text string) {
		t.Helper()
		if strings.Count(text, " tests  ") != 1 || strings.Count(text, "s a.TestHolds") > 1 {
			t.Errorf("there is more than one area:\n%s", text)
		}
	}
	x.run("resize-window", "-x", "20", "-y", "10")
	once(x.await(`\n\[gw\d\] +[0-9ms]+ …\S*世界\n1/2 tests  1 failed$`))
	x.run("resize-window", "-x", "100", "-y", "30")
	once(x.await(area))

	x.press("C-z")
	if text := x.await(`(?s)Stopped.*\n>$`); strings.Contains(text, "s a.TestHolds") {
		t.Errorf("the area is still there:\n%s", text)
	}
	x.press("fg", "Enter")
	x.await(area)
	x.press("?")
	x.await(`\n\?  this list\n` + area[2:])
	writeFiles(t, dir, map[string]string{"release": ""})
	text = x.await(`DONE 2 tests, 1 failure in .*\n`)
	if strings.Contains(text, "for keys") || strings.Contains(text, "s a.TestHolds") {
		t.Errorf("the area is still there:\n%s", text)
	}
}

// TestLiveIsStopped: Ctrl-C, the key s and a limit reach the tests too, which are not killed after
// the grace period instead. A process that has just started would get a signal in any case.
func TestLiveIsStopped(t *testing.T) {
	shardtest.Expensive(t, "runs tests in a terminal")
	t.Parallel()
	dir := shardtest.ModuleDir(t)
	writeFiles(t, dir, liveModule)
	x := startTmux(t, dir, 80, 24)
	for _, key := range []string{"C-c", "s"} {
		x.press("clear; gotestshard -n 1 --grace-period 1h --timings off -f none -- -count=1 -run=Holds ./...; echo exit $?; stty -a | grep -o ' icanon\\| echo '", "Enter")
		x.await(`^\[gw0\] +[1-9]\d*s a\.TestHolds世界世界\n0/1 tests  [0-9ms]+  \? for keys$`)
		x.press(key)
		x.await(`DONE 1 tests, 1 failure in .*\nexit 130\n icanon\n echo\b`)
		if text := x.run("capture-pane", "-p", "-S", "-"); strings.Contains(text, "for keys") {
			t.Errorf("%s: the area is still there, or in the history:\n%s", key, text)
		}
	}
	x.press("clear; gotestshard -n 1 --silence-timeout 1s --grace-period 1h --timings off -f none -- -count=1 -run=Holds ./...; echo exit $?", "Enter")
	x.await(`DONE 1 tests, 1 failure in .*\n(.*\n)*exit 124\b`)
}

// TestLiveWithoutKeys: Ctrl-Z also removes the area of a run that reads no keys, and a guard does
// so after a run that was killed or has crashed.
func TestLiveWithoutKeys(t *testing.T) {
	shardtest.Expensive(t, "runs in a terminal")
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"events": `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestHolds"}
`})
	if err := syscall.Mkfifo(filepath.Join(dir, "hold"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := startTmux(t, dir, 80, 24)
	const area = `\[x\] +[0-9ms]+ m/a\.TestHolds\n0 tests  [0-9ms]+$`
	gone := func(text string) {
		t.Helper()
		if strings.Contains(text, "s m/a.TestHolds") || strings.Contains(text, "0 tests ") {
			t.Errorf("the area is still there:\n%s", text)
		}
	}
	const run = `clear; sh -c 'echo $$ >pid; exec gotestshard --no-keep --timings off -f none --shard "x=cat events hold"'`
	x.press(run, "Enter")
	x.await(area)
	x.press("C-z")
	gone(x.await(`(?s)Stopped.*\n>$`))
	x.press("fg", "Enter")
	x.await(area)
	x.press("C-c")
	x.await(`DONE.*\n>$`)
	for _, signal := range []syscall.Signal{syscall.SIGABRT, syscall.SIGKILL} {
		x.press(run, "Enter")
		x.await(area)
		text, err := os.ReadFile(filepath.Join(dir, "pid"))
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, signal); err != nil {
			t.Fatal(err)
		}
		gone(x.await(`\n>$`))
		x.press("clear; stty -a | grep -o ' icanon\\| echo '", "Enter")
		x.await(` icanon\n echo\b`)
	}
}
