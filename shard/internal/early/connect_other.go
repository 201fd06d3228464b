//go:build !unix

package early

import "net"

func connect(socket string) (net.Conn, error) { return net.Dial("unix", socket) }
