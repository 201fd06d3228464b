package gotest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gotestshard/gotestshard/shard/internal/pool"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(recordVariable); folder != "" && len(os.Args) > 1 && os.Args[1] == hookWord {
		os.Exit(recordHook(folder))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(selectionDir)
		os.Exit(code)
	}))
}

// echo runs no process: it prints the task and exits with 5.
func echo(_ context.Context, task pool.Task, hook Hook) int {
	hook.Started(1 << 30)
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

func goodRequest(s *Server) request {
	return request{
		Token: s.token, Timeout: "2s", Dir: rawStrings{"/src"},
		Command: []string{"x.test", "-test.paniconexit0", "-test.timeout=0s", "-test.run=A"},
		Env:     []string{"A=1"},
	}
}

func ask(t *testing.T, s *Server, req request) (code int, out string, err error) {
	t.Helper()
	conn := dial(t, s)
	if err := writeRequest(conn, req); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	code, err = copyAnswer(conn, &b)
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
	ran := 0
	s := newServer(t, func(ctx context.Context, task pool.Task, hook Hook) int {
		ran++
		return echo(ctx, task, hook)
	})
	bad := goodRequest(s)
	bad.Token = strings.Repeat("x", len(s.token))
	wrongToken, err := json.Marshal(bad)
	if err != nil {
		t.Fatal(err)
	}
	bad.Token = ""
	noToken, err := json.Marshal(bad)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"a wrong token": string(wrongToken) + "\n",
		"no token":      string(noToken) + "\n",
		"nothing":       "",
		"no line":       "{",
		"text":          "GET / HTTP/1.1\r\n\r\n",
		"another type":  `{"Token":5}` + "\n",
		"endless":       strings.Repeat("x", maxRequest+1),
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
	if ran != 0 {
		t.Errorf("%d processes ran", ran)
	}
	// The server still works.
	if code, _, err := ask(t, s, goodRequest(s)); code != 5 || err != nil {
		t.Errorf("afterwards: %d, %v", code, err)
	}
}

func TestServerExplainsARequestWithoutABinary(t *testing.T) {
	s := newServer(t, echo)
	for _, test := range []struct {
		change func(*request)
		want   string
	}{
		{func(r *request) { r.Timeout = "soon" }, `gotestshard: reading the hook's timeout: time: invalid duration "soon"`},
		{func(r *request) { r.Command = []string{"x.test", "y"} }, `gotestshard: the hook's command ["x.test" "y"] has no test binary`},
		{func(r *request) { r.Dir = nil }, `gotestshard: the hook's request has no directory for the test`},
		{func(r *request) { r.Command = nil }, `gotestshard: the hook's command [] has no test binary`},
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
	if err := writeRequest(conn, goodRequest(s)); err != nil {
		t.Fatal(err)
	}
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
	if err := writeRequest(conn, goodRequest(s)); err != nil {
		t.Fatal(err)
	}
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
	env := []string{"A=1", socketVariable + "=s", tokenVariable + "=t"}
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
			task, err := newTask(request{Timeout: "3s", Command: test.command, Dir: rawStrings{dir}, Env: slices.Clone(env)})
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

func TestRequestKeepsAnyBytes(t *testing.T) {
	want := request{Token: "t", Command: rawStrings{"caf\xe9", ""}, Dir: rawStrings{"/\xff"}, Env: rawStrings{"A=\xe9\n"}}
	var b bytes.Buffer
	if err := writeRequest(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := readRequest(bufio.NewReader(&b))
	if err != nil || !slices.Equal(got.Command, want.Command) || !slices.Equal(got.Dir, want.Dir) || !slices.Equal(got.Env, want.Env) {
		t.Errorf("got %q, %v", got, err)
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

func TestCopyAnswer(t *testing.T) {
	frame := func(kind byte, payload string) string {
		var b bytes.Buffer
		if err := writeFrame(&b, kind, []byte(payload)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	number := func(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(int32(n)))) }
	tests := map[string]struct {
		in, out string
		code    int
		err     string
	}{
		"output and exit":              {in: frame('o', "a") + frame('o', "b\n") + frame('x', number(3)), out: "ab\n", code: 3},
		"a negative code":              {in: frame('x', number(-1)), code: -1},
		"an end without an exit":       {in: frame('o', "a"), out: "a", err: "gotestshard exited before this test ended"},
		"a cut frame":                  {in: frame('o', "abc")[:6], err: "gotestshard exited before this test ended"},
		"an unknown frame":             {in: frame('?', ""), err: "unknown frame '?' from the coordinator"},
		"a number of the wrong length": {in: frame('x', "123456"), err: "a number has 6 bytes instead of 4"},
		"a frame that is too big":      {in: "o\xff\xff\xff\xff", err: "gotestshard exited before this test ended"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			code, err := copyAnswer(strings.NewReader(test.in), &out)
			if code != test.code || out.String() != test.out || (err == nil) != (test.err == "") ||
				err != nil && err.Error() != test.err {
				t.Errorf("got %d, %q, %v", code, out.String(), err)
			}
		})
	}
}

// FuzzReadRequest: with any input, reading ends without a panic.
func FuzzReadRequest(f *testing.F) {
	f.Add([]byte(`{"Token":"t","Timeout":"2s","Command":["x.test","-test.v"],"Dir":"/","Env":["A=1"]}` + "\n"))
	f.Add([]byte("{}\n"))
	f.Add([]byte("\x00\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := readRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		if task, err := newTask(req); err == nil && len(task.Command) < 2 {
			t.Fatalf("%q became %q", data, task.Command)
		}
	})
}
