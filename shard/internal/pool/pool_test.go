package pool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeProcess sleeps and prints its environment.
type fakeProcess struct {
	exited chan error
}

func (f *fakeProcess) Identity() string            { return "7" }
func (f *fakeProcess) Wait() error                 { return <-f.exited }
func (f *fakeProcess) Alive() bool                 { return false }
func (f *fakeProcess) Pass(process.Received) error { return f.end(errors.New("signal: interrupt")) }
func (f *fakeProcess) Trace() error                { return f.end(errors.New("exit status 2")) }
func (f *fakeProcess) Kill() error                 { return f.end(errors.New("signal: killed")) }
func (f *fakeProcess) Release()                    {}

func (f *fakeProcess) end(err error) error {
	select {
	case f.exited <- err:
	default: // it has ended already
	}
	return nil
}

// fakePool starts processes that take as long as their command specifies.
func fakePool(workers int) (*Pool, *process.Stop) {
	stop := process.NewStop(10 * time.Second)
	p := New(Config{
		Workers: workers,
		Mode:    plan.LoadScope,
		Env:     func(worker int) []string { return []string{fmt.Sprint("WORKER=", worker)} },
		Stop:    stop,
	})
	p.start = func(task Task, env []string) (testProcess, io.ReadCloser, error) {
		if task.Command[0] == "missing" {
			return nil, nil, errors.New("no such program")
		}
		takes, err := time.ParseDuration(task.Command[0])
		if err != nil {
			return nil, nil, err
		}
		f := &fakeProcess{exited: make(chan error, 1)}
		time.AfterFunc(takes, func() { _ = f.end(nil) })
		return f, io.NopCloser(strings.NewReader(strings.Join(env, " ") + "\n")), nil
	}
	return p, stop
}

func TestPoolServesTheOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := fakePool(2)
		var done sync.WaitGroup
		begin := time.Now()
		for i, takes := range []string{"3s", "1s", "1s", "1s", "1s"} {
			done.Go(func() {
				var out bytes.Buffer
				task := Task{Package: fmt.Sprint("p", i), Command: []string{takes}}
				had := -1
				if code := p.Run(t.Context(), task, &out, func(worker int, _ string) { had = worker }); code != 0 {
					t.Errorf("p%d: exit code %d, output %q", i, code, out.String())
				}
				if want := fmt.Sprintf("WORKER=%d\n", had); out.String() != want {
					t.Errorf("p%d printed %q, want %q", i, out.String(), want)
				}
			})
			synctest.Wait() // so that they queue in this order
		}
		done.Wait()

		var got []string
		for _, run := range p.Runs() {
			got = append(got, fmt.Sprintf("%s worker %d from %v took %v", run.Package, run.Worker, run.Started.Sub(begin), run.Took()))
		}
		want := []string{
			"p0 worker 0 from 0s took 3s", "p1 worker 1 from 0s took 1s", "p2 worker 1 from 1s took 1s",
			"p3 worker 1 from 2s took 1s", "p4 worker 0 from 3s took 1s", // both workers are free then
		}
		// At 3s both workers become free at the same moment: either may take p4.
		got[4] = strings.Replace(got[4], "worker 1", "worker 0", 1)
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if took := time.Since(begin); took != 4*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestPoolAfterAnInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := fakePool(1)
		var done sync.WaitGroup
		var running, waiting bytes.Buffer
		done.Go(func() {
			if code := p.Run(t.Context(), Task{Package: "running", Command: []string{"1h"}}, &running, func(int, string) {}); code != 1 {
				t.Errorf("exit code %d", code)
			}
		})
		synctest.Wait()
		done.Go(func() {
			if code := p.Run(t.Context(), Task{Package: "waiting", Command: []string{"1h"}}, &waiting, func(int, string) {}); code != 1 {
				t.Errorf("exit code %d", code)
			}
		})
		synctest.Wait()
		stop.Interrupt()
		done.Wait()
		if got := running.String(); got != "WORKER=0\nsignal: interrupt\n" {
			t.Errorf("the running one printed %q", got)
		}
		if got := waiting.String(); got != "gotestshard: not run: the run was interrupted before a worker was free\n" {
			t.Errorf("the waiting one printed %q", got)
		}
		if runs := p.Runs(); len(runs) != 1 {
			t.Errorf("%d runs", len(runs))
		}
		var late bytes.Buffer
		if code := p.Run(t.Context(), Task{Package: "late", Command: []string{"1s"}}, &late, func(int, string) {}); code != 1 {
			t.Errorf("exit code %d after the interrupt", code)
		}
		time.Sleep(2 * time.Hour) // fake time: timers end
	})
}

func TestPoolGivesUpATaskWhoseHookIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := fakePool(1)
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() {
			p.Run(t.Context(), Task{Package: "a", Command: []string{"1s"}}, io.Discard, func(int, string) {})
		})
		synctest.Wait()
		done.Go(func() { p.Run(ctx, Task{Package: "b", Command: []string{"1s"}}, io.Discard, func(int, string) {}) })
		synctest.Wait()
		cancel()
		done.Wait()
		if runs := p.Runs(); len(runs) != 1 {
			t.Errorf("%d runs: b got a worker", len(runs))
		}
		// The worker is free again.
		if code := p.Run(t.Context(), Task{Package: "c", Command: []string{"1s"}}, io.Discard, func(int, string) {}); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}

