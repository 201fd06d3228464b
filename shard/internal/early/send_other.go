//go:build !linux

package early

import (
	"io"
	"os"
)

// send sends the request.
func send(conn io.Writer, request []byte, _ *os.File) error {
	_, err := conn.Write(request)
	return err
}
