package observe

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// quietHandler returns the handler of a run that shows nothing.
func quietHandler(t testing.TB) *Handler {
	t.Helper()
	h, err := New(option.Options{Display: option.Display{Format: "none"}}, &engine.Plain{}, nil, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func scanned(t testing.TB, h *Handler, stream io.Reader) *testjson.Execution {
	t.Helper()
	exec, err := h.Scan(testjson.ScanConfig{Stdout: stream})
	if err != nil {
		t.Fatal(err)
	}
	return exec
}

func events(lines ...string) io.Reader {
	var b strings.Builder
	for _, line := range lines {
		action, test, _ := strings.Cut(line, " ")
		fmt.Fprintf(&b, `{"Action":%q,"Package":"p","Test":%q}`+"\n", action, test)
	}
	return strings.NewReader(b.String())
}

func TestPassedTestsAreCountedAndForgotten(t *testing.T) {
	exec := scanned(t, quietHandler(t), events(
		"run TestA", "run TestA/sub", "pass TestA/sub", "pass TestA", "run TestB", "fail TestB", "run TestC", "skip TestC", "pass ",
	))
	pkg := exec.Package("p")
	if len(pkg.Passed) != 0 {
		t.Errorf("kept: %v", pkg.Passed)
	}
	if exec.Total() != 4 || len(exec.Failed()) != 1 || len(exec.Skipped()) != 1 {
		t.Errorf("%d tests, %d failed, %d skipped", exec.Total(), len(exec.Failed()), len(exec.Skipped()))
	}
}

// A subtest without an end did not fail if its top-level test passed. testjson needs the
// top-level test to determine that.
func TestAPassedTestIsKeptWhileItsSubtestsRun(t *testing.T) {
	exec := scanned(t, quietHandler(t), events("run TestA", "run TestA/sub", "pass TestA", "run TestB", "pass TestB", "pass "))
	if failed := exec.Failed(); len(failed) != 0 {
		t.Errorf("failed: %v", failed)
	}
	if passed := exec.Package("p").Passed; len(passed) != 1 || passed[0].Test != "TestA" {
		t.Errorf("kept: %v", passed)
	}
	exec = scanned(t, quietHandler(t), events("run TestA", "run TestA/sub", "fail TestA", "fail "))
	if failed := exec.Failed(); len(failed) != 2 {
		t.Errorf("failed: %v", failed)
	}
}

// manyTests is a stream of passing tests, which is generated while it is read.
type manyTests struct {
	left, n int
	rest    []byte
}

func (m *manyTests) Read(p []byte) (int, error) {
	for len(m.rest) == 0 {
		if m.left == 0 {
			return 0, io.EOF
		}
		m.left--
		m.n++
		const event = `{"Time":"2026-01-02T03:04:05Z","Action":"%s","Package":"p","Test":"TestNumber%d","Worker":"gw0"}` + "\n"
		m.rest = fmt.Appendf(m.rest, event, "run", m.n)
		m.rest = fmt.Appendf(m.rest, event, "pass", m.n)
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// TestMemoryIsFlat: ten times as many tests do not use more memory.
func TestMemoryIsFlat(t *testing.T) {
	alive := func(tests int) uint64 {
		h := quietHandler(t)
		exec := scanned(t, h, &manyTests{left: tests})
		if exec.Total() != tests {
			t.Fatalf("%d tests", exec.Total())
		}
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		runtime.KeepAlive(h)
		runtime.KeepAlive(exec)
		return stats.HeapAlloc
	}
	few := alive(2_500)
	if many := alive(25_000); many > few+400<<10 {
		t.Errorf("%d bytes for 2,500 tests, %d for 25,000", few, many)
	}
}

// testjson adds an end for a top-level test that had no start.
func TestASubtestWithoutItsTestDoesNotPanic(t *testing.T) {
	stream := `{"Action":"start","Package":"p"}` + "\n" + `{"Action":"fail","Package":"p","Test":"TestA/sub"}` + "\n" + `{"Action":"fail","Package":"p"}` + "\n"
	h, err := New(option.Options{Display: option.Display{Format: "pkgname"}}, &engine.Plain{}, nil, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	scanned(t, h, strings.NewReader(stream))
}
