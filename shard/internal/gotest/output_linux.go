package gotest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// takeOver returns the beginning of a request and the standard output of the hook, which came with
// it, nil if it was not sent. The server then writes to the go command itself.
func takeOver(conn net.Conn) (begin io.Reader, out *os.File, err error) {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return new(bytes.Reader), nil, nil
	}
	data, rights := make([]byte, 16<<10), make([]byte, syscall.CmsgSpace(4)) // for one descriptor; the system closes what does not fit
	n, received, _, _, err := unix.ReadMsgUnix(data, rights)
	if err != nil {
		return nil, nil, err
	}
	begin = bytes.NewReader(data[:n])
	messages, err := syscall.ParseSocketControlMessage(rights[:received])
	for _, message := range messages {
		files, rightsErr := syscall.ParseUnixRights(&message)
		err = errors.Join(err, rightsErr)
		for _, file := range files {
			_ = out.Close() // two may fit
			out = os.NewFile(uintptr(file), "the go command's pipe")
		}
	}
	return begin, out, err
}
