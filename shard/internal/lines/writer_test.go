package lines

import (
	"strings"
	"testing"
)

// Lines of several writers do not mix, and a line without an end gets one.
func TestWholeLines(t *testing.T) {
	var out strings.Builder
	shared := NewWriter(&out)
	a, b := NewWriter(shared), NewWriter(shared)
	for _, step := range []struct {
		to   *Writer
		text string
	}{{a, "a1"}, {b, "b1\nb2"}, {a, "\na2\na3"}, {b, "\n"}, {a, "."}} {
		if n, err := step.to.Write([]byte(step.text)); err != nil || n != len(step.text) {
			t.Fatal(n, err)
		}
	}
	for _, w := range []*Writer{a, b, shared} {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if want := "b1\na1\na2\nb2\na3.\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
