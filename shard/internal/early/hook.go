package early

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
)

// Left are the identities of the test processes that this hook has left because the coordinator was
// killed. Package gotest kills them, as soon as the packages that it needs for that are initialized.
var Left []string

// ErrLost says that the coordinator was killed.
var ErrLost = errors.New("gotestshard exited before this test ended")

// isHook reports whether args, without the program's name, and the environment are those of
// a hook that the go command started.
func isHook(args []string) bool {
	return len(args) > 0 && args[0] == HookWord && os.Getenv(SocketVariable) != ""
}

// runHook is the hook. It asks the coordinator to run the test binary in args, which do not
// include the program's name, copies the output to out, and returns the exit code. The go
// command shows what a failing hook prints as the package's own output. ends is false if processes
// in Left must be killed before the hook ends.
func runHook(args []string, out *os.File) (code int, ends bool) {
	// A signal that ends the run may reach the go command's whole process group. The
	// coordinator signals the test process, and the hook must still pass on its last
	// output.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	code, err := ask(args, out)
	if len(Left) > 0 {
		return 0, false
	}
	if err != nil {
		_, _ = io.WriteString(out, "gotestshard: "+err.Error()+"\n")
		return 1, true
	}
	return code, true
}

func ask(args []string, out *os.File) (int, error) {
	if len(args) < 3 {
		return 0, errors.New(HookWord + " is for the go command, which starts it in place of a test binary; it got only the arguments " + quote(args))
	}
	dir, err := os.Getwd()
	if err != nil {
		return 0, failed("finding the test's directory", err)
	}
	conn, err := connect(os.Getenv(SocketVariable))
	if err != nil {
		return 0, failed("connecting to the run that this test belongs to", err)
	}
	defer func() { _ = conn.Close() }()
	request := Request{Token: os.Getenv(TokenVariable), Timeout: args[1], Dir: dir, Command: args[2:], Env: os.Environ()}
	if err := send(conn, request.Encode(), out); err != nil {
		return 0, failed("requesting a worker", err)
	}
	code, left, err := Follow(conn, out)
	Left = left
	return code, err
}

// Follow copies the answer of the coordinator to out and returns the exit code. If the coordinator
// was killed, only the hook can end the test processes that are left.
func Follow(in io.Reader, out io.Writer) (code int, left []string, err error) {
	var buf []byte
	for {
		var kind byte
		kind, buf, err = ReadFrame(in, buf)
		if err != nil {
			return 0, left, ErrLost
		}
		switch kind {
		case FrameOutput:
			if _, err := out.Write(buf); err != nil {
				return 0, nil, failed("writing test output", err)
			}
		case FrameStarted:
			left = append(left, string(buf))
		case FrameEnded:
			left = slices.DeleteFunc(left, func(identity string) bool { return identity == string(buf) })
		case FrameExit:
			code, err := strconv.Atoi(string(buf))
			return code, nil, err
		default:
			return 0, nil, errors.New("unknown frame " + strconv.QuoteRune(rune(kind)) + " from the coordinator")
		}
	}
}

// failed adds what was being done to an error. The error is only printed.
func failed(doing string, err error) error { return errors.New(doing + ": " + err.Error()) }

func quote(args []string) string {
	text := []byte{'['}
	for i, arg := range args {
		if i > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendQuote(text, arg)
	}
	return string(append(text, ']'))
}
