package page

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/gotestshard/gotestshard/format/plain"
)

// longestName is how much of a name is kept, in characters.
const longestName = 1000

// oneLine returns a text on one line without what is not printable, and shortened if it is
// too long.
func oneLine(text string) string {
	return plain.Cut(plain.Line(plain.Text(text)), longestName)
}

// colorForm matches a sequence that sets colors (SGR).
var colorForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("\x1b\\[[0-9;:]*m") })

// visible returns text without the sequences of a terminal except colors, and with pictures
// for the remaining control characters.
func visible(text string) string {
	var b strings.Builder
	at := 0
	if strings.Contains(text, "\x1b") {
		for _, place := range colorForm().FindAllStringIndex(text, -1) {
			b.WriteString(printable(text[at:place[0]]))
			b.WriteString(text[place[0]:place[1]])
			at = place[1]
		}
	}
	b.WriteString(printable(text[at:]))
	if text = strings.TrimRight(b.String(), "\n"); text == "" {
		return ""
	}
	return text + "\n"
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		if picture := plain.Picture(r); picture != r {
			return picture
		}
		return unicode.ReplacementChar
	}, strings.ReplaceAll(plain.Text(text), "\r\n", "\n"))
}
