package process

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a process that ends after a time, or some time after it was asked to. 0 means
// that it does not end because of that.
type fake struct {
	runs                                     time.Duration
	onInterrupt, onTrace                     time.Duration
	err                                      error // of Wait, if nothing ended it
	leavesChild                              bool  // a child that ends only when it is killed
	childOnInterrupt                         time.Duration
	mu                                       sync.Mutex
	calls                                    []string
	exited                                   chan error
	childGone                                bool
	started, interruptedAt, killedAt, waited time.Time
}

var errKilled = errors.New("signal: killed")

func (f *fake) start() {
	f.exited = make(chan error, 10)
	f.started = time.Now()
	if f.runs > 0 {
		time.AfterFunc(f.runs, func() { f.exited <- f.err })
	}
}

func (f *fake) Wait() error {
	err := <-f.exited
	f.waited = time.Now()
	return err
}

func (f *fake) Alive() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.leavesChild && !f.childGone
}

func (f *fake) called(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
}

func (f *fake) Pass(Received) error {
	f.called("interrupt")
	f.interruptedAt = time.Now()
	if f.onInterrupt > 0 {
		time.AfterFunc(f.onInterrupt, func() { f.exited <- errors.New("signal: interrupt") })
	}
	if f.childOnInterrupt > 0 {
		time.AfterFunc(f.childOnInterrupt, f.endChild)
	}
	return nil
}

func (f *fake) endChild() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.childGone = true
}

func (f *fake) Trace() error {
	f.called("trace")
	if f.onTrace > 0 {
		time.AfterFunc(f.onTrace, func() { f.exited <- errors.New("exit status 2") })
	}
	return nil
}

func (f *fake) Kill() error {
	f.called("kill")
	f.killedAt = time.Now()
	f.exited <- errKilled
	f.endChild()
	return nil
}

// The signal of a key may reach a process before this one: then the stop is waited for.
func TestSuperviseOfAKey(t *testing.T) {
	for _, test := range []struct {
		err   string
		asked bool
		took  time.Duration
	}{{"signal: interrupt", true, 1050 * time.Millisecond}, {"exit status 1", false, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			p, stop, start := &fake{runs: time.Second, err: errors.New(test.err)}, NewStop(time.Second), time.Now()
			p.start()
			time.AfterFunc(1050*time.Millisecond, stop.Interrupt)
			output := &fakeOutput{ended: make(chan struct{})}
			close(output.ended)
			if end := stop.Supervise(t.Context(), p, output, Limits{}); !errors.Is(end.Err, p.err) || stop.Asked() != test.asked || time.Since(start) != test.took {
				t.Errorf("%s: it was asked to stop: %v, after %s", test.err, stop.Asked(), time.Since(start))
			}
			time.Sleep(time.Second)
		})
	}
}

