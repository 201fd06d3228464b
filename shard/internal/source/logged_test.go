package source

import (
	"regexp"
	"strings"
	"testing"
)

// loggedForm is what logged reads.
var loggedForm = regexp.MustCompile(`^ {4,}((?:[A-Za-z]:)?[^\s:][^:]*\.go):(\d+): ?(.*)$`)

func FuzzLogged(f *testing.F) {
	for _, line := range []string{
		"    x_test.go:3: no", "    x_test.go:3:no\r", "   x_test.go:3: no", "        a b/x_test.go:12:  two", "    C:/x.go:1: ", "    C:x.go:1: ",
		"    é:x.go:1: ", "    .go:1: ", "    x.go:: ", "    x.go:1", "    x.go:1:", "    \tx.go:1: a", "    :x.go:1: a", "    x.go:99999999999999999999: a", "    x:y.go:1: a",
		"    a.go:b.go:1: c", "    \fx.go:1: a", "    \v.go:1: a", "    C: x.go:1: a", "    \xff.go:1: a", "",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "\n") {
			t.Skip("several lines")
		}
		want, found := place(line, loggedForm)
		got, ok := logged(line + "\n")
		if got != want || ok != found {
			t.Errorf("%q: %+v, %v, want %+v, %v", line, got, ok, want, found)
		}
	})
}
