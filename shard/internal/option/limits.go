package option

import (
	"fmt"
	"time"
)

// Limits are how long parts of a run may take.
type Limits struct {
	// TestTimeout is how long a test may run, 0 for any time. Tables.Tests has precedence.
	TestTimeout time.Duration
}

func (l *Limits) flags() []flag {
	return []flag{
		{name: "test-timeout", task: taskFailures, example: `"2m"`, to: &l.TestTimeout,
			help: "end a test that runs longer than `TIME`, and report it alone: the others run again in a new process (needs -n; 0 means no limit)"},
	}
}

// settle checks the limits. fromFile is whether a flag is from the configuration file.
func (l *Limits) settle(d Distribution, fromFile func(flag string) bool) error {
	switch {
	case l.TestTimeout < 0:
		return fmt.Errorf("--test-timeout %s is negative: write a duration such as 2m, or 0 for no limit", l.TestTimeout)
	case l.TestTimeout > 0 && d.Workers == 0 && fromFile("test-timeout"):
		l.TestTimeout = 0 // it is for runs with workers
	case l.TestTimeout > 0 && d.Workers == 0:
		return fmt.Errorf("--test-timeout %s needs workers: add -n auto (go test's -timeout is for all tests of a package together)", l.TestTimeout)
	}
	return nil
}
