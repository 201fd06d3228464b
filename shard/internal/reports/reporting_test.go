package reports

import (
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// TestReportsAfterSignals: after a signal, queries and the post-run command are limited.
func TestReportsAfterSignals(t *testing.T) {
	const grace = 10 * time.Second
	for name, test := range map[string]struct {
		tests     time.Duration // from the first signal to the reports
		signals   []time.Duration
		asked     time.Duration // until queries end, 0 for no limit
		commanded time.Duration // until the post-run command is interrupted
		killed    time.Duration // until the post-run command is killed
	}{
		"no signal": {},
		"the tests were interrupted and ended": {
			signals: []time.Duration{0}, tests: time.Second, asked: 9 * time.Second, commanded: grace, killed: grace,
		},
		"the tests took all of their grace period": {
			signals: []time.Duration{0}, tests: grace, asked: askTime, commanded: grace, killed: grace,
		},
		"the tests were killed": {
			signals: []time.Duration{0, time.Second}, tests: 2 * time.Second, asked: askTime, commanded: killedTime, killed: killedTime,
		},
		"the first signal comes during the reports": {
			signals: []time.Duration{3 * time.Second}, asked: 3 * time.Second, commanded: 3 * time.Second,
		},
		"two signals come during the reports": {
			signals: []time.Duration{3 * time.Second, 4 * time.Second}, asked: 3 * time.Second, commanded: 3 * time.Second, killed: 4 * time.Second,
		},
		"the second signal comes during the reports": {
			signals: []time.Duration{0, 3 * time.Second}, tests: 2 * time.Second, asked: time.Second, commanded: time.Second, killed: time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := signals.NewWatch()
				w.Exit = func(int) {}
				defer w.Stop()
				w.PassTo(signals.OnlyAsks{})
				for _, at := range test.signals {
					time.AfterFunc(at, func() { w.Send(syscall.SIGINT) })
				}
				time.Sleep(test.tests)
				synctest.Wait()
				r := newReporting(grace)
				w.PassToReports(r)
				begun := time.Now()
				var asked, commanded, killed time.Duration
				go func() { <-r.ctx.Done(); asked = time.Since(begun) }()
				go func() { <-r.stop.Interrupted(); commanded = time.Since(begun) }()
				go func() { <-r.stop.Killed(); killed = time.Since(begun) }()
				time.Sleep(time.Hour)
				synctest.Wait()
				got, want := []time.Duration{asked, commanded, killed}, []time.Duration{test.asked, test.commanded, test.killed}
				if !slices.Equal(got, want) {
					t.Errorf("queries ended, command interrupted and killed after %v, want %v", got, want)
				}
				r.close()
				r.Kill() // ends the goroutines above
			})
		})
	}
}
