package option

import (
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// Scope is what surrounds all test processes of a run, and what they have in common.
type Scope struct {
	// WorkerEnv are further variables that carry the worker's id.
	WorkerEnv []string
	// RunID is the same for all test processes of the run.
	RunID string
	// RunIDGiven is whether the user chose RunID.
	RunIDGiven bool
	// Setup and Teardown are commands that run once, before the first and after
	// the last test process; TeardownTimeout is how long the latter, and each
	// registered teardown, may take.
	Setup, Teardown []string
	TeardownTimeout time.Duration
	// SetupEnv are the variables that Setup made, as KEY=VALUE, and RunDir the
	// folder of the run, empty for none.
	SetupEnv []string
	RunDir   string
	// GracePeriod is how long test processes may go on after Ctrl-C.
	GracePeriod time.Duration
}

// Identity is what the test processes of the run have in common.
func (s Scope) Identity() environ.Run {
	return environ.Run{ID: s.RunID, Dir: s.RunDir, Further: s.WorkerEnv}
}

func (s *Scope) flags() []flag {
	return []flag{
		{name: "worker-env", to: &s.WorkerEnv, help: "a further environment variable `NAME` that carries the worker's id; repeatable"},
		{name: "run-id", to: &s.RunID, help: "the run's `ID`, which every test process gets (default a new UUID)", once: true},
		{name: "setup", to: (*commandValue)(&s.Setup),
			help: "run `COMMAND` once before the first test process; KEY=VALUE lines it writes to the file $GOTESTSHARD_ENV reach the tests"},
		{name: "teardown", to: (*commandValue)(&s.Teardown), help: "run `COMMAND` once after the last test process, whatever happened"},
		{name: "teardown-timeout", to: &s.TeardownTimeout, value: "1m", help: "end --teardown, and each teardown that a test registered, after this time"},
		{name: "grace-period", to: &s.GracePeriod, value: "10s", help: "after Ctrl-C or SIGTERM, kill test processes that still run after this time"},
	}
}
