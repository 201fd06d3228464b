package observe

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/shard/internal/source"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

const leftOut = "…"

// RerunOf returns the command in the note of a failure about running it again, empty for none.
func RerunOf(output string) string {
	command, _ := cutRerun(output)
	return command
}

// WithoutRerun returns the output of a failure without the note that RerunOf returns, for
// where that is shown in another place.
func WithoutRerun(output string) string {
	_, rest := cutRerun(output)
	return rest
}

// cutRerun returns the command of the last note about running a failure again, and the output
// without that note. What a test prints before our note can look like one.
func cutRerun(output string) (command, rest string) {
	at, begin, end := 0, 0, 0
	for line := range strings.Lines(output) {
		if words, ok := strings.CutPrefix(noteOf(line), "rerun: "); ok && strings.HasPrefix(words, "go test ") {
			command, begin, end = strings.TrimSpace(words), at, at+len(line)
		}
		at += len(line)
	}
	return command, output[:begin] + output[end:]
}

// noteOf returns the words of a line of our own in the output of a test or a package, empty for
// other lines.
func noteOf(line string) string {
	const indent = "    " // of a test's
	note, ok := strings.CutPrefix(strings.TrimPrefix(line, indent), strings.TrimPrefix(text.NotePrefix, indent))
	if !ok {
		return ""
	}
	return note
}

// IsRerunNote reports whether a line of a failure is one of our own about running it again.
func IsRerunNote(line string) bool {
	note := noteOf(line)
	return strings.HasPrefix(note, "rerun: ") || strings.HasPrefix(note, "ran after ")
}

// CutNotes cuts our own lines about running a failure again off its lines. They are the last
// ones: what a test prints before them can look the same.
func CutNotes(lines []string) (own, notes []string) {
	end := len(lines)
	if end > 1 && strings.HasPrefix(noteOf(lines[end-1]), "ran after ") {
		end--
	}
	if end > 0 && strings.HasPrefix(noteOf(lines[end-1]), "rerun: ") {
		end--
	} else {
		end = len(lines)
	}
	return lines[:end], lines[end:]
}

// Message returns what the output of a failure says about its reason, in at most limit
// characters and in whole lines if possible: the value of a panic, the places of a race, or
// what the test logged and printed. If that is too much, it is what the test logged last, from
// its first line on. Our notes come only after the words of the test, and those about running
// it again are left out.
func Message(output string, limit int) string {
	var words, notes []string
	over := false
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		if note, ok := strings.CutPrefix(line, text.NotePrefix); ok {
			if over = over || IsTimedOut(line); !IsRerunNote(line) {
				notes = append(notes, note)
			}
			continue
		}
		if IsRerunNote(line) { // of a package
			continue
		}
		words = append(words, line)
	}
	if at := slices.IndexFunc(words, IsDump); over && at >= 0 {
		words = words[:at]
	}
	message := withinLines(reason(words, limit), limit)
	for _, note := range notes {
		with := strings.TrimPrefix(message+"\n"+note, "\n")
		if utf8.RuneCountInString(with) > limit {
			break
		}
		message = with
	}
	return message
}

// reason returns the lines with the reason, which may be more than limit.
func reason(words []string, limit int) []string {
	if i := slices.IndexFunc(words, IsRace); i >= 0 {
		return untilStack(words[i:])
	}
	if i := slices.IndexFunc(words, IsPanic); i >= 0 {
		return untilStack(words[i:])
	}
	words = slices.DeleteFunc(withoutFields(words), func(line string) bool {
		return isVerdict(line) || strings.HasPrefix(line, "FAIL\t")
	})
	words = strings.Split(dedent(strings.Join(words, "\n")), "\n")
	if length(words) <= limit {
		return words
	}
	entries := logged(words)
	if len(entries) == 0 {
		return lastLines(words, limit)
	}
	last := entries[len(entries)-1]
	for _, entry := range slices.Backward(entries[:len(entries)-1]) {
		more := slices.Concat(entry, last)
		if length(more) > limit {
			break
		}
		last = more
	}
	return strings.Split(dedent(strings.Join(last, "\n")), "\n")
}