func TestSupervise(t *testing.T) {
	readAfter := func(after, busy time.Duration) Output {
		o := &fakeOutput{ended: make(chan struct{}), idleFrom: time.Now().Add(busy)}
		if after >= 0 {
			time.AfterFunc(after, func() { close(o.ended) })
		}
		return o
	}
	limits := Limits{Run: 60 * time.Second, IO: 5 * time.Second}
	tests := map[string]struct {
		process   *fake
		copied    time.Duration // when the output ends, -1 for never
		busy      time.Duration // until when its reader is busy with it
		interrupt time.Duration // when the stop is interrupted, 0 for never
		kill      time.Duration
		cancel    time.Duration
		limits    Limits
		expires   time.Duration // when Limits.Expired is closed, 0 for never
		calls     []string
		took      time.Duration
		end       End
	}{
		"it ends well": {
			process: &fake{runs: time.Second}, copied: time.Second, limits: limits, took: time.Second,
		},
		"it ends well and leaves a process without its output": {
			process: &fake{runs: time.Second, leavesChild: true}, copied: time.Second, limits: limits, took: time.Second,
		},
		"it fails, and what it left is killed": {
			process: &fake{runs: time.Second, err: errors.New("exit status 1"), leavesChild: true}, copied: time.Second, limits: limits,
			calls: []string{"kill"}, took: time.Second, end: End{Err: errors.New("exit status 1")},
		},
		"it leaves a process with its output": {
			process: &fake{runs: time.Second, leavesChild: true}, copied: -1, limits: limits,
			calls: []string{"kill"}, took: 6 * time.Second, end: End{Incomplete: true},
		},
		"it leaves a process with its output, which is a leak": {
			process: &fake{runs: time.Second, leavesChild: true}, copied: -1, limits: Limits{IO: time.Minute, Leaks: true},
			calls: []string{"kill"}, took: 6 * time.Second, end: End{Incomplete: true, Leaked: true},
		},
		"it leaves a process that ends its output in time": {
			process: &fake{runs: time.Second, leavesChild: true}, copied: 5 * time.Second, limits: Limits{Leaks: true}, took: 5 * time.Second,
		},
		"it leaves a process that goes on printing": {
			process: &fake{runs: time.Second, leavesChild: true}, copied: -1, busy: time.Hour, limits: Limits{IO: time.Minute, Leaks: true},
			calls: []string{"kill"}, took: 61 * time.Second, end: End{Incomplete: true, Leaked: true},
		},
		"without a limit its output is waited for": {
			process: &fake{runs: time.Second}, copied: time.Hour, took: time.Hour,
		},
		"it is interrupted and ends": {
			process: &fake{onInterrupt: 2 * time.Second}, copied: 3 * time.Second, interrupt: time.Second, limits: limits,
			calls: []string{"interrupt", "kill"}, took: 3 * time.Second, end: End{Err: errors.New("signal: interrupt")},
		},
		"it is interrupted and does not listen": {
			process: &fake{}, copied: 11 * time.Second, interrupt: time.Second, limits: limits,
			calls: []string{"interrupt", "kill"}, took: 11 * time.Second, end: End{Err: errKilled},
		},
		"it is interrupted and what it started cleans up": {
			process: &fake{onInterrupt: time.Millisecond, leavesChild: true, childOnInterrupt: 3 * time.Second}, copied: 0,
			interrupt: time.Second, limits: limits,
			calls: []string{"interrupt", "kill"}, took: 4 * time.Second, end: End{Err: errors.New("signal: interrupt")},
		},
		"it is interrupted and what it started does not listen": {
			process: &fake{onInterrupt: time.Millisecond, leavesChild: true}, copied: 0, interrupt: time.Second, limits: limits,
			calls: []string{"interrupt", "kill"}, took: 11 * time.Second, end: End{Err: errors.New("signal: interrupt")},
		},
		"it is killed at once": {
			process: &fake{}, copied: 2 * time.Second, interrupt: time.Second, kill: 2 * time.Second, limits: limits,
			calls: []string{"interrupt", "kill"}, took: 2 * time.Second, end: End{Err: errKilled},
		},
		"its hook is gone": {
			process: &fake{}, copied: time.Hour, cancel: time.Second, limits: limits,
			calls: []string{"kill"}, took: 2 * time.Second, end: End{Err: errKilled, Incomplete: true},
		},
		"it is not wanted any more, and what it has printed is read": {
			process: &fake{leavesChild: true}, copied: 1500 * time.Millisecond, cancel: time.Second, limits: limits,
			calls: []string{"kill"}, took: 1500 * time.Millisecond, end: End{Err: errKilled},
		},
		"it is no longer needed, and its output is not read": {
			process: &fake{}, copied: -1, busy: time.Hour, cancel: time.Second, limits: limits,
			calls: []string{"kill"}, took: 2 * time.Second, end: End{Err: errKilled, Incomplete: true},
		},
		"it runs too long and prints its goroutines": {
			process: &fake{onTrace: time.Second}, copied: 61 * time.Second, limits: limits,
			calls: []string{"trace", "kill"}, took: 61 * time.Second, end: End{Err: errors.New("exit status 2"), TooLong: true},
		},
		"it runs too long and hangs altogether": {
			process: &fake{}, copied: 65 * time.Second, limits: limits,
			calls: []string{"trace", "kill"}, took: 65 * time.Second, end: End{Err: errKilled, TooLong: true},
		},
		"its time is over and it prints its goroutines": {
			process: &fake{onTrace: time.Second, leavesChild: true}, copied: 4 * time.Second, limits: limits, expires: 3 * time.Second,
			calls: []string{"trace", "kill"}, took: 4 * time.Second, end: End{Err: errors.New("exit status 2")},
		},
		"its time is over and it does not listen": {
			process: &fake{}, copied: 13 * time.Second, expires: 3 * time.Second,
			calls: []string{"trace", "kill"}, took: 13 * time.Second, end: End{Err: errKilled},
		},
		"its time is over and its output stays open": {
			process: &fake{onTrace: time.Second}, copied: -1, limits: limits, expires: 3 * time.Second,
			calls: []string{"trace", "kill"}, took: 5 * time.Second, end: End{Err: errors.New("exit status 2"), Incomplete: true},
		},
		"its time is over after it has ended": {
			process: &fake{runs: time.Second}, copied: time.Second, limits: limits, expires: 3 * time.Second, took: time.Second,
		},
		"it was interrupted before it started": {
			process: &fake{onInterrupt: time.Second}, copied: 0, interrupt: -1, limits: limits,
			calls: []string{"interrupt", "kill"}, took: time.Second, end: End{Err: errors.New("signal: interrupt")},
		},
		"it is interrupted and its output is read slowly": {
			process: &fake{onInterrupt: time.Second}, copied: 50 * time.Second, busy: 50 * time.Second, interrupt: time.Second, limits: limits,
			calls: []string{"interrupt", "kill"}, took: 50 * time.Second, end: End{Err: errors.New("signal: interrupt")},
		},
		"it is killed while its output is read slowly": {
			process: &fake{onInterrupt: time.Second}, copied: -1, busy: time.Hour, interrupt: time.Second, kill: 5 * time.Second, limits: limits,
			calls: []string{"interrupt", "kill"}, took: 6 * time.Second, end: End{Err: errors.New("signal: interrupt"), Incomplete: true},
		},
		"without a limit it fails and leaves a process with its output": {
			process: &fake{runs: time.Second, err: errors.New("exit status 1"), leavesChild: true}, copied: -1,
			calls: []string{"kill"}, took: 6 * time.Second, end: End{Err: errors.New("exit status 1"), Incomplete: true},
		},
		"its output stays open after an interrupt": {
			process: &fake{runs: time.Second}, copied: -1, interrupt: 2 * time.Second, limits: limits,
			calls: []string{"interrupt", "kill"}, took: 3 * time.Second, end: End{Incomplete: true},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stop := NewStop(10 * time.Second)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.interrupt < 0 {
					stop.Interrupt()
				} else if test.interrupt > 0 {
					time.AfterFunc(test.interrupt, stop.Interrupt)
				}
				if test.kill > 0 {
					time.AfterFunc(test.kill, stop.Kill)
				}
				if test.cancel > 0 {
					time.AfterFunc(test.cancel, cancel)
				}
				p := test.process
				p.start()
				if test.expires > 0 {
					expired := make(chan struct{})
					time.AfterFunc(test.expires, func() { close(expired) })
					test.limits.Expired = expired
				}
				end := stop.Supervise(ctx, p, readAfter(test.copied, test.busy), test.limits)
				// Polling the group detects its end a moment late.
				if took := time.Since(p.started); took < test.took || took > test.took+20*time.Millisecond {
					t.Errorf("it took %v, want %v", took, test.took)
				}
				// A second kill does no harm, and may happen when several events occur at
				// the same moment.
				if calls := slices.Compact(p.calls); !slices.Equal(calls, test.calls) {
					t.Errorf("calls %q, want %q", calls, test.calls)
				}
				if end.TooLong != test.end.TooLong || end.Incomplete != test.end.Incomplete || end.Leaked != test.end.Leaked ||
					errorText(end.Err) != errorText(test.end.Err) {
					t.Errorf("got %+v, want %+v", end, test.end)
				}
				time.Sleep(2 * time.Hour) // fake time: everything that still waits ends
			})
		})
	}
}

// fakeOutput is idle from some moment on.
type fakeOutput struct {
	ended    chan struct{}
	idleFrom time.Time
}

func (o *fakeOutput) Ended() <-chan struct{} { return o.ended }
func (o *fakeOutput) Idle() time.Duration    { return max(0, time.Since(o.idleFrom)) }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
