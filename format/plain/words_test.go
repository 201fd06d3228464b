package plain

import "testing"

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
