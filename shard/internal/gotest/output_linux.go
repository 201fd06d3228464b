package gotest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// handOver sends the hook's standard output to the coordinator, which then writes to the go command
// itself. So the hook need not copy the output. It comes with a space, which JSON allows before the
// request.
//
// Elsewhere a test process that is being started could inherit a descriptor that is received, and
// the go command would wait until that one has ended.
func handOver(conn net.Conn, out io.Writer) error {
	file, isFile := out.(*os.File)
	unix, isUnix := conn.(*net.UnixConn)
	if !isFile || !isUnix {
		return nil
	}
	_, _, err := unix.WriteMsgUnix([]byte{' '}, syscall.UnixRights(int(file.Fd())), nil)
	return err
}

// takeOver returns the beginning of a request and the standard output of the hook, nil if it was not
// sent.
func takeOver(conn net.Conn) (begin io.Reader, out *os.File, err error) {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return new(bytes.Reader), nil, nil
	}
	data, rights := make([]byte, 1), make([]byte, syscall.CmsgSpace(4)) // for one descriptor; the system closes what does not fit
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
