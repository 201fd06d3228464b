package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// address is the variable with the address to which a fake go command connects.
const address = "SUITE_TEST_ADDRESS"

// fakeGo makes this test binary stand in for the go command. It and a process that it
// starts connect to the address, and keep running.
func fakeGo() {
	conn, err := net.Dial("tcp", os.Getenv(address))
	if err != nil {
		panic(err)
	}
	if os.Args[1] == "list" {
		child := exec.Command(os.Args[0], "child")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
	}
	_, _ = io.Copy(io.Discard, conn)
}

func TestListEndsWithItsContext(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	name := filepath.Join(bin, "go")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if err := os.WriteFile(name, program, 0o700); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	t.Setenv("PATH", bin)
	t.Setenv(address, listener.Addr().String())
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	ended := make(chan error)
	go func() {
		_, err := List(ctx, Query{Dir: t.TempDir()})
		ended <- err
	}()
	var processes []net.Conn
	for range 2 {
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		processes = append(processes, conn)
	}
	cancel(reason)
	if err := <-ended; !errors.Is(err, reason) || !strings.Contains(err.Error(), "go list -e") {
		t.Errorf("got %v", err)
	}
	for _, conn := range processes {
		_, _ = io.Copy(io.Discard, conn) // until the process has ended
		_ = conn.Close()
	}
	if _, err := List(ctx, Query{Dir: t.TempDir()}); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
}

func TestListFails(t *testing.T) {
	dir := module(t, "-- go.mod --\nmodule example.com/m\n-- bad.json --\n{\n")
	tests := map[string]struct {
		query Query
		want  string
	}{
		"go list":        {Query{Args: gotest.Args{"-mod=nonsense"}}, `"go list -e -find -json=ImportPath,Dir,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Error -mod=nonsense -- ."`},
		"no overlay":     {Query{Overlay: filepath.Join(dir, "none")}, "reading the file of -overlay"},
		"a poor overlay": {Query{Overlay: filepath.Join(dir, "bad.json")}, "unexpected end of JSON"},
	}
	for name, test := range tests {
		test.query.Dir, test.query.Packages = dir, []string{"."}
		if _, err := List(t.Context(), test.query); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}

func TestListGoesOnWithoutBrokenPackages(t *testing.T) {
	packages, err := List(t.Context(), Query{Dir: fixture(t, "broken.txtar"), Packages: []string{"./...", "./absent"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct{ tests, problem string }{
		"good":      {"TestGood", ""},
		"syntax":    {"TestBefore TestBroken TestOther", "expected"},
		"signature": {"TestRight", "wrong signature for TestWrong, must be: func TestWrong(t *testing.T)"},
		"two":       {"", "wrong signature for TestTwo, must be: func TestTwo(t *testing.T)"},
		"generic":   {"", "wrong signature for TestGeneric, test functions cannot have type parameters"},
		"bench":     {"TestRight", "wrong signature for BenchmarkWrong, must be: func BenchmarkWrong(b *testing.B)"},
		"mains":     {"TestRight", "multiple definitions of TestMain"},
		"mixed":     {"", "found packages"},
		"absent":    {"", "directory not found"},
	}
	for _, pkg := range packages {
		name := pkg.ImportPath[strings.LastIndex(pkg.ImportPath, "/")+1:]
		var tests []string
		for _, test := range pkg.Tests {
			tests = append(tests, test.Name)
		}
		problem := fmt.Sprint(pkg.Problem)
		if w, ok := want[name]; !ok || strings.Join(tests, " ") != w.tests ||
			(pkg.Problem != nil) != (w.problem != "") || !strings.Contains(problem, w.problem) && w.problem != "" {
			t.Errorf("%s: got %q, %s; want %+v", pkg.ImportPath, tests, problem, w)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
}
