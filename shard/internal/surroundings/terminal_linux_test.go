package surroundings

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// terminalModule has tests that use the terminal as under go test, and tests that hang.
func terminalModule(t *testing.T) string {
	t.Helper()
	dir := shardtest.ModuleDir(t)
	writeFiles(t, dir, map[string]string{
		"go.mod":          "module example.com/m\n\ngo 1.26\n",
		"tty/a_test.go":   terminalTests,
		"hang/a_test.go":  hangingTest,
		"where/a_test.go": surroundings,
		"setup.sh":        "printf 'Name: ' >/dev/tty; read -r name </dev/tty; echo NAME=$name >>$GOTESTSHARD_ENV\n",
		"teardown.sh":     "stty -echo </dev/tty; stty echo </dev/tty; printf \"bye $NAME\\n\" >/dev/tty\n",
		"ask.sh":          "printf 'Password: ' >/dev/tty; read -r p </dev/tty; [ \"$p\" = secret ] && exec \"$@\"\n",
	})
	return dir
}

const terminalTests = `package tty

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

func TestRaw(t *testing.T) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var s syscall.Termios
	for _, call := range []uintptr{syscall.TCGETS, syscall.TCSETS} {
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), call, uintptr(unsafe.Pointer(&s))); e != 0 {
			t.Fatal(e)
		}
	}
}

func TestInteractive(t *testing.T) {
	out, err := exec.Command("bash", "--norc", "-ic", "echo hello").CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "hello\n") {
		t.Errorf("%s %v", out, err)
	}
}

func TestSetsid(t *testing.T) {
	if _, err := syscall.Setsid(); err != nil {
		t.Error(err)
	}
}
`

const hangingTest = `package hang

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

func TestHang(t *testing.T) {
	if err := exec.Command("sleep", "3600").Start(); err != nil {
		t.Fatal(err)
	}
	os.WriteFile("../pid", []byte(strconv.Itoa(os.Getpid())), 0o600)
	os.Rename("../pid", "../held")
	time.Sleep(time.Hour)
}
`

// surroundings prints what a process has inherited from its parent process.
const surroundings = `package where

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

func TestWhere(t *testing.T) {
	var b strings.Builder
	env := os.Environ()
	slices.Sort(env)
	for _, variable := range env {
		fmt.Fprintln(&b, "environment", variable)
	}
	read := func(file, lines string) {
		text, err := os.ReadFile(file)
		for _, line := range regexp.MustCompile(lines).FindAll(text, -1) {
			fmt.Fprintln(&b, file, string(line))
		}
		if err != nil {
			fmt.Fprintln(&b, err)
		}
	}
	read("/proc/self/status", "(?m)^(Umask|SigBlk|SigIgn|NoNewPrivs|Groups):.*")
	read("/proc/self/limits", "(?m)^.*$")
	read("/proc/self/oom_score_adj", ".*")
	descriptors, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range descriptors {
		if link, err := os.Readlink(fd); err == nil {
			fmt.Fprintln(&b, "descriptor", filepath.Base(fd), regexp.MustCompile("[0-9]+").ReplaceAllString(link, "N"))
		}
	}
	for fd := range 3 {
		read(fmt.Sprintf("/proc/self/fdinfo/%d", fd), "(?m)^flags:.*")
	}
	var out, err syscall.Stat_t
	fmt.Fprintln(&b, "one pipe:", syscall.Fstat(1, &out) == nil && syscall.Fstat(2, &err) == nil && out.Ino == err.Ino)
	dir, _ := os.Getwd()
	fmt.Fprintln(&b, "folder", dir, "arguments", os.Args[1:])
	session, _, _ := syscall.RawSyscall(syscall.SYS_GETSID, 0, 0, 0)
	fmt.Fprintln(&b, "leads a group:", syscall.Getpgrp() == os.Getpid(), "a session:", int(session) == os.Getpid())
	program, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", syscall.Getpgrp()))
	fmt.Fprintln(&b, "leader of its group:", string(program))
	priority, _ := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	fmt.Fprintln(&b, "priority", priority)
	tty, ttyErr := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	fmt.Fprintln(&b, "terminal", ttyErr)
	if ttyErr == nil {
		var group int32
		syscall.Syscall(syscall.SYS_IOCTL, tty.Fd(), syscall.TIOCGPGRP, uintptr(unsafe.Pointer(&group)))
		fmt.Fprintln(&b, "in its foreground:", int(group) == syscall.Getpgrp())
	}
	if err := os.WriteFile("../where.txt", []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
`

