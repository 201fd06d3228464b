package split

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// Each test has a clock, which stands still while the test is paused. The process must end when
// the first one has run down.
func TestDeadline(t *testing.T) {
	const second = time.Second
	type step struct {
		after time.Duration
		what  string // such as "run TestA"
	}
	for _, c := range []struct {
		name, over string
		at         time.Duration // when it is over, 0 for never
		steps      []step
	}{
		{"in a test", "TestA", 11 * second, []step{{second, "run TestA"}}},
		{"not in tests that end", "outside", 46 * second, []step{{9 * second, "run TestA"}, {9 * second, "pass TestA"}, {9 * second, "run TestB"}, {9 * second, "fail TestB"}}},
		{"before the first test", "outside", 10 * second, nil},
		{"after the last test", "outside", 12 * second, []step{{second, "run TestA"}, {second, "pass TestA"}}},
		{"in a test with its own limit", "TestLong", 101 * second, []step{{second, "run TestLong"}}},
		{"in none without a limit", "", 0, []step{{second, "run TestFree"}}},
		{"without the time of a pause", "TestA", 18 * second, []step{
			{0, "run TestA"}, {5 * second, "pause TestA"}, {0, "run TestB"}, {8 * second, "pass TestB"}, {0, "cont TestA"},
		}},
		{"outside while all tests are paused", "outside", 15 * second, []step{{0, "run TestA"}, {5 * second, "pause TestA"}}},
		{"only for the first one", "TestA", 13 * second, []step{{3 * second, "run TestA"}, {2 * second, "run TestB"}}},
		{"for those that began together", "TestA TestB", 3*second + 10*second + second/5, []step{{3 * second, "run TestA"}, {second / 5, "run TestB"}}},
		{"but not for one that ended since", "TestA", 13*second + second/5, []step{
			{3 * second, "run TestA"}, {second / 5, "run TestB"}, {10*second - second/10, "pass TestB"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limits := &TestLimits{Outside: Limit{Time: 10 * second}, Test: func(test string) Limit {
					return Limit{Time: map[string]time.Duration{"TestLong": 100 * second, "TestFree": 0, "TestA": 10 * second, "TestB": 10 * second}[test]}
				}}
				start := time.Now()
				var out bytes.Buffer
				d := NewDeadline(limits, &out, func() []string { return []string{"TestA/x", "TestA"} })
				d.Begin()
				for _, s := range c.steps {
					time.Sleep(s.after)
					action, test, _ := strings.Cut(s.what, " ")
					d.See(text.Change{Action: action, Test: test})
				}
				var at time.Duration
				select {
				case <-d.expired:
					at = time.Since(start)
				case <-time.After(1000 * second):
				}
				over := strings.Join(d.over, " ")
				if d.outside {
					over = strings.TrimSpace("outside " + over)
				}
				if at != c.at || over != c.over || d.Stop() != (c.at > 0) {
					t.Errorf("%q at %v, want %q at %v", over, at, c.over, c.at)
				}
				if shown := out.String(); slices.Contains(d.over, "TestA") != (shown == "\x16=== NAME  TestA/x\n") {
					t.Errorf("printed %q", shown)
				}
			})
		})
	}
}

// A test is slow once, after it has run for so long.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := &TestLimits{Test: func(test string) Limit { return Limit{Slow: map[string]time.Duration{"TestA": 10 * time.Second}[test]} }}
		d := NewDeadline(limits, &bytes.Buffer{}, func() []string { return nil })
		start, said := time.Now(), make(chan string, 9)
		d.Slow = func(test string, after time.Duration) {
			said <- fmt.Sprint(test, " ", after, " at ", time.Since(start))
		}
		d.Begin()
		see := func(after time.Duration, action, test string) {
			time.Sleep(after * time.Second)
			d.See(text.Change{Action: action, Test: test})
		}
		see(0, "run", "TestB")
		see(0, "run", "TestA")
		see(8, "pause", "TestA")
		see(100, "cont", "TestA")
		see(100, "pass", "TestA")
		see(0, "run", "TestA") // of -count=2
		see(9, "pass", "TestA")
		see(100, "pass", "TestB")
		d.Stop()
		if got := <-said; got != "TestA 10s at 1m50s" || len(said) > 0 {
			t.Error(got, len(said))
		}
	})
}

// A test that is ended is slow before that, also if the timer for that is late.
func TestSlowWhenItIsEnded(t *testing.T) {
	for range 50 { // two timers of the same moment run in any order
		synctest.Test(t, func(t *testing.T) {
			limits := &TestLimits{Test: func(string) Limit { return Limit{Time: time.Second, Slow: time.Second} }}
			d := NewDeadline(limits, &bytes.Buffer{}, func() []string { return nil })
			said := make(chan string, 9)
			d.Slow = func(test string, after time.Duration) { said <- fmt.Sprint(test, " ", after) }
			d.Begin()
			d.See(text.Change{Action: "run", Test: "TestA"})
			<-d.Expired()
			synctest.Wait()
			d.Stop()
			if got := len(said); got != 1 || <-said != "TestA 1s" {
				t.Error(got)
			}
		})
	}
}

// What the goroutines of a process say about where it waits, as go1.26 prints them.
func TestWaits(t *testing.T) {
	const (
		inInit  = "goroutine 1 gp=0x1 m=nil [sleep]:\nruntime.gopark(0x1)\n\t/x.go:1\ntime.Sleep(0x34)\n\t/y.go:1\nexample.com/m/b.init.0()\n\t/m/b_test.go:21 +0x4\nruntime.doInit1(0x6)\n\nruntime.init.7()\n"
		inMain  = "goroutine 1 [sleep]:\ntime.Sleep(0x34)\n\t/y.go:1\nexample.com/m/b.TestMain(0xc0)\n\t/m/b_test.go:11\nmain.main()\n\ngoroutine 2 [x]:\nruntime.goparkunlock(...)\ncreated by runtime.init.7 in goroutine 1\n"
		cleanup = "goroutine 1 [chan receive]:\ntesting.(*T).Run(0x1)\n\ngoroutine 8 [sleep]:\ntime.Sleep(0x34)\nm.TestX.func1()\n\t/x.go\ntesting.(*common).Cleanup.func1()\n\t/t.go\ntesting.(*common).runCleanup(0xc0, 0x0)\n\t/t.go\ntesting.tRunner.func2()\n"
	)
	for _, c := range []struct{ got, want string }{
		{waitsBefore(inInit), "in init, before its first test"},
		{waitsBefore(inMain), "in TestMain, before its first test"},
		{waitsBefore("signal: killed"), "before its first test"},
		{waitsAfter(inMain), "in TestMain, after m.Run"},
		{waitsAfter(""), "after m.Run"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if !inCleanup(cleanup, "TestX", false) || inCleanup(cleanup, "TestY", false) || !inCleanup(cleanup, "TestY", true) || inCleanup(inMain, "TestX", true) {
		t.Error("inCleanup is wrong")
	}
}
