package observe

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// FirstLine returns the first line of the message of a failure, without its place: of a
// panic, of what the test logged last, of a build error, or else of all of its output.
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
		if text := strings.TrimSpace(last.Text); text != "" {
			return last, text
		}
		return last, assertion(after(output, last))
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

// assertion returns the first line of a message that has further lines only. Those of testify
// are fields: the error comes after its trace.
func assertion(message string) string {
	for line := range strings.Lines(message) {
		if name, text, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && name == "Error" {
			return strings.TrimSpace(text)
		}
	}
	return firstText(message)
}

func firstText(text string) string {
	for line := range strings.Lines(text) {
		heading := strings.HasPrefix(line, "FAIL\t") || strings.HasPrefix(line, "# ") // of the go command, with a package
		if trimmed := strings.TrimSpace(line); trimmed != "" && !isVerdict(trimmed) && !heading && !IsRerunNote(line) {
			return cmp.Or(strings.TrimSpace(noteOf(line)), trimmed) // of our own notes the words
		}
	}
	return ""
}
