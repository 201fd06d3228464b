package early

import (
	"os"
	"syscall"
)

// send sends the request, and with its beginning the hook's standard output: the coordinator then
// writes to the go command itself. So the hook need not copy the output.
//
// Elsewhere a test process that is being started could inherit a descriptor that is received, and
// the go command would wait until that one has ended.
func send(conn *os.File, request []byte, out *os.File) error {
	n, err := syscall.SendmsgN(int(conn.Fd()), request, syscall.UnixRights(int(out.Fd())), nil, syscall.MSG_NOSIGNAL)
	for err == syscall.EINTR {
		n, err = syscall.SendmsgN(int(conn.Fd()), request, syscall.UnixRights(int(out.Fd())), nil, syscall.MSG_NOSIGNAL)
	}
	if err != nil {
		return os.NewSyscallError("sendmsg", err)
	}
	if n == len(request) {
		return nil
	}
	_, err = conn.Write(request[n:])
	return err
}
