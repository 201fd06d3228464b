package source

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Place is a place in the source as a text names it.
type Place struct {
	File         string
	Line, Column int // from 1; Column is 0 when it is not said
	Text         string
}

// The forms are compiled when they are used, which a run without failures does not.
var (
	// loggedForm is a line of T.Log and its like.
	loggedForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^ {4,}((?:[A-Za-z]:)?[^\s:][^:]*\.go):(\d+): ?(.*)$`)
	})
	// frameForm is the second line of a function in a stack of goroutines (after a
	// tab; with GOTRACEBACK=system there is more behind it) or a data race (after blanks).
	frameForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:\t| {6})((?:[A-Za-z]:)?[^\s:][^:]*\.go):(\d+)(?: (?:\+|fp=)0x[0-9a-f]+.*)?$`)
	})
	// cgoForm is what the go command says of a test with import "C", without a line.
	cgoForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^use of cgo in test (.+\.go) not supported$`)
	})
	// brokenForm is a line in which the go command names a place of what it reads
	// before any package.
	brokenForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:go: )?((?:[A-Za-z]:)?(?:[^\s:#][^:]*[/\\])?(?:go\.(?:mod|sum|work|work\.sum)|[^:/\\]+\.go)):(\d+)(?::(\d+))?: (.*)$`)
	})
	// builtForm is a line of the compiler, of vet, or of the go command.
	builtForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:vet: )?((?:[A-Za-z]:)?[^\s:#][^:]*\.go):(\d+)(?::(\d+))?: (.*)$`)
	})
)

// Logged returns the places that tests name where they log, in their order. Package
// testing indents them by four blanks, and what follows in a message by eight: the
// output of another test in it is not this one's. Only before Go 1.14, which printed
// logs when a test ended, those of a subtest are all indented deeper.
func Logged(output string) []Place {
	shallowest := 0
	var found []Place
	for line := range strings.Lines(output) {
		p, ok := place(line, loggedForm())
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
	return found
}

// Frames returns the places of a stack, from the innermost on.
func Frames(output string) []Place {
	var found []Place
	for line := range strings.Lines(output) {
		if p, ok := place(line, frameForm()); ok {
			found = append(found, p)
		}
	}
	return found
}

// Stuck returns the places of a dump of all goroutines, those first where a
// top-level test hangs, whose name may be empty for any: neither the goroutines of
// others nor those that wait for a subtest, which has one of its own, are it.
func Stuck(output, test string) []Place {
	const best, ranks = 0, 4
	var found [ranks][]Place
	for i, goroutine := range strings.Split(output, "\ngoroutine ") {
		rank := best
		_, stack, _ := strings.Cut(goroutine, "\n")
		if i == 0 || strings.HasPrefix(innermost(stack), "testing.(*T).Run(") { // what is before the dump names no place
			rank++
		}
		if test != "" && !strings.Contains(stack, "."+test+"(") && !strings.Contains(stack, "."+test+".func") {
			rank += ranks / 2
		}
		found[rank] = append(found[rank], Frames(goroutine)...)
	}
	return slices.Concat(found[:]...)
}

// innermost is the innermost function of a stack that is not the runtime's, which
// GOTRACEBACK=system shows.
func innermost(stack string) string {
	for line := range strings.Lines(stack) {
		if !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "runtime.") {
			return line
		}
	}
	return ""
}

// place is what a line names in a form with a file, a line and perhaps a text.
func place(line string, form *regexp.Regexp) (Place, bool) {
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

// BuildErrors returns the errors of a build or of vet, in their order and each
// once: a package and its variant for tests fail alike. Lines that are indented
// go on with the error before them.
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

// CgoInTests returns the tests of a package that have import "C", which the go
// command names without a line.
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

// Broken returns the places that the go command names when it cannot begin, in its
// go.mod and the like too.
func Broken(output string) []Place {
	var found []Place
	for line := range strings.Lines(output) {
		if match := brokenForm().FindStringSubmatch(strings.TrimRight(line, "\r\n")); match != nil {
			found = append(found, Place{File: match[1], Line: number(match[2]), Column: number(match[3]), Text: match[4]})
		}
	}
	return found
}

// number is a number that may be too large to be one.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