// slowPipe has the output of a process. Reading each of its lines takes a while.
type slowPipe struct {
	lines  []string
	closed atomic.Bool
}

func (p *slowPipe) Read(b []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	switch {
	case p.closed.Load():
		return 0, os.ErrClosed
	case len(p.lines) == 0:
		return 0, io.EOF
	}
	n := copy(b, p.lines[0])
	p.lines = p.lines[1:]
	return n, nil
}

func (p *slowPipe) Close() error {
	p.closed.Store(true)
	return nil
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestPoolReadsWhatATaskThatIsStoppedHasPrinted(t *testing.T) {
	for _, test := range []struct {
		name  string
		cause error
		out   io.Writer
		want  string
	}{
		{"it is shown", nil, &strings.Builder{}, "one\ntwo\nthree\nsignal: killed\n"},
		{"it is ended on purpose", ErrUnwanted, &strings.Builder{}, "one\ntwo\nthree\n"},
		{"its hook is gone", nil, failingWriter{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _ := fakePool(1)
				f := &fakeProcess{exited: make(chan error, 1)}
				pipe := &slowPipe{lines: []string{"one\n", "two\n", "three\n"}}
				p.start = func(Task, []string) (testProcess, io.ReadCloser, error) { return f, pipe, nil }
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				begin := time.Now()
				code := p.Process(ctx, 0, Task{Command: []string{"x"}}, test.out, func(string) { cancel(test.cause) })
				if took := time.Since(begin); code != 1 || took != 400*time.Millisecond {
					t.Errorf("exit code %d after %v", code, took)
				}
				if got, ok := test.out.(fmt.Stringer); ok && got.String() != test.want {
					t.Errorf("it printed %q, want %q", got, test.want)
				}
				time.Sleep(time.Hour) // fake time: timers end
			})
		})
	}
}

func TestPoolReportsAProgramThatCannotStart(t *testing.T) {
	p, _ := fakePool(1)
	for range 2 { // the worker is free again after the first
		var out bytes.Buffer
		code := p.Run(t.Context(), Task{Command: []string{"missing"}}, &out, func(int, string) { t.Error("it started") })
		if code != 1 || out.String() != "no such program\n" {
			t.Errorf("exit code %d, output %q", code, out.String())
		}
	}
}

func TestLimitsAreTheGoCommands(t *testing.T) {
	tests := map[time.Duration]process.Limits{
		0:                {},
		-time.Second:     {},
		time.Second:      {Run: 61 * time.Second, IO: 5 * time.Second},
		10 * time.Minute: {Run: 11 * time.Minute, IO: time.Minute},
		time.Hour:        {Run: 66 * time.Minute, IO: 6 * time.Minute},
	}
	for timeout, want := range tests {
		if got := limits(timeout); got != want {
			t.Errorf("limits(%v) = %+v, want %+v", timeout, got, want)
		}
	}
}

func TestExplain(t *testing.T) {
	exited := exec.Command("sh", "-c", "exit 7").Run()
	tests := map[string]struct {
		end  process.End
		code int
		text string
	}{
		"it ended well":     {},
		"it failed":         {end: process.End{Err: exited}, code: 7},
		"it was killed":     {end: process.End{Err: errors.New("signal: killed")}, code: 1, text: "signal: killed\n"},
		"its output stayed": {end: process.End{Incomplete: true}, code: 1, text: "*** Test I/O incomplete 5s after exiting.\nexec: WaitDelay expired before I/O complete\n"},
		"it failed and its output stayed": {
			end: process.End{Err: exited, Incomplete: true}, code: 7,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			code := explain(&out, test.end, process.Limits{Run: time.Minute, IO: 5 * time.Second})
			if code != test.code || out.String() != test.text {
				t.Errorf("got %d, %q, want %d, %q", code, out.String(), test.code, test.text)
			}
		})
	}
	var out bytes.Buffer
	explain(&out, process.End{Err: exited, TooLong: true}, process.Limits{Run: time.Minute})
	if !strings.HasPrefix(out.String(), "*** Test killed") || !strings.HasSuffix(out.String(), "ran too long (1m0s).\n") {
		t.Errorf("got %q", out.String())
	}
}

func TestLeaks(t *testing.T) {
	for _, c := range []struct {
		end       process.End
		fail      bool
		code      int
		said, out string
	}{
		{process.End{}, true, 0, "", ""},
		{process.End{Leaked: true, Left: []string{"a", "b"}}, false, 0, "m/p leaks: a test process ended, and a, b still had its output open, so that was ended (--leak)", ""},
		{process.End{Leaked: true, Left: []string{"a", "b", "c", "d"}}, true, 1, "", "gotestshard: leak: a test process ended, and a, b, c and 1 more still had its output open, so that was ended (--leak)\n"},
		{process.End{Leaked: true}, true, 1, "", "gotestshard: leak: a test process ended, and a process that it started still had its output open, so that was ended (--leak)\n"},
	} {
		said := ""
		p := New(Config{Workers: 1, Stop: process.NewStop(0), Leaks: Leaks{Say: func(text string) { said += text }, Fail: c.fail}})
		var out bytes.Buffer
		if code := p.leaked(&out, Task{Package: "m/p", Command: []string{"p.test"}}, c.end); code != c.code || said != c.said || out.String() != c.out {
			t.Errorf("%+v: %d, %q, %q", c, code, said, out.String())
		}
	}
}
