package live

import (
	"slices"
	"strings"
	"testing"
)

func TestLastLines(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"\n":                              "",
		"half":                            "half",
		"a\n\nb\r\n":                      "a||b",
		"1\n2\n3\n4\n5\n6\n":              "2|3|4|5|6",
		"\tx\x07\n":                       "\tx\ufffd",
		strings.Repeat("x", 2048) + "\n":  strings.Repeat("x", 2048),
		strings.Repeat("x", 2048) + "\ny": "y",
	} {
		if got := strings.Join(lastLines([]byte(text)), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What package testing prints about a test is not among the last lines of its output.
func TestTheTailHasNoFraming(t *testing.T) {
	s := NewState([]string{"gw0"})
	note(s, "gw0 m/a TestA run", "gw0 m/a TestA output === RUN   TestA\n", "gw0 m/a TestA output words\n", "gw0 m/a TestA output === CONT  TestA\n")
	a := s.running[test{"m/a", "TestA"}]
	if got := lastLines(a.tail); !slices.Equal(got, []string{"words"}) {
		t.Errorf("%q", got)
	}
	note(s, "gw0 m/a TestA pass", "gw0 m/a TestB run", "gw0 m/a TestB output other\n", "gw0 m/a TestC run", "gw0 m/a TestC output more\n")
	for name, want := range map[string]string{"TestB": "other", "TestC": "more"} {
		if got := lastLines(s.running[test{"m/a", name}].tail); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
