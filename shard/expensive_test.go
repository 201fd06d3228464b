package shard

import "testing"

// expensive is for tests that start many programs, or wait for some: -short, for the time
// while something is being changed, leaves them out.
func expensive(tb testing.TB, what string) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("not under -short: it " + what)
	}
}
