package option

import (
	"fmt"
	"time"
)

// Limits are how long parts of a run may take.
type Limits struct {
	// TestTimeout is how long a test may run, 0 for any time. Tables.Tests has precedence.
	TestTimeout time.Duration
	// SilenceTimeout is how long nothing may be printed and nothing may end while tests run, and
	// RunTimeout how long the whole run may take; 0 for any time.
	SilenceTimeout, RunTimeout time.Duration
	// Leak is LeakFail, LeakWarn or LeakIgnore: what happens if a process that a test started has
	// the output of its test process open after the end of that.
	Leak string
}

// The values of Limits.Leak.
const (
	LeakFail   = "fail"
	LeakWarn   = "warn"
	LeakIgnore = "ignore"
)

func (l *Limits) flags() []flag {
	return []flag{
		{name: "test-timeout", needs: needsWorkers, task: taskFailures, example: `"2m"`, to: &l.TestTimeout,
			help: "end a test that runs longer than `TIME`, and report it alone: the others run again in a new process (needs -n; 0 means no limit)"},
		{name: "silence-timeout", needs: needsSeveral, to: &l.SilenceTimeout,
			help: "end the run if nothing was printed and nothing ended for `TIME` while tests ran, and print what they did (needs -n or --shard; 0 means no limit)"},
		{name: "run-timeout", to: &l.RunTimeout, help: "end a run that takes longer than `TIME`, with its reports and exit code 124 (0 means no limit)"},
		{name: "leak", needs: needsWorkers, to: choice(&l.Leak, "what", LeakFail, LeakWarn, LeakIgnore), value: LeakWarn,
			help: "what to do if a process that a test started has the output open after the end of its test process: fail, warn or ignore (go test's way); " +
				"the first two end that process (needs -n)"},
	}
}

// settle checks the limits. fromFile is whether a flag is from the configuration file, where it is
// for the runs that can have it.
func (l *Limits) settle(d Distribution, i Invocations, w Watching, fromFile func(flag string) bool) error {
	for name, limit := range map[string]*time.Duration{"silence-timeout": &l.SilenceTimeout, "run-timeout": &l.RunTimeout} {
		switch {
		case *limit < 0:
			return fmt.Errorf("--%s %s is negative: write a duration such as 20m, or 0 for no limit", name, *limit)
		case *limit == 0:
		case fromFile(name) && (w.Watch || name == "silence-timeout" && d.Workers == 0 && len(i.Shards) == 0):
			*limit = 0
		case w.Watch:
			return fmt.Errorf("--%s and --watch cannot be used together: a person who watches ends a run with a key; use one of them", name)
		case name == "silence-timeout" && d.Workers == 0 && len(i.Shards) == 0:
			return fmt.Errorf("--%s %s needs workers: add -n auto", name, *limit)
		}
	}
	switch {
	case l.Leak != LeakWarn && d.Workers == 0 && !fromFile("leak"):
		return fmt.Errorf("--leak %s needs workers: add -n auto", l.Leak)
	case l.TestTimeout < 0:
		return fmt.Errorf("--test-timeout %s is negative: write a duration such as 2m, or 0 for no limit", l.TestTimeout)
	case l.TestTimeout > 0 && d.Workers == 0 && fromFile("test-timeout"):
		l.TestTimeout = 0 // it is for runs with workers
	case l.TestTimeout > 0 && d.Workers == 0:
		return fmt.Errorf("--test-timeout %s needs workers: add -n auto (go test's -timeout is for all tests of a package together)", l.TestTimeout)
	}
	return nil
}
