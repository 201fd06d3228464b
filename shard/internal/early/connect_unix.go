//go:build unix

package early

import (
	"errors"
	"os"
	"syscall"
)

// connect connects to the coordinator. Package net would wait for the answer with the poller of the
// runtime, which takes more system calls and threads than a read that blocks.
func connect(socket string) (*os.File, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	syscall.CloseOnExec(fd)
	for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
		err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: socket})
	}
	conn := os.NewFile(uintptr(fd), socket)
	if err != nil {
		_ = conn.Close()
		return nil, &os.PathError{Op: "dial unix", Path: socket, Err: os.NewSyscallError("connect", err)} // as package net
	}
	return conn, nil
}
