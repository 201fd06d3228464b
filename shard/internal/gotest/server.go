package gotest

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/early"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
)

// requestTime is how long a hook may take to send its request.
const requestTime = 30 * time.Second

// Server answers hooks: a runner runs each test binary.
type Server struct {
	dir      string // of the socket, mode 0700
	socket   string
	token    string
	listener net.Listener
	run      Runner
	ctx      context.Context // its end stops the runs of all connections
	cancel   context.CancelFunc
	wait     sync.WaitGroup
}

// Runner runs a test binary, in one process or several, and returns the exit
// code for the hook.
type Runner func(ctx context.Context, task pool.Task, hook Hook) int

// Hook is the program that the go command waits for. Several goroutines may call its
// methods.
type Hook interface {
	// Writer receives the output for the go command.
	io.Writer
	// Started and Ended report the test processes, as [process.Process.Identity], that the
	// hook must end if this program is killed.
	Started(identity string)
	Ended(identity string)
}

// NewServer listens on a Unix socket in a directory that only this user can enter. Close
// must be called to remove it. env is the environment of this program.
func NewServer(env environ.List, run Runner) (*Server, error) {
	dir, err := socketDir(env.Get("XDG_RUNTIME_DIR"))
	if err != nil {
		return nil, fmt.Errorf("creating a directory for the hook's socket: %w", err)
	}
	socket := filepath.Join(dir, socketName)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listening for the hook: %w", err), os.RemoveAll(dir))
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		dir: dir, socket: socket, token: rand.Text(), listener: listener,
		run: run, ctx: ctx, cancel: cancel,
	}
	s.wait.Go(s.accept)
	return s, nil
}

// Environment returns the variables that the go command needs so that its hooks find this
// server.
func (s *Server) Environment() []string {
	return []string{early.SocketVariable + "=" + s.socket, early.TokenVariable + "=" + s.token}
}

// Close ends the runs that hooks wait for, waits until the hooks are answered, and removes
// the socket and its directory. Closing it again does nothing.
func (s *Server) Close() error {
	err := s.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil // closed before
	}
	s.cancel()
	s.wait.Wait()
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(10 * time.Millisecond) // out of file descriptors; hooks that end free some
			continue
		}
		s.wait.Go(func() { s.answer(conn) })
	}
}

// answer runs one hook's test binary. A connection without a well-formed request with this
// run's token is closed without an answer.
func (s *Server) answer(conn net.Conn) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()

	_ = conn.SetReadDeadline(time.Now().Add(requestTime))
	begin, output, err := takeOver(conn)
	to := answer{conn, output}
	defer to.close()
	if err != nil {
		return
	}
	req, err := early.ReadRequest(io.MultiReader(begin, conn))
	if err != nil || subtle.ConstantTimeCompare([]byte(req.Token), []byte(s.token)) != 1 {
		return
	}
	task, err := newTask(req)
	if err != nil {
		_, _ = fmt.Fprintf(to, "gotestshard: %v\n", err)
		to.exit(1)
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	s.wait.Go(func() {
		// The hook sends nothing more; the read returns when the hook has ended.
		_, _ = io.Copy(io.Discard, conn)
		cancel()
	})
	to.exit(s.run(ctx, task, to))
}

// newTask turns the go command's request to its hook into a task.
func newTask(req early.Request) (pool.Task, error) {
	limit, _, _ := strings.Cut(req.Timeout, partSeparator)
	timeout, err := time.ParseDuration(limit)
	if err != nil {
		return pool.Task{}, fmt.Errorf("reading the hook's timeout: %w", err)
	}
	if req.Dir == "" {
		return pool.Task{}, errors.New("the hook's request has no directory for the test")
	}
	first := slices.IndexFunc(req.Command, func(arg string) bool { return strings.HasPrefix(arg, FlagPrefix) })
	if first < 1 {
		return pool.Task{}, fmt.Errorf("the hook's command %q has no test binary", req.Command)
	}
	binary, command := req.Command[first-1], slices.Clone(req.Command)
	if i := slices.Index(command, noTimeout); i >= 0 {
		command[i] = flagTimeout + timeout.String()
	}
	for i := first; i < len(command) && strings.HasPrefix(command[i], FlagPrefix); i++ {
		if command[i] == plainV {
			// With -v the go command passes it instead of the value that it normally uses
			// under -json. Without framing lines, the state of the tests would be unknown:
			// neither their durations nor their failures.
			command[i] = FramedV
		}
	}
	if log, ok := testLog(binary); ok && first == 1 {
		command = slices.Insert(command, first, log)
	}
	for _, arg := range command {
		if value, ok := strings.CutPrefix(arg, flagBench); ok && value != "" {
			timeout = 0
		}
		if value, ok := strings.CutPrefix(arg, flagFuzz); ok && value != "" {
			timeout = 0 // like cmd/go, which never kills these
		}
	}
	return pool.Task{
		Package: packageOf(binary),
		Command: command,
		Binary:  first - 1,
		Asked:   req.Command[first:],
		Dir:     req.Dir,
		Env:     withoutHookVariables(req.Env),
		Timeout: timeout,
	}, nil
}

// testLog returns the argument that makes a test binary log what it reads. The go command
// does not pass it with -exec, so nothing would be cached. But it saves a result if the
// log is where it looks for it, in the work directory of the binary, beside the main
// program that it wrote. With flags such as -count it saves none, and the log only says what
// the tests read.
func testLog(binary string) (arg string, ok bool) {
	dir := filepath.Dir(binary)
	if _, err := os.Stat(filepath.Join(dir, MainFile)); err != nil {
		return "", false // -o put the binary elsewhere
	}
	return LogFlag + filepath.Join(dir, testLogName), true
}

// testedImport is mainImport, compiled on first use, because a hook never uses it.
var testedImport = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(mainImport) })

// packageOf returns the import path of the package that a test binary tests, or "" if it
// is unknown. If the binary has no build information, as with WebAssembly and before Go
// 1.24, the source of its main program beside it is used.
func packageOf(binary string) string {
	if info, err := buildinfo.ReadFile(binary); err == nil {
		if pkg, ok := strings.CutSuffix(info.Path, builtSuffix); ok {
			return pkg
		}
	}
	source, err := os.ReadFile(filepath.Join(filepath.Dir(binary), MainFile))
	if err != nil {
		return ""
	}
	if match := testedImport().FindSubmatch(source); match != nil {
		return strings.TrimSuffix(string(match[1]), "_test")
	}
	return ""
}
