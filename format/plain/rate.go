package plain

import (
	"fmt"
	"math"
)

// Interval returns the Wilson interval of a rate: between low and high is the rate of a test
// that failed in some of its runs, with a probability of 95 %. It also holds for few runs, and
// for rates near 0 and 1.
func Interval(failures, runs int) (low, high float64) {
	if runs <= 0 {
		return 0, 1
	}
	const z = 1.959963984540054 // the 97.5 % quantile of the normal distribution
	n := float64(runs)
	p := float64(failures) / n
	middle := p + z*z/(2*n)
	width := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	low, high = (middle-width)/(1+z*z/n), (middle+width)/(1+z*z/n)
	if failures == 0 { // the calculation is not exact there
		low = 0
	}
	if failures == runs {
		high = 1
	}
	return low, high
}

// Percent returns a share as a percentage with two digits, or with what is left of them.
func Percent(share float64) string {
	percent := 100 * share
	switch {
	case percent == 0:
		return "0%"
	case percent < 0.001:
		return "<0.001%"
	case percent < 0.1:
		return fmt.Sprintf("%.2g%%", percent)
	case percent < 9.95 && percent != math.Trunc(percent):
		return fmt.Sprintf("%.1f%%", percent)
	case percent > 99 && percent < 100:
		return fmt.Sprintf("%.1f%%", math.Floor(10*percent)/10)
	}
	return fmt.Sprintf("%.0f%%", percent)
}

// Range returns an interval of shares as percentages.
func Range(low, high float64) string { return Percent(low) + " to " + Percent(high) }
