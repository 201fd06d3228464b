package shard

import "testing"

// expensive skips a test under -short. It is for tests that start many programs or wait for
// some. Use -short during development.
func expensive(tb testing.TB, what string) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("skipped under -short: it " + what)
	}
}
