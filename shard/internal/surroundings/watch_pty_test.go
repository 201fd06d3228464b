//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package surroundings

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// session is a program at its own pseudo-terminal.
type session struct {
	t        *testing.T
	cmd      *exec.Cmd
	terminal *os.File // our end
	tty      *os.File // the program's end, kept open to check its settings
	before   unix.Termios
	dir      string

	mu   sync.Mutex
	text []byte // the output so far
	pos  int    // the end of the last match of await
}

// patience is generous, because the tests do not check the speed of the machine.
const patience = 5 * time.Minute

// startSession runs a program in a folder. It adds the variables to those of this process.
func startSession(t *testing.T, dir string, env []string, program string, args ...string) *session {
	t.Helper()
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, terminal: terminal, tty: tty, before: settings(t, tty), dir: dir}
	s.cmd = exec.Command(program, args...)
	s.cmd.Dir = dir
	s.cmd.Env = append(environ.Run{}.Without(os.Environ()), "GOPROXY=off", "NO_COLOR=1", "PWD="+dir)
	s.cmd.Env = append(append(s.cmd.Env, shardtest.BuildEnv(t)...), "PATH="+shardtest.Builds(t).Path(os.Getenv("PATH")))
	s.cmd.Env = append(s.cmd.Env, env...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, tty, tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	// Otherwise the program would also ignore signals that are ignored here, as under nohup.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(signals) })
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(s.read)
	t.Cleanup(func() {
		end := syscall.SIGKILL
		if t.Failed() {
			end = syscall.SIGABRT // it prints its goroutines
		}
		_ = s.cmd.Process.Signal(end)
		_ = s.cmd.Wait()
		_ = tty.Close() // closing the last one ends the reading
		reading.Wait()
		_ = terminal.Close()
		if t.Failed() {
			t.Logf("%s %q printed\n%s", program, args, s.text)
		}
	})
	return s
}

func (s *session) read() {
	buf := make([]byte, 4096)
	for {
		n, err := s.terminal.Read(buf)
		s.mu.Lock()
		s.text = append(s.text, bytes.ReplaceAll(buf[:n], []byte("\r\n"), []byte("\n"))...)
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// until polls.
func (s *session) until(what string, ok func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("timed out waiting for %s", what)
		}
	}
}

// await waits for a text that matches after the previous match, and returns the submatches.
func (s *session) await(pattern string) []string {
	s.t.Helper()
	expression := regexp.MustCompile(pattern)
	var found []string
	s.until(pattern, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		at := expression.FindSubmatchIndex(s.text[s.pos:])
		if at == nil {
			return false
		}
		for i := 0; i < len(at); i += 2 {
			found = append(found, string(s.text[s.pos+at[i]:s.pos+at[i+1]]))
		}
		s.pos += at[1]
		return true
	})
	return found
}

// runs waits for the next run, which must be of these packages, to end.
func (s *session) runs(packages string) {
	s.t.Helper()
	s.starts(packages)
	s.await(`DONE.*\n`)
}

func (s *session) starts(packages string) {
	s.t.Helper()
	if got := s.await(`\nRunning tests in (.*)\n`)[1]; got != packages {
		s.t.Fatalf("runs %q, want %q", got, packages)
	}
}

// ready waits until the watch reads keys.
func (s *session) ready() {
	s.t.Helper()
	s.until("the keys", func() bool { return settings(s.t, s.tty).Lflag&unix.ICANON == 0 })
}

// begin waits until the watch has started.
func (s *session) begin() {
	s.t.Helper()
	s.await(`Watching \d+ directories. Use Ctrl-c to stop a run or exit\.(?: Press \? to list the keys\.)?\n`)
	s.ready()
}

func (s *session) press(keys string) {
	s.t.Helper()
	if _, err := s.terminal.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// exits waits for the end of the program. It checks the exit code, and that the terminal has
// its original settings.
func (s *session) exits(code int) {
	s.t.Helper()
	timer := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	err := s.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.t.Errorf("exit code %d (%v), want %d", got, s.cmd.ProcessState, code)
	}
	if now := settings(s.t, s.tty); now != s.before {
		s.t.Errorf("the terminal settings are %+v, want %+v as before", now, s.before)
	}
	// Some output may still be in the terminal: once this text is read, all is read.
	mark := []byte("-- the end --")
	if _, err := s.tty.Write(mark); err != nil {
		s.t.Fatal(err)
	}
	s.until("all that was printed", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		var ended bool
		s.text, ended = bytes.CutSuffix(s.text, mark)
		return ended
	})
}

// printed returns the output so far.
func (s *session) printed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}

// save writes a file in the session's folder like an editor: it writes another file, and
// then renames it.
func (s *session) save(name, text string) {
	s.t.Helper()
	aside := filepath.Join(s.t.TempDir(), "aside")
	if err := os.WriteFile(aside, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(aside, filepath.Join(s.dir, name)); err != nil {
		s.t.Fatal(err)
	}
}

// saveAtOnce saves several files while the program is stopped, so that it sees all of them when
// it goes on, also on a busy machine.
func (s *session) saveAtOnce(files map[string]string) {
	s.t.Helper()
	if err := unix.Kill(s.cmd.Process.Pid, unix.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
	if _, err := unix.Wait4(s.cmd.Process.Pid, nil, unix.WUNTRACED, nil); err != nil {
		s.t.Fatal(err)
	}
	for name, text := range files {
		s.save(name, text)
	}
	if err := unix.Kill(s.cmd.Process.Pid, unix.SIGCONT); err != nil {
		s.t.Fatal(err)
	}
}

// saveUntil saves repeatedly until the run with that number, counted from 1, starts.
func (s *session) saveUntil(name, text string, run int) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); strings.Count(s.printed(), "\nRunning tests in") < run; {
		s.save(name, text)
		time.Sleep(100 * time.Millisecond)
		if time.Now().After(deadline) {
			s.t.Fatalf("saving %s did not start a run", name)
		}
	}
}

// exists waits until a test has created a file.
func (s *session) exists(name string) {
	s.t.Helper()
	s.until(name, func() bool {
		_, err := os.Stat(filepath.Join(s.dir, name))
		return err == nil
	})
}

func testFile(pkg, body string) string {
	return "package " + pkg + "\n\nimport \"testing\"\n\nfunc Test" + strings.ToUpper(pkg) + "(t *testing.T) {" + body + "}\n"
}

// watchedModule writes a module with the packages a, b and, two folders down, c. If there is
// a file hold, the test of b waits for the file release. While it waits, there is a file held
// with its process ID.
func watchedModule(t *testing.T) string {
	t.Helper()
	shardtest.Expensive(t, "watches a module and runs its tests")
	dir := shardtest.ModuleDir(t)
	writeFiles(t, dir, map[string]string{
		"go.mod":           "module example.com/m\n\ngo 1.26\n",
		"a/a_test.go":      testFile("a", ""),
		"b/b_test.go":      "package b\n\nimport (\n\t\"os\"\n\t\"strconv\"\n\t\"testing\"\n\t\"time\"\n)\n" + holdingTest,
		"deep/c/c_test.go": testFile("c", ""),
	})
	return dir
}

const holdingTest = `
func TestB(t *testing.T) {
	if _, err := os.Stat("../hold"); err != nil {
		return
	}
	os.WriteFile("../pid", []byte(strconv.Itoa(os.Getpid())), 0o600)
	os.Rename("../pid", "../held")
	for {
		if _, err := os.Stat("../release"); err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
`

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