func gotestshardProgram(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("gotestshard")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// At a terminal, tests, the program of -exec, the setup and the teardown can use the terminal.
func TestTheTerminalIsForTheTestsToo(t *testing.T) {
	shardtest.Expensive(t, "runs tests at a terminal")
	t.Parallel()
	s := startSession(t, terminalModule(t), nil, gotestshardProgram(t), "-n", "1", "--timings", "off",
		"--setup", "sh setup.sh", "--teardown", "sh teardown.sh", "--", "-count=1", "-exec", "sh ../ask.sh", "./tty")
	s.await("Name: ")
	s.press("Ann\n")
	s.await("Password: ")
	s.press("secret\n")
	s.await("DONE 3 tests in")
	s.await("bye Ann")
	s.exits(0)
}

// Keys of the terminal reach the tests: Ctrl-\ makes them print their goroutines.
func TestGoroutinesAtATerminal(t *testing.T) {
	shardtest.Expensive(t, "runs tests at a terminal")
	t.Parallel()
	s := startSession(t, terminalModule(t), nil, gotestshardProgram(t), "-n", "2", "--timings", "off", "--grace-period=1h", "--", "-count=1", "./hang")
	s.exists("held")
	s.press("\x1c")
	s.await(`hang\.TestHang\(0x`)
	s.await("DONE 1 tests, 1 failure in")
	s.exits(131)
	s.nothingRuns()
}

// Ctrl-Z stops the tests, and fg continues them.
func TestCtrlZStopsTheTests(t *testing.T) {
	shardtest.Expensive(t, "runs tests at a terminal")
	t.Parallel()
	script := `set -m; "$0" -n 1 --timings off --grace-period=1h -- -count=1 ./hang; echo "stopped $?"; read -r; fg`
	s := startSession(t, terminalModule(t), nil, "bash", "--norc", "-c", script, gotestshardProgram(t))
	s.exists("held")
	s.press("\x1a")
	s.await("stopped 14[78]") // by the signal of Ctrl-Z, or by ours after the area was removed
	s.until("the test to be stopped", func() bool { return s.state() == "T" })
	s.press("\n")
	s.until("the test to go on", func() bool { return s.state() == "S" })
	s.press("\x03")
	s.await("DONE 1 tests, 1 failure in")
	s.exits(130)
	s.nothingRuns()
}

// state returns the process state of the hanging test, as in proc(5).
func (s *session) state() string {
	s.t.Helper()
	pid, err := os.ReadFile(filepath.Join(s.dir, "held"))
	if err != nil {
		s.t.Fatal(err)
	}
	text, _ := os.ReadFile("/proc/" + string(pid) + "/stat")
	state, _, _ := bytes.Cut(bytes.TrimSpace(text[bytes.LastIndexByte(text, ')')+1:]), []byte(" "))
	return string(state)
}

// nothingRuns waits until no processes run in the session's folder or below it.
func (s *session) nothingRuns() {
	s.t.Helper()
	s.until("the end of what was started", func() bool {
		folders, _ := filepath.Glob("/proc/[0-9]*/cwd")
		for _, link := range folders {
			if dir, _ := os.Readlink(link); dir == s.dir || strings.HasPrefix(dir, s.dir+"/") {
				return false
			}
		}
		return true
	})
}

// A test process has the same environment as under go test. docs/differences.md lists the
// additional variables.
func TestATestHasTheSurroundingsOfGoTest(t *testing.T) {
	shardtest.Expensive(t, "runs tests at a terminal")
	t.Parallel()
	dir := terminalModule(t)
	where := func(terminal bool, command ...string) string {
		t.Helper()
		// The result is not cached, because the test writes a file that is removed. With -count=1 the go
		// command would not ask for the log of what the test reads, which --changed needs.
		command = append(command, "./where")
		if terminal {
			s := startSession(t, dir, nil, command[0], command[1:]...)
			s.exits(0)
		} else {
			cmd := exec.Command(command[0], command[1:]...)
			cmd.Dir = dir
			cmd.Env = append(environ.Run{}.Without(os.Environ()), "GOPROXY=off", "NO_COLOR=1", "PWD="+dir)
			cmd.Env = append(append(cmd.Env, shardtest.BuildEnv(t)...), "PATH="+shardtest.Builds(t).Path(os.Getenv("PATH")))
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, "where.txt"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, "where.txt")); err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	added := regexp.MustCompile(`(?m)^environment GOTESTSHARD_(PROCESS|RUN_DIR|RUN_ID|SLOT|WORKER|WORKER_COUNT|WORKER_INDEX)=.+\n`)
	leader := regexp.MustCompile(`(?m)^leader of its group: .*\n`)
	build := regexp.MustCompile(`go-build\d+`)
	for _, terminal := range []bool{false, true} {
		t.Run("terminal "+strconv.FormatBool(terminal), func(t *testing.T) {
			want := where(terminal, shardtest.Go(t), "test", "-json")
			got := where(terminal, gotestshardProgram(t), "-n", "1", "--timings", "off", "--")
			if count := len(added.FindAllString(got, -1)); count != 7 {
				t.Errorf("%d variables are added, want 7", count)
			}
			if l := leader.FindString(got); !terminal && l != "leader of its group: go\n" {
				t.Errorf("%q, want the go command", l)
			}
			got, want = leader.ReplaceAllString(got, ""), leader.ReplaceAllString(want, "")
			got, want = build.ReplaceAllString(got, "go-buildN"), build.ReplaceAllString(want, "go-buildN")
			missing := strings.Split(added.ReplaceAllString(want, ""), "\n") // gotestshard may run this test
			for line := range strings.SplitSeq(added.ReplaceAllString(got, ""), "\n") {
				if i := slices.Index(missing, line); i >= 0 {
					missing = slices.Delete(missing, i, i+1)
				} else {
					t.Errorf("not under go test: %s", line)
				}
			}
			for _, line := range missing {
				t.Errorf("only under go test: %s", line)
			}
		})
	}
}
