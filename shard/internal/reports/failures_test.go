package reports

import (
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

// A line of the list of failures never wraps, also with characters that take two cells.
func TestCutLine(t *testing.T) {
	for _, line := range []string{"", "short", strings.Repeat("x", 100), strings.Repeat("表", 100), strings.Repeat("e\u0301", 100), "👩‍👩‍👧‍👦" + strings.Repeat("表", 50)} {
		for width := 1; width < 120; width++ {
			got := cutLine(line, width)
			if n := displaywidth.String(got); n > width || n < min(width-2, displaywidth.String(line)) {
				t.Errorf("%.10q: %d cells, want %d", line, n, width)
			}
		}
	}
}
