//go:build unix

package process

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// pipeEnd reads a pipe without Go's poller, which would be woken by each write of the process, also
// during a pause.
type pipeEnd struct {
	fd            int
	woken, waking *os.File // a pipe, which becomes readable when its writing end is closed
	wokenFd       int
}

func newPipeEnd(file *os.File) (pipeEnd, error) {
	woken, waking, err := os.Pipe()
	if err != nil {
		return pipeEnd{}, err
	}
	e := pipeEnd{woken: woken, waking: waking, wokenFd: int(woken.Fd())}
	e.fd, err = unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(e.fd, true)
	}
	if err != nil {
		_, _ = woken.Close(), waking.Close()
		return pipeEnd{}, os.NewSyscallError("fcntl", err)
	}
	return e, file.Close()
}

// read waits for data only if there is none, which is rare after a pause.
func (e pipeEnd) read(b []byte) (int, error) {
	for {
		switch n, err := unix.Read(e.fd, b); {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			if err := e.wait(); err != nil {
				return 0, err
			}
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (e pipeEnd) wait() error {
	for {
		ready := []unix.PollFd{{Fd: int32(e.fd), Events: unix.POLLIN}, {Fd: int32(e.wokenFd), Events: unix.POLLIN}}
		switch _, err := unix.Poll(ready, -1); {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return os.NewSyscallError("poll", err)
		case ready[1].Revents != 0:
			return os.ErrClosed
		default:
			return nil
		}
	}
}

func (e pipeEnd) wake() { _ = e.waking.Close() }

func (e pipeEnd) close() error {
	_ = e.woken.Close()
	return unix.Close(e.fd)
}
