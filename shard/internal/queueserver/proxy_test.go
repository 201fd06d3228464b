//go:build !noqueueserver

package queueserver

import (
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy passes connections on, and drops each after some bytes from the server, most of them more
// than the one before.
type proxy struct {
	url     string
	dropped atomic.Int64
}

func startProxy(t *testing.T, url string, bytes int64) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{url: "nats://" + listener.Addr().String()}
	var group sync.WaitGroup
	group.Go(func() {
		for n := int64(0); ; n++ {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", strings.TrimPrefix(url, "nats://"))
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _, _ = client.Close(), server.Close() }) // they may be closed
			group.Go(func() { _, _ = io.Copy(server, client) })         // until it is closed
			group.Go(func() {
				_, _ = io.CopyN(client, server, bytes+n*n*500) // as above
				_, _ = client.Close(), server.Close()
				p.dropped.Add(1)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		t.Cleanup(group.Wait)
	})
	return p
}
