package listing

import "testing"

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "",
		"one\n":                                 "one",
		"go: no such thing\n\n\tsee the help\n": "go: no such thing: see the help",
		"go: errors parsing go.mod:\n/m/go.mod:4: unknown directive: x\n": "go: errors parsing go.mod: /m/go.mod:4: unknown directive: x",
		"\n a:\r\n b\r\n": "a: b",
	} {
		if got := oneLine(text); got != want {
			t.Errorf("of %q: %q, want %q", text, got, want)
		}
	}
}
