package shard

import "testing"

// A small heap may grow to five times the live data. A large heap may always grow by a
// quarter of the live data, so that the collector never runs constantly.
func TestGarbagePercent(t *testing.T) {
	for alive, want := range map[uint64]int{
		0: 400, 1 << 20: 400, 12 << 20: 400, 16 << 20: 300, 32 << 20: 100, 48 << 20: 30, 64 << 20: 25, 300 << 20: 25, 4 << 30: 25,
	} {
		if got := garbagePercent(alive); got != want {
			t.Errorf("%d MB alive: %d %%, not %d", alive>>20, got, want)
		}
	}
}
