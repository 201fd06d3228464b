package worker

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Tests that need several processes start this test binary again; WORKER_HELPER
// then names the function to run.
const helperVariable = "WORKER_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) == "" {
		// These tests may themselves run on a worker.
		for _, variable := range []string{"WORKER", "WORKER_INDEX", "WORKER_COUNT", "RUN_ID", "RUN_DIR"} {
			_ = os.Unsetenv("GOTESTSHARD_" + variable)
		}
		current = newRun(func(string) string { return "" })
	}
	os.Exit(m.Run())
}

var helpers = map[string]func(t *testing.T){}

func TestHelperProcess(t *testing.T) {
	if name := os.Getenv(helperVariable); name != "" {
		helpers[name](t)
	}
}

var stdin = bufio.NewReader(os.Stdin)

// tell sends a message to the test, and hear waits for one. The helper process calls them.
func tell(format string, values ...any) { fmt.Printf("@"+format+"\n", values...) }

func hear(t *testing.T) {
	if _, err := stdin.ReadString('\n'); err != nil {
		t.Fatalf("waiting for the test: %v", err)
	}
}

// process is a helper process from the view of the test.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	output strings.Builder
	said   []string
}

func start(t *testing.T, helper string, env ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], "-test.run=^TestHelperProcess$", "-test.count=1")}
	// Without this, a binary with the race detector exits a second late.
	p.cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0", helperVariable+"="+helper), env...)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	check(t, err)
	out, err := p.cmd.StdoutPipe()
	check(t, err)
	p.in, p.out = in, bufio.NewScanner(out)
	check(t, p.cmd.Start())
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	return p
}

// next returns the helper's next message, "" when the helper has exited.
func (p *process) next() string {
	for p.out.Scan() {
		line := p.out.Text()
		p.output.WriteString(line + "\n")
		if said, ok := strings.CutPrefix(line, "@"); ok {
			p.said = append(p.said, said)
			return said
		}
	}
	return ""
}

func (p *process) expect(want string) {
	p.t.Helper()
	if got := p.next(); got != want {
		p.t.Fatalf("the helper said %q, want %q\n%s", got, want, p.output.String())
	}
}

func (p *process) goOn() {
	p.t.Helper()
	_, err := io.WriteString(p.in, "\n")
	check(p.t, err)
}

func (p *process) kill() {
	p.t.Helper()
	check(p.t, p.cmd.Process.Kill())
	for p.next() != "" {
	}
	_ = p.cmd.Wait()
}

// end reads to the end and returns whether the helper's test passed.
func (p *process) end() bool {
	for p.next() != "" {
	}
	return p.cmd.Wait() == nil
}

func (p *process) mustPass() {
	p.t.Helper()
	if !p.end() {
		p.t.Errorf("the helper failed:\n%s", p.output.String())
	}
}

// together starts helpers and lets them continue when all are ready.
func together(t *testing.T, count int, helper string, env ...string) []*process {
	t.Helper()
	var all []*process
	for range count {
		all = append(all, start(t, helper, env...))
	}
	for _, p := range all {
		p.expect("ready")
	}
	for _, p := range all {
		p.goOn()
	}
	return all
}

func runEnv(dir, id string, index, count int) []string {
	return []string{
		"GOTESTSHARD_WORKER=" + id, fmt.Sprint("GOTESTSHARD_WORKER_INDEX=", index),
		fmt.Sprint("GOTESTSHARD_WORKER_COUNT=", count), "GOTESTSHARD_RUN_ID=test-run", "GOTESTSHARD_RUN_DIR=" + dir,
	}
}

func runFrom(env []string) *run {
	return newRun(func(name string) string {
		for _, variable := range env {
			if value, ok := strings.CutPrefix(variable, name+"="); ok {
				return value
			}
		}
		return ""
	})
}

// testRun is a run of 4 workers, seen from gw1.
func testRun(t *testing.T) *run { return runFrom(runEnv(t.TempDir(), "gw1", 1, 4)) }

// plainRun is a process outside a run, separate from other plain ones.
func plainRun(t *testing.T) *run {
	r := runFrom(nil)
	r.dir = filepath.Join(t.TempDir(), "user")
	return r
}

// probe is a test whose end and failure can be inspected.
type probe struct {
	testing.TB
	name            string
	mutex           sync.Mutex
	failed, skipped bool
	log             strings.Builder
	cleanups        []func()
}

func (p *probe) Helper()       {}
func (p *probe) Name() string  { return p.name }
func (p *probe) Failed() bool  { return p.failed }
func (p *probe) Skipped() bool { return p.skipped }
func (p *probe) Errorf(format string, values ...any) {
	p.failed = true
	fmt.Fprintf(&p.log, format, values...)
}
func (p *probe) FailNow()                            { p.failed = true; runtime.Goexit() }
func (p *probe) Fatal(values ...any)                 { p.Errorf("%s", fmt.Sprint(values...)); runtime.Goexit() }
func (p *probe) Fatalf(format string, values ...any) { p.Errorf(format, values...); runtime.Goexit() }
func (p *probe) SkipNow()                            { p.skipped = true; runtime.Goexit() }
func (p *probe) Skip(...any)                         { p.SkipNow() }
func (p *probe) Skipf(string, ...any)                { p.SkipNow() }
func (p *probe) Cleanup(f func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.cleanups = append(p.cleanups, f)
}

// do runs a part of the test, which may end it, and returns its log.
func (p *probe) do(body func(t testing.TB)) string {
	done := make(chan struct{})
	go func() {
		defer close(done)
		body(p)
	}()
	<-done
	return p.log.String()
}

func (p *probe) end() string {
	slices.Reverse(p.cleanups)
	for _, f := range p.cleanups {
		f()
	}
	p.cleanups = nil
	return p.log.String()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustContain(t testing.TB, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}
