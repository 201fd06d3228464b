package environ

import (
	"slices"
	"testing"
)

func TestWithRaceOptions(t *testing.T) {
	for _, c := range []struct{ env, want List }{
		{List{"A=1"}, List{"A=1", "GORACE=atexit_sleep_ms=50"}},
		{List{"GORACE=", "A=1"}, List{"A=1", "GORACE=atexit_sleep_ms=50"}},
		{List{"GORACE=halt_on_error=1 history_size=3", "A=1"}, List{"A=1", "GORACE=halt_on_error=1 history_size=3 atexit_sleep_ms=50"}},
		{List{"GORACE=atexit_sleep_ms=1000", "A=1"}, List{"GORACE=atexit_sleep_ms=1000", "A=1"}},
		{List{"GORACE=log_path=x,atexit_sleep_ms=0"}, List{"GORACE=log_path=x,atexit_sleep_ms=0"}},
	} {
		before := slices.Clone(c.env)
		if got := WithRaceOptions(c.env); !slices.Equal(got, c.want) {
			t.Errorf("%q becomes %q, want %q", c.env, got, c.want)
		}
		if !slices.Equal(c.env, before) {
			t.Errorf("%q was changed to %q", before, c.env)
		}
	}
}
