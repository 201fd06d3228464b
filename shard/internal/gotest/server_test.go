package gotest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/gotestshard/gotestshard/shard/internal/early"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(recordVariable); folder != "" && len(os.Args) > 1 && os.Args[1] == early.HookWord {
		os.Exit(recordHook(folder))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(selectionDir)
		os.Exit(code)
	}))
}

// echo runs no process: it prints the task and exits with 5.
func echo(_ context.Context, task pool.Task, hook Hook) int {
	hook.Started("1073741824 0 0 mark ")
	_, _ = fmt.Fprintf(hook, "%s in %s for %v", strings.Join(task.Command, " "), task.Dir, task.Timeout)
	return 5
}

func newServer(t *testing.T, run Runner) *Server {
	t.Helper()
	s, err := NewServer(os.Environ(), run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
			t.Errorf("the directory is still there: %v", err)
		}
	})
	return s
}

func dial(t *testing.T, s *Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func goodRequest(s *Server) early.Request {
	return early.Request{
		Token: s.token, Timeout: "2s", Dir: "/src",
		Command: []string{"x.test", "-test.paniconexit0", "-test.timeout=0s", "-test.run=A"},
		Env:     []string{"A=1"},
	}
}

func send(t *testing.T, conn net.Conn, req early.Request) {
	t.Helper()
	if _, err := conn.Write(req.Encode()); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, s *Server, req early.Request) (code int, out string, err error) {
	t.Helper()
	conn := dial(t, s)
	send(t, conn, req)
	var b bytes.Buffer
	code, _, err = early.Follow(conn, &b)
	return code, b.String(), err
}

func TestServerAnswersAHook(t *testing.T) {
	s := newServer(t, echo)
	code, out, err := ask(t, s, goodRequest(s))
	want := "x.test -test.paniconexit0 -test.timeout=2s -test.run=A in /src for 2s"
	if code != 5 || out != want || err != nil {
		t.Errorf("got %d, %q, %v, want %q", code, out, err, want)
	}
}

func TestServerIsTheUsersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	s := newServer(t, echo)
	info, err := os.Stat(s.dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestServerRefusesWhatIsMalformed(t *testing.T) {
	var ran atomic.Int32 // the race detector knows nothing of the socket
	s := newServer(t, func(ctx context.Context, task pool.Task, hook Hook) int {
		ran.Add(1)
		return echo(ctx, task, hook)
	})
	bad := goodRequest(s)
	bad.Token = strings.Repeat("x", len(s.token))
	wrongToken := string(bad.Encode())
	bad.Token = ""
	noToken := string(bad.Encode())
	good := string(goodRequest(s).Encode())
	for name, data := range map[string]string{
		"a wrong token": wrongToken,
		"no token":      noToken,
		"nothing":       "",
		"cut off":       good[:len(good)-1],
		"text":          "GET / HTTP/1.1\r\n\r\n",
		"endless":       strings.Repeat("\x00", early.MaxRequest),
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, s)
			go func() { // an endless request is cut off while it is being written
				_, _ = io.WriteString(conn, data)
				_ = conn.(*net.UnixConn).CloseWrite()
			}()
			if answer, _ := io.ReadAll(conn); len(answer) > 0 {
				t.Errorf("answered %q", answer)
			}
		})
	}
	if n := ran.Load(); n != 0 {
		t.Errorf("%d processes ran", n)
	}
	// The server still works.
	if code, _, err := ask(t, s, goodRequest(s)); code != 5 || err != nil {
		t.Errorf("afterwards: %d, %v", code, err)
	}
}

func TestServerExplainsARequestWithoutABinary(t *testing.T) {
	s := newServer(t, echo)
	for _, test := range []struct {
		change func(*early.Request)
		want   string
	}{
		{func(r *early.Request) { r.Timeout = "soon" + partSeparator + "5" }, `gotestshard: reading the hook's timeout: time: invalid duration "soon"`},
		{func(r *early.Request) { r.Command = []string{"x.test", "y"} }, `gotestshard: the hook's command ["x.test" "y"] has no test binary`},
		{func(r *early.Request) { r.Dir = "" }, `gotestshard: the hook's request has no directory for the test`},
		{func(r *early.Request) { r.Command = nil }, `gotestshard: the hook's command [] has no test binary`},
	} {
		req := goodRequest(s)
		test.change(&req)
		if code, out, err := ask(t, s, req); code != 1 || strings.TrimSpace(out) != test.want || err != nil {
			t.Errorf("got %d, %q, %v, want %q", code, out, err, test.want)
		}
	}
}

