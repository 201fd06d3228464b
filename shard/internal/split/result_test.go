package split

import "testing"

// TestCoverageLine: testing's own words around the percentage of all processes.
func TestCoverageLine(t *testing.T) {
	for _, c := range []struct{ own, percent, want string }{
		{"coverage: 12.5% of statements", "80.0%", "coverage: 80.0% of statements"},
		{"coverage: 12.5% of statements in ./...", "80.0%", "coverage: 80.0% of statements in ./..."},
		{"coverage: [no statements]", "[no statements]", "coverage: [no statements]"},
		{"coverage: 12.5% of statements", "", "coverage: 12.5% of statements"},
		{"", "80.0%", ""},
	} {
		r := result{coverage: c.own}
		if got := r.coverageLine(c.percent); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.own, c.percent, got, c.want)
		}
	}
}
