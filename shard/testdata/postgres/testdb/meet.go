package testdb

import (
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// Meet is for gotestshard's own test of this example, which sets the variable MEET. Without it,
// Meet does nothing. With it, tests of several packages wait here until all of them have stored
// their orders and before any of them adds them up. If they share a database, at least one of
// them then finds other orders than its own, on a slow machine as well as on a fast one.
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
	if _, err := io.ReadAll(conn); err != nil { // the test closes it when all have arrived
		t.Fatal("waiting for the other packages: ", err)
	}
}