func TestServerEndsTheRunOfAHookThatIsGone(t *testing.T) {
	running, ended := make(chan struct{}), make(chan struct{})
	s := newServer(t, func(ctx context.Context, _ pool.Task, _ Hook) int {
		close(running)
		<-ctx.Done()
		close(ended)
		return 1
	})
	conn := dial(t, s)
	send(t, conn, goodRequest(s))
	<-running
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

func TestServerCloseEndsAll(t *testing.T) {
	running := make(chan struct{})
	s := newServer(t, func(ctx context.Context, _ pool.Task, _ Hook) int {
		close(running)
		<-ctx.Done()
		return 1
	})
	conn := dial(t, s)
	idle := dial(t, s) // a connection that never sends a request
	send(t, conn, goodRequest(s))
	<-running
	s.cancel() // like Close, which the cleanup calls
	if _, err := io.ReadAll(conn); err != nil {
		t.Log(err)
	}
	_ = idle
}

func TestNewTask(t *testing.T) {
	dir := t.TempDir()
	work := filepath.Join(dir, "b001")
	if err := os.Mkdir(work, 0o700); err != nil {
		t.Fatal(err)
	}
	testmain := "import (\n\t\"os\"\n\n\t\"testing\"\n\n\t_xtest \"example.com/m/x_test\"\n)\n"
	if err := os.WriteFile(filepath.Join(work, "_testmain.go"), []byte(testmain), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(work, "x.test")
	log := "-test.testlogfile=" + filepath.Join(work, "testlog.txt")
	env := []string{"A=1", early.SocketVariable + "=s", early.TokenVariable + "=t"}
	tests := map[string]struct {
		command, want []string
		pkg, timeout  string
	}{
		"in the work directory": {
			command: []string{binary, "-test.paniconexit0"},
			want:    []string{binary, log, "-test.paniconexit0"}, pkg: "example.com/m/x", timeout: "3s",
		},
		"not to be cached": {
			command: []string{binary, "-test.paniconexit0", "-test.count=1"},
			want:    []string{binary, log, "-test.paniconexit0", "-test.count=1"}, pkg: "example.com/m/x", timeout: "3s",
		},
		"elsewhere": {
			command: []string{filepath.Join(dir, "x.test"), "-test.paniconexit0"},
			want:    []string{filepath.Join(dir, "x.test"), "-test.paniconexit0"}, timeout: "3s",
		},
		"with the user's exec": {
			command: []string{"qemu", "-x", binary, "-test.paniconexit0", "-test.timeout=0s"},
			want:    []string{"qemu", "-x", binary, "-test.paniconexit0", "-test.timeout=3s"}, pkg: "example.com/m/x", timeout: "3s",
		},
		"the user's -v": {
			command: []string{binary, "-test.paniconexit0", "-test.v=true", "-test.count=1", "x", "-test.v=true"},
			want:    []string{binary, log, "-test.paniconexit0", "-test.v=test2json", "-test.count=1", "x", "-test.v=true"}, pkg: "example.com/m/x", timeout: "3s",
		},
		"the user's -v=false": {
			command: []string{binary, "-test.v=false", "-test.count=1"},
			want:    []string{binary, log, "-test.v=false", "-test.count=1"}, pkg: "example.com/m/x", timeout: "3s",
		},
		"a benchmark is not killed from outside": {
			command: []string{binary, "-test.bench=.", "-test.timeout=0s"},
			want:    []string{binary, log, "-test.bench=.", "-test.timeout=3s"}, pkg: "example.com/m/x", timeout: "0s",
		},
		"fuzzing is not killed from outside": {
			command: []string{binary, "-test.fuzz=F", "-test.bench="},
			want:    []string{binary, log, "-test.fuzz=F", "-test.bench="}, pkg: "example.com/m/x", timeout: "0s",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			task, err := newTask(early.Request{Timeout: "3s", Command: test.command, Dir: dir, Env: slices.Clone(env)})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(task.Command, test.want) {
				t.Errorf("got %q, want %q", task.Command, test.want)
			}
			if task.Package != test.pkg || task.Timeout.String() != test.timeout || task.Dir != dir {
				t.Errorf("got %+v", task)
			}
			if !slices.Equal(task.Env, []string{"A=1"}) {
				t.Errorf("environment %q", task.Env)
			}
		})
	}
}

func TestPackageOfARealBinary(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := packageOf(self), "github.com/gotestshard/gotestshard/shard/internal/gotest"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzNewTask: with any request, reading and understanding it ends without a panic.
func FuzzNewTask(f *testing.F) {
	f.Add(early.Request{Token: "t", Timeout: "2s", Command: []string{"x.test", "-test.v"}, Dir: "/", Env: []string{"A=1"}}.Encode())
	f.Add(early.Request{}.Encode())
	f.Add([]byte("\x00\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := early.ReadRequest(bytes.NewReader(data))
		if err != nil {
			return
		}
		if again, err := early.ReadRequest(bytes.NewReader(req.Encode())); err != nil || !reflect.DeepEqual(again, req) {
			t.Fatalf("%q was read as %q, and then as %q: %v", data, req, again, err)
		}
		if task, err := newTask(req); err == nil && len(task.Command) < 2 {
			t.Fatalf("%q became %q", data, task.Command)
		}
	})
}
