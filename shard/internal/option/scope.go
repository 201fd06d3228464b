package option

import (
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

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
	// Slot is 0, or the number of the run if others were running on the machine when it began.
	Slot int
	// GracePeriod is how long test processes may go on after Ctrl-C.
	GracePeriod time.Duration
}

// Identity is what the test processes of the run have in common.
func (s Scope) Identity() environ.Run {
	return environ.Run{ID: s.RunID, Dir: s.RunDir, Slot: s.Slot, Further: s.WorkerEnv}
}

func (s *Scope) flags() []flag {
	return []flag{
		{name: "worker-env", needs: needsWorkers, to: &s.WorkerEnv, help: "set one more environment variable, `NAME`, to the worker's id; repeatable"},
		{name: "run-id", to: &s.RunID, help: "set the `ID` of the run, which is the same in all test processes (default a new UUID)", once: true},
		{name: "setup", task: taskAround, example: `"docker compose up --wait"`, to: (*commandValue)(&s.Setup),
			help: "run `COMMAND` once before the first test process; KEY=VALUE lines that it writes to the file $GOTESTSHARD_ENV are added to the environment of the tests"},
		{name: "teardown", task: taskAround, example: `"docker compose down"`, to: (*commandValue)(&s.Teardown), help: "run `COMMAND` once after the last test process, also after failures and Ctrl-C"},
		{name: "teardown-timeout", to: &s.TeardownTimeout, value: "1m", help: "stop --teardown, and each teardown that a test registered, after this time"},
		{name: "grace-period", to: &s.GracePeriod, value: "10s", help: "after Ctrl-C or SIGTERM, kill test processes that still run after this time"},
	}
}

// settle checks what runs around the tests, and makes up the run's id unless one is
// given.
func (s *Scope) settle(given func(flag string) bool) error {
	for _, name := range s.WorkerEnv {
		if !variableForm().MatchString(name) {
			return fmt.Errorf("--worker-env %q is not a valid environment variable name; write a name such as TEST_ENV_NUMBER", name)
		}
	}
	s.RunIDGiven = given("run-id")
	if !s.RunIDGiven {
		s.RunID = uuid.NewString()
	}
	switch {
	case !regexp.MustCompile(runIDForm).MatchString(s.RunID):
		return fmt.Errorf("--run-id %q is not valid: write 1 to 64 letters, digits, dots, underscores and hyphens, starting with a letter or digit", s.RunID)
	case s.GracePeriod < 0:
		return fmt.Errorf("--grace-period %s is negative; write a duration such as 10s", s.GracePeriod)
	case s.TeardownTimeout <= 0:
		return fmt.Errorf("--teardown-timeout %s is not above 0; write a duration such as 1m", s.TeardownTimeout)
	}
	if err := checkCommand("setup", s.Setup, given); err != nil {
		return err
	}
	return checkCommand("teardown", s.Teardown, given)
}

// checkCommand refuses a flag's command that cannot be what was meant.
func checkCommand(flag string, words []string, given func(flag string) bool) error {
	if given(flag) && len(words) == 0 {
		return fmt.Errorf("--%s has no command; write --%s 'COMMAND ARGS'", flag, flag)
	}
	if i := slices.IndexFunc(words, isShellSyntax); i >= 0 {
		return fmt.Errorf("--%s runs without a shell, so %q would be an argument; to use a shell, write --%s \"sh -c '...'\"", flag, words[i], flag)
	}
	return nil
}

// runIDForm is compiled when it is used: this program starts once for each test binary
// too, as the hook, which does not need it.
const runIDForm = `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`

// variableForm is a name of an environment variable.
var variableForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })
