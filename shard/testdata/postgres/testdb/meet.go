package testdb

import (
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// Meet does nothing without the variable MEET, which gotestshard's own test of
// this example sets. With it, tests of several packages wait here until all of
// them have stored their orders and none has added them up: if they share a
// database, not all of them can find their own orders and no others, on a slow
// machine or on a fast one.
func Meet(t testing.TB) {
	t.Helper()
	address := os.Getenv("MEET")
	if address == "" {
		return
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil { // it is closed when all are here
		t.Fatal("the other packages did not come: ", err)
	}
}
