package source

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Place is a source position that a text names.
type Place struct {
	File         string
	Line, Column int // from 1; Column is 0 if unknown
	Text         string
}

// The patterns are compiled on first use, because a run without failures needs none.
var (
	// frameForm matches the second line of a function in a goroutine stack (after a tab;
	// with GOTRACEBACK=system there is more after it) or in a data race (after spaces).
	frameForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:\t| {6})((?:[A-Za-z]:)?[^\s:][^:]*\.go):(\d+)(?: (?:\+|fp=)0x[0-9a-f]+.*)?$`)
	})
	// cgoForm matches what the go command prints about a test with import "C", without a
	// line.
	cgoForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^use of cgo in test (.+\.go) not supported$`)
	})
	// brokenForm matches a line in which the go command names a position in a file that
	// it reads before any package.
	brokenForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:go: )?((?:[A-Za-z]:)?(?:[^\s:#][^:]*[/\\])?(?:go\.(?:mod|sum|work|work\.sum)|[^:/\\]+\.go)):(\d+)(?::(\d+))?: (.*)$`)
	})
	// behindForm matches a log behind other text. Package testing writes no folder.
	behindForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^.*?\S {4,}([^\s:/\\]+\.go):(\d+): (.*)$`)
	})
	// builtForm matches a line of the compiler, of vet, or of the go command.
	builtForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:vet: )?((?:[A-Za-z]:)?[^\s:#][^:]*\.go):(\d+)(?::(\d+))?: (.*)$`)
	})
)

// Logged returns the positions that tests name in their logs, in order. Package testing
// indents these lines by four spaces, and further lines of a message by eight, so the
// output of another test inside a message is skipped. Before Go 1.14, which printed logs
// when a test ended, the logs of subtests were indented more deeply. A log after an unfinished
// line that the test printed is on the same line; those count if there is no other log.
func Logged(output string) []Place {
	shallowest := 0
	var found []Place
	for line := range strings.Lines(output) {
		p, ok := logged(line)
		if !ok {
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if len(found) == 0 || indent < shallowest {
			shallowest, found = indent, nil
		}
		if indent == shallowest {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return loggedBehind(output)
	}
	return found
}

// loggedBehind returns the positions in logs that come after other text in their lines.
func loggedBehind(output string) []Place {
	var found []Place
	for line := range strings.Lines(output) {
		if p, ok := place(line, behindForm()); ok {
			found = append(found, p)
		}
	}
	return found
}

// logged returns the position in a line of T.Log and similar methods. Every line of every failure
// is looked at several times, for which a regular expression would take long.
func logged(line string) (Place, bool) {
	text := strings.TrimLeft(line, " ")
	if len(line)-len(text) < len("    ") {
		return Place{}, false
	}
	text = strings.TrimRight(text, "\r\n")
	drive := 0
	if len(text) > 1 && text[1] == ':' && unicode.IsLetter(rune(text[0])) && text[0] < utf8.RuneSelf { // on Windows
		drive = len("C:")
	}
	file, rest, _ := strings.Cut(text[drive:], ":")
	name, isGo := strings.CutSuffix(file, ".go")
	if !isGo || name == "" || strings.ContainsAny(name[:1], " \t\f\r") {
		return Place{}, false
	}
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	message, ok := strings.CutPrefix(rest[digits:], ":")
	if digits == 0 || !ok {
		return Place{}, false
	}
	return Place{File: text[:drive+len(file)], Line: number(rest[:digits]), Text: strings.TrimPrefix(message, " ")}, true
}

// Frames returns the positions in a stack, innermost first.
func Frames(output string) []Place {
	var found []Place
	for line := range strings.Lines(output) {
		if p, ok := place(line, frameForm()); ok {
			found = append(found, p)
		}
	}
	return found
}

// LoggedFrames returns the positions in a stack that is part of a message, as testify's suite
// logs the panic of a test. Package testing indents the further lines of a message.
func LoggedFrames(output string) []Place {
	var stack strings.Builder
	for line := range strings.Lines(output) {
		stack.WriteString(strings.TrimLeft(line, " "))
	}
	return Frames(stack.String())
}

// Stuck returns the positions in a dump of all goroutines, starting with those where the
// named top-level test hangs, or any test if the name is empty. Goroutines of others do
// not count, nor those that wait for a subtest, which has its own goroutine.
func Stuck(output, test string) []Place {
	const best, ranks = 0, 4
	var found [ranks][]Place
	for i, goroutine := range strings.Split(output, "\ngoroutine ") {
		rank := best
		_, stack, _ := strings.Cut(goroutine, "\n")
		if i == 0 || strings.HasPrefix(innermost(stack), "testing.(*T).Run(") { // the text before the dump names no position
			rank++
		}
		if test != "" && !strings.Contains(stack, "."+test+"(") && !strings.Contains(stack, "."+test+".func") {
			rank += ranks / 2
		}
		found[rank] = append(found[rank], Frames(goroutine)...)
	}
	return slices.Concat(found[:]...)
}

// innermost returns the innermost function of a stack outside the runtime, which
// GOTRACEBACK=system shows.
func innermost(stack string) string {
	for line := range strings.Lines(stack) {
		if !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "runtime.") {
			return line
		}
	}
	return ""
}

// place returns the position in a line of a form with a file, a line and perhaps a text.
func place(line string, form *regexp.Regexp) (Place, bool) {
	if !strings.Contains(line, ".go:") { // as in all forms; it takes less time
		return Place{}, false
	}
	match := form.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
	if match == nil {
		return Place{}, false
	}
	p := Place{File: match[1], Line: number(match[2])}
	if len(match) > 3 {
		p.Text = match[3]
	}
	return p, true
}

// BuildErrors returns the errors of a build or of vet, in order and without repetition,
// because a package and its test variant fail with the same errors. Indented lines
// continue the error before them.
func BuildErrors(output string) []Place {
	var found []Place
	seen := map[Place]bool{}
	more := false // whether an indented line belongs to the last one found
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		match := builtForm().FindStringSubmatch(line)
		switch {
		case match != nil:
			p := Place{File: match[1], Line: number(match[2]), Column: number(match[3]), Text: match[4]}
			if more = !seen[p]; more {
				seen[p] = true
				found = append(found, p)
			}
		case more && strings.HasPrefix(line, "\t"):
			found[len(found)-1].Text += "\n" + line
		default:
			more = false
		}
	}
	return found
}

// CgoInTests returns the test files of a package that import "C", which the go command
// names without a line.
func CgoInTests(output string) []Place {
	var found []Place
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		if match := cgoForm().FindStringSubmatch(line); match != nil {
			found = append(found, Place{File: match[1], Line: 1, Text: line})
		}
	}
	return found
}

// Broken returns the positions that the go command names when it cannot start, for
// example in go.mod.
func Broken(output string) []Place {
	var found []Place
	for line := range strings.Lines(output) {
		if match := brokenForm().FindStringSubmatch(strings.TrimRight(line, "\r\n")); match != nil {
			found = append(found, Place{File: match[1], Line: number(match[2]), Column: number(match[3]), Text: match[4]})
		}
	}
	return found
}

// number parses a number that may be too large.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
