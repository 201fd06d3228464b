package report

import (
	"fmt"
	"time"
)

// Figures count the tests of a run, of a package or of a worker by their final results. They
// mean the same in each report. Subtests count too, and a rerun is not another test.
type Figures struct {
	Tests  int
	Failed int
	// Flaky are the tests that failed and passed in a rerun.
	Flaky   int
	Skipped int
	// Quarantined are those of Skipped that failed, but are known to be flaky.
	Quarantined int
	// Errors are lines of the go command about what it could not build or start. They are not
	// tests.
	Errors int
}

// Passed is the number of the other tests.
func (f Figures) Passed() int { return f.Tests - f.Failed - f.Flaky - f.Skipped }

// Add adds the counts of other tests.
func (f *Figures) Add(other Figures) {
	f.Tests += other.Tests
	f.Failed += other.Failed
	f.Flaky += other.Flaky
	f.Skipped += other.Skipped
	f.Quarantined += other.Quarantined
	f.Errors += other.Errors
}

// String returns the counts as the last line of a run has them.
func (f Figures) String() string {
	text := fmt.Sprintf("%d tests", f.Tests)
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			text += ", 1 " + one
		case n != 0:
			text += fmt.Sprintf(", %d %s", n, many)
		}
	}
	add(f.Skipped, "skipped", "skipped")
	if f.Quarantined > 0 {
		text += fmt.Sprintf(" (%d quarantined)", f.Quarantined)
	}
	add(f.Failed, "failure", "failures")
	add(f.Flaky, "flaky", "flaky")
	add(f.Errors, "error", "errors")
	return text
}

// Took returns a duration for people: 0.04s, 3.1s, 4m40s.
func Took(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}
