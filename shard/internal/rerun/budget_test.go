package rerun

import (
	"strings"
	"testing"
)

func TestOverBudget(t *testing.T) {
	for _, c := range []struct {
		failed, all int
		budget      float64
		over        bool
	}{
		{50, 100, 0, false}, {5, 100, 0.05, false}, {6, 100, 0.05, true}, {1, 3, 0.05, false}, {2, 3, 0.05, true}, {3, 3, 1, false},
	} {
		why := overBudget(c.failed, c.all, c.budget)
		if (why != "") != c.over || c.over && !strings.Contains(why, "more than --retry-budget 5%") {
			t.Errorf("%+v: %s", c, why)
		}
	}
}
