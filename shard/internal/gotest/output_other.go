//go:build !linux

package gotest

import (
	"bytes"
	"io"
	"net"
	"os"
)

// takeOver is for systems where a hook sends its standard output.
func takeOver(net.Conn) (begin io.Reader, out *os.File, err error) {
	return new(bytes.Reader), nil, nil
}
