package stream

import (
	"encoding/json"
	"strings"
	"testing"
)

// Each byte is found at each place of the eight that are looked at together.
func TestStrings(t *testing.T) {
	for length := range 20 {
		for at := range length {
			for c := range 256 {
				text := []byte(strings.Repeat("x", length))
				text[at] = byte(c)
				whole := string(text) + `","`
				content, plain, next, ok := scanString([]byte(`"`+whole), 0)
				want, _, _ := strings.Cut(whole, `"`)
				if c == '\\' && at == length-1 {
					want = string(text) + `",` // an escaped quote
				}
				if valid := json.Valid([]byte(`"` + want + `"`)); ok != valid {
					t.Fatalf("%q was accepted: %v", text, ok)
				}
				if !ok {
					continue
				}
				if string(content) != want || next != len(want)+2 || plain != (c < 0x80 && c != '\\') {
					t.Fatalf("%q was read as %q, %v, %d", text, content, plain, next)
				}
			}
		}
	}
	if _, _, _, ok := scanString([]byte(`"no end`), 0); ok {
		t.Error("a string without an end was accepted")
	}
}
