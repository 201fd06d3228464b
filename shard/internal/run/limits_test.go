package run

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/live"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// busy is an engine whose workers are busy from some moment on.
type busy struct {
	engine.Engine
	live.Source
	since time.Time
}

func (b busy) Busy() []live.Busy {
	if time.Now().Before(b.since) {
		return nil
	}
	return []live.Busy{{Worker: "gw0", Package: "m/p", Since: b.since}}
}

// A limit ends the run once, as a signal does, unless it is ending already.
func TestLimits(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		name   string
		limits option.Limits
		idle   time.Duration   // until when no worker runs a test process
		events []time.Duration // when something happens
		stops  time.Duration   // when the limits are stopped, 0 for never
		at     time.Duration   // when the run is ended, 0 for never
		why    string
	}{
		{"none", option.Limits{}, 0, nil, 0, 0, ""},
		{"the run is too long", option.Limits{RunTimeout: 20 * second}, 0, nil, 0, 20 * second, "the run took longer than 20s (--run-timeout)"},
		{"the run has ended", option.Limits{RunTimeout: 20 * second, SilenceTimeout: 20 * second}, 0, nil, 19 * second, 0, ""},
		{"nothing happens", option.Limits{SilenceTimeout: 60 * second}, 0, nil, 0, 60 * second, "nothing was printed and nothing ended for 1m (--silence-timeout)"},
		{"nothing happens any more", option.Limits{SilenceTimeout: 60 * second}, 0, []time.Duration{50 * second, 100 * second}, 0, 160 * second, "nothing was printed"},
		{"the build is silent", option.Limits{SilenceTimeout: 60 * second}, 200 * second, nil, 0, 260 * second, "nothing was printed"},
		{"the first limit counts", option.Limits{SilenceTimeout: 60 * second, RunTimeout: 50 * second}, 0, nil, 0, 50 * second, "the run took longer than 50s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				interrupts := signals.NewWatch()
				var stderr bytes.Buffer
				l := newLimits(c.limits, true, interrupts, &stderr)
				noted := &observe.Handler{}
				l.watch(&live.View{State: live.NewState([]string{"gw0"}), Stderr: &stderr}, busy{since: start.Add(c.idle)}, noted)
				for _, at := range c.events {
					time.AfterFunc(at, noted.Active)
				}
				if c.stops > 0 {
					time.AfterFunc(c.stops, l.stop)
				}
				var at time.Duration
				select {
				case sig := <-interrupts.C:
					at = time.Since(start)
					if sig != os.Signal(process.Own{Sent: syscall.SIGQUIT}) {
						t.Errorf("got %v", sig)
					}
				case <-time.After(1000 * second):
				}
				time.Sleep(1000 * second)
				err := l.over()
				if at != c.at || len(interrupts.C) > 0 || (err == nil) != (c.at == 0) || err != nil && (exit.Code(err) != 124 || !strings.HasPrefix(err.Error(), c.why)) {
					t.Errorf("%v at %v, want %s at %v", err, at, c.why, c.at)
				}
				if text := stderr.String(); c.at > 0 != strings.Contains(text, "; the run ends\nrunning for ") {
					t.Errorf("printed %q", text)
				}
				l.stop()
			})
		})
	}
}
