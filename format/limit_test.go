package format

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func numbered(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "line %d\n", i)
	}
	return text.String()
}

// The middle of a long text is left out, in whatever pieces it is written.
func TestLimit(t *testing.T) {
	limit := Limit{Lines: 6, Bytes: 100}
	long := strings.Repeat("ü", 100)
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"as long as the limit", numbered(6), numbered(6)},
		{"without a newline", "line 0\nrest", "line 0\nrest"},
		{"too many lines", numbered(10), "line 0\nline 1\nline 2\n... 4 lines left out; all of it: there\nline 7\nline 8\nline 9\n"},
		{"a long line in the middle", "a\n" + long + "\nz\n", "a\n" + long[:48] + "…\n... 1 line left out; all of it: there\nz\n"},
		{"a long line first", long + "\nz\n", long[:50] + "…\n... 1 line left out; all of it: there\nz\n"},
		{"a longer line", long[:80] + "\nz\n", long[:80] + "\nz\n"},
		{"a long line behind others", numbered(4) + long + "\nz\n", numbered(3) + "... 2 lines left out; all of it: there\nz\n"},
		{"a long line at the end", "a\n" + long, "a\n" + long[:48] + "…\n... part of a line left out; all of it: there\n" + long[:50]},
	} {
		for size := 1; size < len(test.text)+2; size += 3 {
			var out bytes.Buffer
			w := limit.writer(&out, "there")
			for rest := []byte(test.text); len(rest) > 0; {
				n := min(size, len(rest))
				if _, err := w.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := w.flush(); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.want {
				t.Errorf("%s, %d bytes at a time: got\n%s\nwant\n%s", test.name, size, out.String(), test.want)
			}
		}
	}
	var out bytes.Buffer
	if err := (Limit{}).Write(&out, []string{numbered(1000), numbered(1)}, ""); err != nil || out.String() != numbered(1000)+numbered(1) {
		t.Errorf("no limit left %d bytes, %v", out.Len(), err)
	}
}
