package option

import (
	"errors"
	"fmt"
	"time"
)

// Diagnosing is whether a run diagnoses its failures.
type Diagnosing struct {
	Diagnose       bool
	DiagnoseBudget time.Duration // for how long tests run for it
	// OwnResult is whether the file of --result is only for that, and removed afterwards.
	OwnResult bool
}

func (d *Diagnosing) flags() []flag {
	return []flag{
		{name: "diagnose", task: taskFailures, example: `true`, to: &d.Diagnose,
			help: "if tests fail, run them again in several ways and say why: broken, after which test, beside which package, flaky or slow"},
		{name: "diagnose-budget", to: &d.DiagnoseBudget, value: "2m", help: "for --diagnose, run tests for at most this `TIME`; the time to build them does not count"},
	}
}

// check refuses what cannot be diagnosed.
func (d *Diagnosing) check(i Invocations, g GoTest, w Watching) error {
	switch {
	case d.DiagnoseBudget <= 0:
		return fmt.Errorf("--diagnose-budget %s is not above 0; write a time such as 2m", d.DiagnoseBudget)
	case !d.Diagnose:
	case len(i.Shards) > 0:
		return errors.New("--diagnose cannot be used with --shard, whose commands can be anything; leave it out")
	case g.RawCommand:
		return errors.New("--diagnose cannot be used with --raw-command, which can be anything; leave it out")
	case w.Watch:
		return errors.New("--diagnose cannot be used with --watch; use gotestshard diagnose when you want to know why a test failed")
	}
	return nil
}
