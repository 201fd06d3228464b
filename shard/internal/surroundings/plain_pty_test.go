//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package surroundings

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// At a terminal, a plain run and its tests are in the same process group. The terminal sends
// Ctrl-C to all of them, and gotestshard passes other signals on to the tests.
func TestPlainRunAtATerminal(t *testing.T) {
	shardtest.Expensive(t, "runs tests at a terminal")
	t.Parallel()
	for name, test := range map[string]struct {
		keys   string
		signal syscall.Signal
		code   int
	}{
		"Ctrl-C":  {keys: "\x03", code: 130},
		"SIGTERM": {signal: syscall.SIGTERM, code: 143},
		"SIGHUP":  {signal: syscall.SIGHUP, code: 129},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath("gotestshard")
			if err != nil {
				t.Fatal(err)
			}
			dir := watchedModule(t)
			writeFiles(t, dir, map[string]string{"hold": ""})
			s := startSession(t, dir, nil, program, "--grace-period=1h", "--", "-count=1", "./b")
			s.exists("held")
			if test.keys != "" {
				s.press(test.keys)
			} else if err := s.cmd.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			s.exits(test.code)
			s.endedTest()
			s.await("DONE 1 tests, 1 failure in")
		})
	}
}
