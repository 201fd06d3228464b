package gotest

import (
	"bytes"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/early"
)

func pipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = read.Close() })
	return read, write
}

// The server writes to the output of a hook that hands it over, and closes it before the hook ends.
func TestOutputIsHandedOver(t *testing.T) {
	s := newServer(t, echo)
	bad := goodRequest(s)
	bad.Token = "x"
	for name, test := range map[string]struct {
		req  early.Request
		want string
		code int
		fail bool
	}{
		"a hook":        {req: goodRequest(s), want: "x.test -test.paniconexit0 -test.timeout=2s -test.run=A in /src for 2s", code: 5},
		"no command":    {req: early.Request{Token: s.token, Timeout: "2s", Dir: "/src"}, want: "gotestshard: the hook's command [] has no test binary\n", code: 1},
		"a wrong token": {req: bad, fail: true},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, s)
			read, write := pipe(t)
			if _, _, err := conn.(*net.UnixConn).WriteMsgUnix(test.req.Encode(), syscall.UnixRights(int(write.Fd())), nil); err != nil {
				t.Fatal(err)
			}
			_ = write.Close()
			var frames bytes.Buffer
			code, _, err := early.Follow(conn, &frames)
			if code != test.code || frames.Len() > 0 || (err != nil) != test.fail {
				t.Errorf("got %d, %q, %v", code, &frames, err)
			}
			if got, err := io.ReadAll(read); string(got) != test.want || err != nil { // it ends when the server has closed it
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// None of several descriptors stays open.
func TestMoreThanTheOutputIsHandedOver(t *testing.T) {
	s := newServer(t, echo)
	for n := 2; n < 5; n++ {
		conn := dial(t, s)
		var all []*os.File
		var rights []int
		for range n {
			read, write := pipe(t)
			all, rights = append(all, read, write), append(rights, int(write.Fd()))
		}
		if _, _, err := conn.(*net.UnixConn).WriteMsgUnix(goodRequest(s).Encode(), syscall.UnixRights(rights...), nil); err != nil {
			t.Fatal(err)
		}
		if code, _, err := early.Follow(conn, io.Discard); code != 5 || err != nil {
			t.Errorf("got %d, %v", code, err)
		}
		for i := 0; i < len(all); i += 2 {
			_ = all[i+1].Close()
			if _, err := io.ReadAll(all[i]); err != nil {
				t.Error(err)
			}
		}
	}
}
