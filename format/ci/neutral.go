package ci

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/format/plain"
)

// neutral returns a line of text, without its newline, changed so that no CI finds a
// command in it:
//
//   - Control characters other than colors are replaced by their pictures (U+2400 and
//     following). So no GitLab section, which needs \r and \x1b[0K, and no other control
//     sequence for a terminal remains.
//   - A space is inserted into the beginning of a command: "::" at the start of a line
//     for GitHub, which also accepts it after white space (actions/runner,
//     ActionCommand.TryParseV2), and "##[" anywhere (TryParse), which covers
//     "##teamcity[" and Azure's "##vso[" too.
//   - For GitLab, a space is also inserted into "section_start:" and "section_end:", so
//     that text cannot end a section of ours.
//   - For Buildkite, a space is put in front of a line that begins a group (---, +++,
//     ~~~) or opens it (^^^ +++), also after colors, because its agent looks there too.
//
// GitHub compares by .NET's language rules, which ignore some characters. Here they are
// ignored too, so a command cannot be hidden with them.
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

// mark is a character that a CI sees, and the offset after it.
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

// opensBracket reports whether marks, which follow a #, are "#[" or "#word[".
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

// isHarmless reports whether a line needs no closer look. Most lines do not.
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

// printable returns text as valid UTF-8, with a picture in place of each control
// character other than tabs and color sequences.
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

// picture returns the character that is shown for r, a tab for a tab.
func picture(r rune) rune {
	if r == '\t' {
		return r
	}
	return plain.Picture(r)
}

// colourLength is the length of the escape sequence for a color (SGR) at the start of
// text, or 0.
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

// isIgnorable reports whether a comparison of texts may ignore a character.
func isIgnorable(r rune) bool {
	return !unicode.IsGraphic(r) && r != '\t' || unicode.In(r, unicode.Mn, unicode.Me, unicode.Other_Default_Ignorable_Code_Point)
}

// withoutColours returns text for places without colors: printable, and on several
// lines if it has them.
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

// newlines turns every line end into a newline.
func newlines(text string) string {
	if !strings.Contains(text, "\r") {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