// isVerdict reports whether a line is what package testing prints last.
func isVerdict(line string) bool { return line == "PASS" || line == "FAIL" }

// untilStack returns the first part of a panic or of the report of a race, which ends before
// the stacks of goroutines.
func untilStack(lines []string) []string {
	end := slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "goroutine ") || strings.HasPrefix(line, "=====")
	})
	if end > 0 {
		lines = lines[:end]
	}
	var kept []string
	for _, line := range lines {
		if !strings.HasPrefix(line, "[signal ") {
			line, _, _ = strings.Cut(line, " [recovered")
			kept = append(kept, line)
		}
	}
	for len(kept) > 0 && kept[len(kept)-1] == "" {
		kept = kept[:len(kept)-1]
	}
	return kept
}

// The fields of testify's message, and the further lines of a field.
var (
	fieldForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^ +\t(Error Trace|Error|Test|Messages):\s*\t?(.*)$`)
	})
	fieldMoreForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^ +\t {4,}\t(.*)$`) })
)

// withoutFields returns lines with the message of testify as the other messages are: without
// the names of its fields, the trace and the name of the test.
func withoutFields(lines []string) []string {
	var kept []string
	in := ""
	for _, line := range lines {
		if field := fieldForm().FindStringSubmatch(line); field != nil {
			in = field[1]
			last := len(kept) - 1
			switch {
			case in == "Error" && last >= 0 && strings.HasSuffix(kept[last], ": "):
				kept[last] += strings.TrimRight(field[2], " ")
			case in == "Error", in == "Messages":
				kept = append(kept, "        "+field[2])
			}
			continue
		}
		if more := fieldMoreForm().FindStringSubmatch(line); more != nil && in != "" {
			if in == "Error" || in == "Messages" {
				kept = append(kept, "        "+more[1])
			}
			continue
		}
		in = ""
		kept = append(kept, line)
	}
	return kept
}

// logged returns the messages that a test logged, each with its further lines. The lines are
// not indented more than package testing does it.
func logged(lines []string) [][]string {
	var entries [][]string
	in := false
	for _, line := range lines {
		switch {
		case len(source.Logged("    "+line)) > 0:
			entries, in = append(entries, []string{line}), true
		case in && strings.HasPrefix(line, "    "):
			entries[len(entries)-1] = append(entries[len(entries)-1], line)
		default:
			in = false
		}
	}
	return entries
}

// lastLines returns the last lines that fit, and at least one.
func lastLines(lines []string, limit int) []string {
	first, size := len(lines), len(leftOut)-1 // the lines before first are left out
	for first > 0 {
		size += 1 + utf8.RuneCountInString(lines[first-1])
		if size > limit && first < len(lines) {
			break
		}
		first--
	}
	if first == 0 || first == len(lines)-1 {
		return lines[first:]
	}
	return append([]string{leftOut}, lines[first:]...)
}

// length returns how many characters joined lines have.
func length(lines []string) int {
	n := len(lines) - 1
	for _, line := range lines {
		n += utf8.RuneCountInString(line)
	}
	return n
}

// withinLines joins the first lines that fit into limit characters. If not even the first one
// does, it is cut.
func withinLines(lines []string, limit int) string {
	if length(lines) <= limit {
		return strings.Join(lines, "\n")
	}
	n := 0
	for n < len(lines) && length(lines[:n+1])+len("\n"+leftOut) <= limit {
		n++
	}
	if n == 0 {
		first := []rune(lines[0])
		return string(first[:min(len(first), limit-1)]) + leftOut
	}
	return strings.Join(append(slices.Clone(lines[:n]), leftOut), "\n")
}

// dedent removes the common indentation of all lines of a failure.
func dedent(output string) string {
	text := strings.Trim(output, "\n")
	indent := -1
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			blanks := len(line) - len(strings.TrimLeft(line, " "))
			if indent < 0 || blanks < indent {
				indent = blanks
			}
		}
	}
	if indent <= 0 {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(line[min(indent, len(line)-len(strings.TrimLeft(line, " "))):])
	}
	return b.String()
}
