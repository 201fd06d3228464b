package workers

import (
	"fmt"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

func TestLeaks(t *testing.T) {
	for leak, want := range map[string]string{option.LeakIgnore: "false false", option.LeakWarn: "true false", option.LeakFail: "true true"} {
		e := &Engine{}
		e.opts.Leak = leak
		if got := e.leaks(); fmt.Sprint(got.Say != nil, got.Fail) != want {
			t.Errorf("%s: %+v", leak, got)
		}
	}
}

// The first [[test]] that matches and has a timeout decides, before --test-timeout.
func TestLimitsOf(t *testing.T) {
	rule := func(match, place string, timeout time.Duration) option.TestRule {
		r := option.TestRule{Timeout: timeout, Slow: -1, Place: option.Place(place)}
		if err := r.Match.Set(match); err != nil {
			t.Fatal(err)
		}
		return r
	}
	opts := option.Options{}
	opts.Tests = []option.TestRule{rule("a.TestX", "1", -1), rule("a.TestX*", "2", time.Second), rule("TestX", "3", time.Hour), rule("a.TestFree", "4", 0)}
	if limits := limitsOf(opts.TestTimeout, opts.Tests, "m/a"); limits.Test("TestX").Time != time.Second || limits.Test("TestX").From != "[[test]] in 2" ||
		limits.Test("TestY").Time != 0 || limits.Outside.Time != 0 {
		t.Errorf("got %+v", limits.Test("TestX"))
	}
	if limits := limitsOf(opts.TestTimeout, opts.Tests, "m/b"); limits.Test("TestX").Time != time.Hour {
		t.Errorf("got %+v", limits.Test("TestX"))
	}
	slow := rule("a.TestX", "5", -1)
	slow.Slow = time.Minute
	opts.Tests = append(opts.Tests, slow)
	if limits := limitsOf(opts.TestTimeout, opts.Tests, "m/a"); limits.Test("TestX").Slow != time.Minute || limits.Test("TestX").Time != time.Second || limits.Test("TestXY").Slow != 0 {
		t.Errorf("got %+v", limits.Test("TestX"))
	}
	opts.Tests = opts.Tests[3:4]
	if limitsOf(opts.TestTimeout, opts.Tests, "m/a") != nil {
		t.Error("a package without a limit has one")
	}
	opts.TestTimeout = time.Minute
	if limits := limitsOf(opts.TestTimeout, opts.Tests, "m/a"); limits.Test("TestFree").Time != 0 || limits.Test("TestX").From != "--test-timeout" || limits.Outside.Time != time.Minute {
		t.Errorf("got %+v", limits)
	}
}
