//go:build !linux

package gotest

import (
	"bytes"
	"io"
	"net"
	"os"
)

// handOver does nothing. See output_linux.go.
func handOver(net.Conn, io.Writer) error { return nil }

// takeOver returns nothing: the output goes through the hook.
func takeOver(net.Conn) (begin io.Reader, out *os.File, err error) {
	return new(bytes.Reader), nil, nil
}
