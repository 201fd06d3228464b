// Package plain makes text of any origin safe to show: what a program prints can control a
// terminal.
package plain

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// escapeForm matches an escape sequence of a terminal (ECMA-48): CSI with its parameters,
// OSC up to its end, or two characters. A sequence without an end does not match: text
// behind it would be lost.
var escapeForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])`)
})

// Text returns text without the escape sequences of a terminal.
func Text(text string) string {
	if !strings.Contains(text, "\x1b") {
		return text
	}
	return string(Bytes([]byte(text)))
}

// Bytes is Text in place.
func Bytes(text []byte) []byte {
	kept := text[:0]
	for {
		at := bytes.IndexByte(text, '\x1b')
		if at < 0 {
			return append(kept, text...)
		}
		kept = append(kept, text[:at]...)
		text = text[at:]
		match := escapeForm().Find(text)
		if match == nil {
			match = text[:1]
			kept = append(kept, match...)
		}
		text = text[len(match):]
	}
}

// Picture returns the character to show for r: a picture for an ASCII control character,
// U+FFFD for another control character and for what ends a line, and else r itself.
func Picture(r rune) rune {
	switch {
	case r >= 0 && r < ' ':
		return '\u2400' + r
	case r == 0x7f:
		return '\u2421'
	case r >= 0x80 && r < 0xa0, r == '\u2028', r == '\u2029':
		return utf8.RuneError
	}
	return r
}

// Line returns text with a space in place of each tab, and U+FFFD in place of any other
// character that is not printable, the newline among them.
func Line(text string) string { return Lines(text, "") }

// Lines is Line, but keeps the characters in kept.
func Lines(text, kept string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || strings.ContainsRune(kept, r) {
			return r
		}
		if r == '\t' {
			return ' '
		}
		return utf8.RuneError
	}, text)
}

// keptForm matches the sequence that changes colors and the like, and controlForm any other
// one, as far as it is on one line.
var (
	keptForm    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\x1b\[[0-9;:]*m`) })
	controlForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x00-\x1f]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-OQ-WYZ\\\x60-~])`)
	})
)

// Colored returns text without what moves the cursor of a terminal or changes its state,
// except for colors and for \t, \r, \n, \b and \a. The text itself is not changed.
func Colored(text []byte) []byte {
	at := indexControl(text)
	if at < 0 {
		return text
	}
	var kept []byte
	for ; at >= 0; at = indexControl(text) {
		kept = append(kept, text[:at]...)
		text = text[at:]
		if color := keptForm().Find(text); color != nil {
			kept, text = append(kept, color...), text[len(color):]
			continue
		}
		_, size := utf8.DecodeRune(text)
		text = text[max(size, len(controlForm().Find(text))):]
	}
	return append(kept, text...)
}

// indexControl returns the index of the first control character that Colored looks at.
func indexControl(text []byte) int {
	for i, c := range text {
		switch {
		case c >= ' ' && c != 0x7f && c != 0xc2, c == '\t', c == '\r', c == '\n', c == '\b', c == '\a':
		case c == 0xc2 && (i+1 == len(text) || text[i+1] >= 0xa0):
		default:
			return i
		}
	}
	return -1
}
