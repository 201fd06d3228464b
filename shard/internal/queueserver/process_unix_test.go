//go:build unix && !noqueueserver

package queueserver

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the server of tests that kill it, and their node.
func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == "serve":
		err = serveForTest(os.Args[2:])
	case len(os.Args) > 1 && os.Args[1] == "node":
		err = nodeForTest(os.Args[2], os.Args[3])
	default:
		goleak.VerifyTestMain(m)
		return
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func serveForTest(args []string) error {
	if limit, _ := strconv.Atoi(args[2]); limit > 0 {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(limit), Max: uint64(limit)}); err != nil {
			return err
		}
		signal.Ignore(syscall.SIGXFSZ)
	}
	s, err := Start(Config{Listen: args[0], Store: args[1], Secret: secret, MaxStore: 100 << 20, Log: func(line string) { fmt.Fprintln(os.Stderr, line) }})
	if err != nil {
		return err
	}
	fmt.Println(s.URL())
	defer func() { _ = s.Close() }()
	return s.Wait(context.Background())
}

// serverProcess is a server in a process of its own, which can be killed and started again.
type serverProcess struct {
	*testing.T
	url, store string
	fileLimit  int
	command    *exec.Cmd
}

func startProcess(t *testing.T, fileLimit int) *serverProcess {
	p := &serverProcess{T: t, store: t.TempDir(), fileLimit: fileLimit}
	p.start("127.0.0.1:0")
	t.Cleanup(p.kill)
	return p
}

// again starts the server at the same address.
func (p *serverProcess) again() { p.start(strings.TrimPrefix(p.url, "nats://")) }

func (p *serverProcess) start(address string) {
	p.Helper()
	p.command = exec.Command(os.Args[0], "serve", address, p.store, strconv.Itoa(p.fileLimit))
	p.command.Stderr = testWriter{p.T}
	out, err := p.command.StdoutPipe()
	if err != nil {
		p.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		p.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "nats://") {
		p.Fatalf("the server did not start: %s %v", line, err)
	}
	p.url = strings.TrimSpace(line)
}

// kill kills the server, if it has not ended.
func (p *serverProcess) kill() {
	_ = p.command.Process.Kill() // it may have ended
	_ = p.command.Wait()         // it was killed
}

func (p *serverProcess) signal(sig syscall.Signal) {
	p.Helper()
	if err := p.command.Process.Signal(sig); err != nil {
		p.Fatal(err)
	}
}

type testWriter struct{ *testing.T }

func (w testWriter) Write(text []byte) (int, error) {
	w.Logf("server: %s", text)
	return len(text), nil
}
