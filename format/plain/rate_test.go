package plain

import (
	"math"
	"testing"
)

// The values are from R: prop.test(k, n, correct=FALSE)$conf.int.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		failures, runs int
		low, high      float64
	}{
		{0, 0, 0, 1}, {0, 10, 0, 0.2775328}, {10, 10, 0.7224672, 1}, {1, 10, 0.01787621, 0.4041500},
		{5, 10, 0.2365931, 0.7634069}, {3, 1000, 0.001020658, 0.008783960},
	} {
		low, high := Interval(c.failures, c.runs)
		if math.Abs(low-c.low) > 1e-6 || math.Abs(high-c.high) > 1e-6 {
			t.Errorf("%d of %d: %v to %v, want %v to %v", c.failures, c.runs, low, high, c.low, c.high)
		}
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[string]float64{
		"0%": 0, "<0.001%": 1e-7, "0.03%": 0.0003, "0.034%": 0.000341, "0.1%": 0.001, "2.2%": 0.0218, "9.9%": 0.0994, "10%": 0.0996,
		"5%": 0.05, "50%": 0.5, "99%": 0.988, "99.9%": 0.99999, "100%": 1,
	} {
		if got := Percent(want); got != share {
			t.Errorf("%v: %s, want %s", want, got, share)
		}
	}
}
