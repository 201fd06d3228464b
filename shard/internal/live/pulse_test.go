package live

import (
	"bytes"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(text)
}

// WriteString is not that of the buffer.
func (b *lockedBuffer) WriteString(text string) (int, error) { return b.Write([]byte(text)) }

// take returns what was written since the last call.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.Reset()
	return b.String()
}

// A quiet run says once a minute that it still runs, also into a CI's log.
func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout lockedBuffer
		log := ci.NewLog(ci.GitHub, &stdout, io.Discard)
		s := NewState([]string{"gw0", "gw1"})
		s.Follow(&known{
			usual:    map[string]time.Duration{"m/store.TestImport": 4 * time.Second},
			expected: map[string]Package{"m/store": {Tests: 1024}},
			busy:     []Busy{{"gw1", "m/store", time.Now()}},
		})
		p := newPulse(time.Minute, func() string { return s.snapshot().sentence() })
		out := p.stream(log.Stdout())
		p.say = out.lines
		if ci.LogOf(out) != log {
			t.Error("the log is hidden")
		}
		var running sync.WaitGroup
		running.Go(p.run)
		says := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := stdout.take(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		time.Sleep(59 * time.Second)
		says("")
		_, _ = io.WriteString(out, "line\n")
		says("line\n")
		note(s, " m/store start", "gw1 m/store TestImport run")
		time.Sleep(59 * time.Second)
		says("")
		time.Sleep(time.Second)
		says("still running: m/store.TestImport 1m0s on gw1 (usually 4s); 0 of 1,024 tests done\n")
		note(s, "gw1 m/store TestA fail")
		time.Sleep(time.Minute)
		says("still running: m/store.TestImport 2m0s on gw1 (usually 4s); 1 of 1,024 tests done, 1 failed\n")
		_, _ = io.WriteString(out, "a half line")
		time.Sleep(time.Minute)
		says("a half line\nstill running: m/store.TestImport 3m0s on gw1 (usually 4s); 1 of 1,024 tests done, 1 failed\n")
		p.close()
		running.Wait()
		time.Sleep(time.Hour)
		says("")
	})
}

func TestSentence(t *testing.T) {
	for want, n := range map[string]snapshot{
		"still building; 0 tests done":                                        {building: true},
		"still building: 3 of 40 test binaries are ready; 0 of 99 tests done": {building: true, ready: 3, of: 40, total: 99},
		"still running; 5 tests done":                                         {done: 5},
		"still running: m/b.TestB 2m0s on gw1; 5 tests done":                  {done: 5, rows: []row{{worker: "gw0", pkg: "m/a", test: "TestA", since: time.Minute}, {worker: "gw1", pkg: "m/b", test: "TestB", since: 2 * time.Minute}}},
		"still running: m/a 1m0s on gw0; 5 tests done":                        {done: 5, rows: []row{{worker: "gw0", pkg: "m/a", since: time.Minute}}},
	} {
		if got := n.sentence(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What a program reads has no lines about the run between its own.
func TestWhereTheHeartbeatIs(t *testing.T) {
	for name, want := range map[string]string{"testname": "out", "json": "err", "failures": "err"} {
		var stdout, stderr bytes.Buffer
		v := &View{State: NewState(nil), Stdout: &stdout, Stderr: &stderr}
		v.beginBeat(option.Display{Format: name}, nil)("x\n")
		if got := map[string]string{"x\n": "out", "": "err"}[stdout.String()]; got != want || stdout.Len()+stderr.Len() != 2 {
			t.Errorf("%s: it is on %s, want %s", name, got, want)
		}
	}
}
