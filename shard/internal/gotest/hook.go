package gotest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// IsHook reports whether args, without the program's name, and the environment are those of
// a hook that the go command started.
func IsHook(args []string) bool {
	return len(args) > 0 && args[0] == hookWord && os.Getenv(socketVariable) != ""
}

// RunHook is the hook. It asks the coordinator to run the test binary in args, which do not
// include the program's name, copies the output to out, and returns the exit code. The go
// command shows what a failing hook prints as the package's own output.
func RunHook(args []string, out io.Writer) int {
	// A signal that ends the run may reach the go command's whole process group. The
	// coordinator signals the test process, and the hook must still pass on its last
	// output.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	code, err := runHook(args, out)
	if err != nil {
		_, _ = fmt.Fprintf(out, "gotestshard: %v\n", err)
		return 1
	}
	return code
}

func runHook(args []string, out io.Writer) (int, error) {
	if len(args) < 3 {
		return 0, fmt.Errorf("%s is for the go command, which starts it in place of a test binary; it got only the arguments %q", hookWord, args)
	}
	dir, err := os.Getwd()
	if err != nil {
		return 0, fmt.Errorf("finding the test's directory: %w", err)
	}
	conn, err := net.Dial("unix", os.Getenv(socketVariable))
	if err != nil {
		return 0, fmt.Errorf("connecting to the run that this test belongs to: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := handOver(conn, out); err != nil {
		return 0, fmt.Errorf("handing over the output: %w", err)
	}
	timeout, _, _ := strings.Cut(args[1], partSeparator)
	err = writeRequest(conn, request{
		Token:   os.Getenv(tokenVariable),
		Timeout: timeout,
		Command: args[2:],
		Dir:     rawStrings{dir},
		Env:     withoutHookVariables(os.Environ()),
	})
	if err != nil {
		return 0, fmt.Errorf("requesting a worker: %w", err)
	}
	return copyAnswer(bufio.NewReaderSize(conn, maxFrame), out)
}

func copyAnswer(in io.Reader, out io.Writer) (int, error) {
	running := map[int]*process.Other{} // test processes by id
	buf := make([]byte, maxFrame)
	for {
		kind, payload, err := readFrame(in, buf)
		if err != nil {
			// The coordinator was killed, so only the hook can end the test processes.
			errs := []error{errLost}
			for _, pid := range slices.Sorted(maps.Keys(running)) {
				errs = append(errs, running[pid].Kill())
			}
			return 0, errors.Join(errs...)
		}
		switch kind {
		case frameOutput:
			if _, err := out.Write(payload); err != nil {
				return 0, fmt.Errorf("writing test output: %w", err)
			}
		case frameStarted, frameEnded:
			var pid int
			pid, err = number(payload)
			if delete(running, pid); err == nil && kind == frameStarted {
				running[pid] = process.Find(pid)
			}
		case frameExit:
			return number(payload)
		default:
			err = fmt.Errorf("unknown frame %q from the coordinator", kind)
		}
		if err != nil {
			return 0, err
		}
	}
}

var errLost = errors.New("gotestshard exited before this test ended")

// withoutHookVariables keeps a test that runs go test or gotestshard itself from connecting
// to this run's coordinator.
func withoutHookVariables(env []string) []string {
	return slices.DeleteFunc(env, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return name == socketVariable || name == tokenVariable
	})
}
