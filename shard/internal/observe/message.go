package observe

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// FirstLine returns the first line of the message of a failure, without its place: of a
// panic, of what the test logged last, of a build error, or else of all of its output. If that
// line ends with a colon, the lines that follow are part of it.
func FirstLine(output string) string {
	place, text := reasonLine(output)
	if place.File == "" && text == "" {
		return firstText(output)
	}
	return text
}

// placedLine is FirstLine with its place in front. It is empty if the output has no reason but
// only other text.
func placedLine(output string) string {
	place, text := reasonLine(output)
	if place.File == "" {
		return text
	}
	return fmt.Sprintf("%s:%d: %s", place.File, place.Line, text)
}

// reasonLine returns the first line of the reason of a failure and its place, which has no file
// if the line is a panic or a race.
func reasonLine(output string) (place source.Place, reason string) {
	for line := range strings.Lines(output) {
		if IsTimedOut(line) {
			line, _, _ = strings.Cut(noteOf(line), "; ")
			return source.Place{}, strings.TrimSpace(line)
		}
	}
	for line := range strings.Lines(output) {
		if IsPanic(line) || IsRace(line) {
			line, _, _ = strings.Cut(line, " [recovered")
			return source.Place{}, strings.TrimSpace(line)
		}
	}
	if logged := source.Logged(output); len(logged) > 0 {
		last := logged[len(logged)-1]
		text, rest := strings.TrimSpace(last.Text), furtherLines(after(output, last))
		if text == "" {
			text, rest = firstWords(rest)
		}
		return last, withList(text, rest)
	}
	if errs := source.BuildErrors(output); len(errs) > 0 {
		first, _, _ := strings.Cut(errs[0].Text, "\n")
		return errs[0], first
	}
	return source.Place{}, ""
}

// after returns the text behind the last line that names a place.
func after(output string, place source.Place) string {
	name := fmt.Sprintf("%s:%d:", place.File, place.Line)
	_, rest, _ := strings.Cut(output[max(0, strings.LastIndex(output, name)):], "\n")
	return rest
}

// furtherLines returns the further lines of a message, which package testing indents. Those of
// testify are fields: the error comes after its trace.
func furtherLines(text string) []string {
	var further []string
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimRight(line, "\r\n"); strings.HasPrefix(trimmed, "        ") && len(further) < mostFurther {
			further = append(further, trimmed)
			continue
		}
		break
	}
	return withoutFields(further)
}

// mostFurther is how many further lines of a message are looked at.
const mostFurther = 100

// firstWords returns the first line that is not empty, and the lines after it.
func firstWords(lines []string) (first string, rest []string) {
	for i, line := range lines {
		if trimmed := strings.TrimSpace(line); trimmed != "" {
			return trimmed, lines[i+1:]
		}
	}
	return "", nil
}

// longestList is about how long a line gets by the lines after it.
const longestList = 160

// withList adds the lines up to an empty one to a line that ends with a colon, as far as there is
// room for them in a line.
func withList(text string, rest []string) string {
	if !strings.HasSuffix(text, ":") {
		return text
	}
	for _, line := range rest {
		line = strings.TrimSpace(line)
		if line == "" || len(text) > longestList {
			break
		}
		text += " " + line
	}
	return text
}

func firstText(text string) string {
	var words []string
	for rest, more := text, true; more && len(words) < mostFurther; {
		var line string
		line, rest, more = strings.Cut(rest, "\n")
		if isImport(line) && strings.HasPrefix(rest, "\timports ") {
			continue // the last line says what is wrong
		}
		heading := strings.HasPrefix(line, "FAIL\t") || strings.HasPrefix(line, "# ") // of the go command, with a package
		trimmed := strings.TrimSpace(line)
		if len(words) == 0 && trimmed == "" || isVerdict(trimmed) || heading || IsRerunNote(line) {
			continue
		}
		words = append(words, cmp.Or(strings.TrimSpace(noteOf(line)), trimmed)) // of our own notes the words
		if !strings.HasSuffix(words[0], ":") {
			break
		}
	}
	if len(words) == 0 {
		return ""
	}
	return withList(words[0], words[1:])
}

// isImport reports whether a line is one of the stack of imports that the go command prints.
func isImport(line string) bool {
	return strings.HasPrefix(line, "package ") || strings.HasPrefix(line, "\timports ")
}
