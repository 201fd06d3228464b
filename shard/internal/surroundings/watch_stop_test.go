//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package surroundings

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestWatchEndsBySignals(t *testing.T) {
	t.Parallel()
	for sig, code := range map[syscall.Signal]int{
		syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129, syscall.SIGQUIT: 131,
	} {
		s := startWatch(t, watchedModule(t))
		s.begin()
		if sig == syscall.SIGINT {
			s.press("\x03")
		} else if err := s.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		s.exits(code)
	}
}

// hold starts a run that does not end by itself.
func hold(t *testing.T, flags string) *session {
	t.Helper()
	s := startWatch(t, watchedModule(t), append([]string{"--grace-period=1h"}, strings.Fields(flags)...)...)
	writeFiles(t, s.dir, map[string]string{"hold": ""})
	s.begin()
	s.press("a")
	s.starts("./...")
	s.exists("held")
	return s
}

func TestWatchStopsARun(t *testing.T) {
	t.Parallel()
	for _, flags := range []string{"", "-n 2"} {
		t.Run("Ctrl-C"+flags, func(t *testing.T) {
			t.Parallel()
			s := hold(t, flags)
			s.press("\x03")
			s.await(`DONE.*\n`)
			s.ready()
			s.endedTest()
			s.save("a/a_test.go", testFile("a", "\n"))
			s.runs("./a")
			s.press("q")
			s.exits(0)
		})
		t.Run("q"+flags, func(t *testing.T) {
			t.Parallel()
			s := hold(t, flags)
			s.press("q")
			s.exits(0)
			s.endedTest()
		})
		t.Run("SIGTERM"+flags, func(t *testing.T) {
			t.Parallel()
			s := hold(t, flags)
			if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			s.exits(143)
			s.endedTest()
		})
	}
}

// With workers, a save stops the run, which starts over, and so does not start before its test
// processes have ended. Esc stops it for good. An arrow begins with the same byte and has no effect.
func TestWatchStopsARunForASave(t *testing.T) {
	t.Parallel()
	s := hold(t, "-n 2")
	s.press("\x1b[A")
	s.save("a/a_test.go", testFile("a", "\n"))
	s.await(`A file was saved during the run, so it starts over`)
	s.endedTest()
	s.starts("./a ./...")
	s.ready()
	s.press("\x1b")
	s.await(`Waiting for a save`)
	s.press("q")
	s.exits(0)
}

// endedTest waits until the test process that was held has ended.
func (s *session) endedTest() {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "held"))
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		s.t.Fatal(err)
	}
	s.until("the end of the test process", func() bool {
		if syscall.Kill(pid, 0) != nil {
			return true
		}
		// An orphan that has ended remains if its exit status is never read.
		state, _ := exec.Command("ps", "-o", "stat=", "-p", string(text)).Output()
		return strings.HasPrefix(string(state), "Z")
	})
}
