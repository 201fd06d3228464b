package ci

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// neutral returns a line of text, without its end, in which no CI finds a
// command:
//
//   - Control characters are shown by their pictures (U+2400 and on), so neither a
//     GitLab section, which needs \r and \x1b[0K, nor anything for a terminal is
//     left but colours.
//   - A blank is put into what begins a command: "::" as the first of a line for
//     GitHub, which takes it after white space too (actions/runner,
//     ActionCommand.TryParseV2); "##[" anywhere (TryParse), and so "##teamcity[" and
//     Azure's "##vso[".
//   - For GitLab, one is put into "section_start:" and "section_end:" as well, lest
//     a marker of ours ends them.
//   - For Buildkite, a blank goes in front of a line that begins a group (---, +++,
//     ~~~) or opens it (^^^ +++), also behind colours, as its agent looks for them.
//
// What GitHub looks for it compares by .NET's rules for a language, which do not
// see some characters at all; these hide nothing here either.
func neutral(p Provider, line string) string {
	if isHarmless(p, line) {
		return line
	}
	line = printable(line)
	var marks []mark
	for i := 0; i < len(line); {
		if n := colourLength(line[i:]); n > 0 {
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(line[i:])
		if !isIgnorable(r) {
			marks = append(marks, mark{r, i + size})
		}
		i += size
	}
	var b strings.Builder
	written := 0
	breakAt := func(i int) {
		b.WriteString(line[written:i])
		b.WriteByte(' ')
		written = i
	}
	if p == Buildkite && beginsGroup(marks) {
		breakAt(0)
	}
	first := 0
	for first < len(marks) && unicode.IsSpace(marks[first].r) {
		first++
	}
	if has(marks[first:], "::") {
		breakAt(marks[first].end)
	}
	for i, m := range marks {
		switch {
		case m.r == '#' && opensBracket(marks[i+1:]):
			breakAt(m.end)
		case p == GitLab && m.r == 's' && (has(marks[i:], "section_start:") || has(marks[i:], "section_end:")):
			breakAt(marks[i+len("section")-1].end)
		}
	}
	b.WriteString(line[written:])
	return b.String()
}

// mark is a character that a CI sees, and the offset behind it.
type mark struct {
	r   rune
	end int
}

// has reports whether marks begin with text.
func has(marks []mark, text string) bool {
	for _, r := range text {
		if len(marks) == 0 || marks[0].r != r {
			return false
		}
		marks = marks[1:]
	}
	return true
}

// opensBracket is whether marks, which follow a #, are "#[" or "#word[".
func opensBracket(marks []mark) bool {
	if !has(marks, "#") {
		return false
	}
	for _, m := range marks[1:] {
		switch {
		case m.r == '[':
			return true
		case !unicode.IsLetter(m.r):
			return false
		}
	}
	return false
}

func beginsGroup(marks []mark) bool {
	return has(marks, "---") || has(marks, "+++") || has(marks, "~~~") || has(marks, "^^^")
}

// isHarmless is whether a line needs no closer look, which most do not.
func isHarmless(p Provider, line string) bool {
	start := strings.TrimLeft(line, " \t")
	if strings.HasPrefix(start, ":") || strings.Contains(line, "##") {
		return false
	}
	if p == GitLab && strings.Contains(line, "section_") {
		return false
	}
	if p == Buildkite && line != "" && strings.Contains("-+~^", line[:1]) {
		return false
	}
	for i := range len(line) {
		if c := line[i]; c < ' ' && c != '\t' || c >= 0x7f {
			return false
		}
	}
	return true
}

// printable returns text with a picture for each control character but tabs and
// those of colours, and valid UTF-8.
func printable(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if n := colourLength(text[i:]); n > 0 {
			b.WriteString(text[i : i+n])
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		b.WriteRune(picture(r))
	}
	return b.String()
}

// picture is how a character is shown.
func picture(r rune) rune {
	switch {
	case r == '\t':
	case r < ' ':
		return '\u2400' + r
	case r == 0x7f:
		return '\u2421'
	case r >= 0x80 && r < 0xa0, r == '\u2028', r == '\u2029':
		return utf8.RuneError
	}
	return r
}

// colourLength is the length of the escape sequence for a colour (SGR) that text
// begins with, 0 for none.
func colourLength(text string) int {
	if !strings.HasPrefix(text, "\x1b[") {
		return 0
	}
	for i := len("\x1b["); i < len(text); i++ {
		switch c := text[i]; {
		case c == 'm':
			return i + 1
		case c != ';' && c != ':' && (c < '0' || c > '9'):
			return 0
		}
	}
	return 0
}

// isIgnorable is whether a character may be one that a comparison of texts does
// not see.
func isIgnorable(r rune) bool {
	return !unicode.IsGraphic(r) && r != '\t' || unicode.In(r, unicode.Mn, unicode.Me, unicode.Other_Default_Ignorable_Code_Point)
}

// withoutColours returns text for where there are no colours: printable, on
// several lines when it has them.
func withoutColours(text string) string {
	lines := strings.Split(newlines(text), "\n")
	for i, line := range lines {
		line = printable(line)
		var b strings.Builder
		for j := 0; j < len(line); {
			if n := colourLength(line[j:]); n > 0 {
				j += n
				continue
			}
			b.WriteByte(line[j])
			j++
		}
		lines[i] = b.String()
	}
	return strings.Join(lines, "\n")
}

// newlines makes every end of a line a newline.
func newlines(text string) string {
	if !strings.Contains(text, "\r") {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
