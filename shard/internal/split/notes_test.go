package split

import "testing"

func TestNoneRan(t *testing.T) {
	for tests, want := range map[int]string{1: "the only test of this package did not run", 2: "none of the 2 tests of this package ran"} {
		if got := noneRan(tests); got != want {
			t.Errorf("%d: %s", tests, got)
		}
	}
}
