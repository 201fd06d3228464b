package trial

import (
	"fmt"
	"strings"
	"testing"
)

func TestFilter(t *testing.T) {
	var out strings.Builder
	f := unseen(&out)
	for _, text := range []string{"a\nb", "c\na\n", "bc\n", "a\n\nlast"} {
		if n, err := fmt.Fprint(f, text); n != len(text) || err != nil {
			t.Error(n, err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if got := out.String(); got != "a\nbc\n\nlast\n" {
		t.Errorf("%q", got)
	}
	out.Reset()
	_, _ = fmt.Fprint(progress(&out), "\nDONE 3 tests\n")
	_, _ = fmt.Fprint(building(&out), "\nDONE 0 tests\nstill building\n")
	if got := out.String(); got != "DONE 3 tests\nstill building\n" {
		t.Errorf("%q", got)
	}
}
