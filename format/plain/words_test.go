package plain

import (
	"testing"
	"time"
)

func TestCounted(t *testing.T) {
	for n, want := range map[int]string{0: "0 tests", 1: "1 test", 999: "999 tests", 1000: "1,000 tests", 1234567: "1,234,567 tests"} {
		if got := Counted(n, "test"); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		room int
		want string
	}{{"", 0, ""}, {"été", 3, "été"}, {"été", 2, "é…"}, {"long", 1, "…"}} {
		if got := Cut(c.text, c.room); got != c.want {
			t.Errorf("%s in %d characters: %s, want %s", c.text, c.room, got, c.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		2 * time.Minute: "2m", 90 * time.Second: "1m30s", time.Hour: "1h", 50 * time.Millisecond: "50ms", 10 * time.Second: "10s", 0: "0s", 61 * time.Minute: "1h1m",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
