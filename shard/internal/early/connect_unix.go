//go:build unix

package early

import (
	"os"
	"syscall"
)

// connect connects to the coordinator. Package net would start threads to wait for the answer.
func connect(socket string) (*os.File, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	syscall.CloseOnExec(fd)
	conn := os.NewFile(uintptr(fd), socket)
	for {
		err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: socket})
		if err == nil {
			return conn, nil
		}
		if err != syscall.EINTR {
			_ = conn.Close()
			return nil, &os.PathError{Op: "dial unix", Path: socket, Err: os.NewSyscallError("connect", err)} // as package net
		}
	}
}
