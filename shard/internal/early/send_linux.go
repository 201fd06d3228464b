package early

import (
	"errors"
	"os"
	"syscall"
)

// send sends the request, and with its beginning the hook's standard output: the coordinator then
// writes to the go command itself. So the hook need not copy the output.
//
// Elsewhere a test process that is being started could inherit a descriptor that is received, and
// the go command would wait until that one has ended.
func send(conn *os.File, request []byte, out *os.File) error {
	for {
		n, err := syscall.SendmsgN(int(conn.Fd()), request, syscall.UnixRights(int(out.Fd())), nil, syscall.MSG_NOSIGNAL)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return os.NewSyscallError("sendmsg", err)
		case n == len(request):
			return nil
		}
		_, err = conn.Write(request[n:])
		return err
	}
}
