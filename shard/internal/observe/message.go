package observe

import (
	"fmt"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// FirstLine returns the first line of the message of a failure, without its place: of a
// panic, of what the test logged last, of a build error, or else of all of its output.
func FirstLine(output string) string {
	for line := range strings.Lines(output) {
		if IsPanic(line) || IsRace(line) {
			line, _, _ = strings.Cut(line, " [recovered")
			return strings.TrimSpace(line)
		}
	}
	if logged := source.Logged(output); len(logged) > 0 {
		last := logged[len(logged)-1]
		if text := strings.TrimSpace(last.Text); text != "" {
			return text
		}
		return assertion(after(output, last))
	}
	if errs := source.BuildErrors(output); len(errs) > 0 {
		first, _, _ := strings.Cut(errs[0].Text, "\n")
		return first
	}
	return firstText(output)
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
		if trimmed := strings.TrimSpace(line); trimmed != "" && !IsRerunNote(line) {
			return trimmed
		}
	}
	return ""
}
