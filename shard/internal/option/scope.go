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
