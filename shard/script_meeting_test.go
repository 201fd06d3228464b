package shard

import (
	"errors"
	"net"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdMeeting makes the tests of a script wait for each other, on any system and without
// polling. They connect to the address MEETING. The connections end once there are N of
// them, and later ones end immediately. Each call starts a new meeting: meeting N
func cmdMeeting(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: meeting N")
	}
	wanted, err := strconv.Atoi(args[0])
	ts.Check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		meet(listener, wanted)
	}()
	ts.Defer(func() {
		_ = listener.Close()
		<-ended
	})
	ts.Setenv("MEETING", listener.Addr().String())
}

func meet(listener net.Listener, wanted int) {
	var there []net.Conn
	defer func() {
		for _, conn := range there {
			_ = conn.Close()
		}
	}()
	for come := 1; ; come++ {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		if there = append(there, conn); come < wanted {
			continue
		}
		for _, conn := range there {
			_ = conn.Close()
		}
		there = nil
	}
}
