// Package framing reads the lines that a test binary frames its output with under
// -test.v=test2json, as test2json does: each follows a marker and says which test the
// output behind it belongs to. Package text merges by them what several processes print;
// package stream finds in go test -json those that test2json has overlooked.
package framing

import (
	"bytes"
	"unicode"
)

// Marker is the byte before each framing line that a test binary writes under
// -test.v=test2json (testing.marker, ^V). It ends an unfinished line.
const Marker = 0x16

// Since Go 1.27 a test binary also marks where an error that a test reports begins
// and ends (^O, ^N), and writes ^[ before each of these bytes that a test logs.
const (
	ErrorBegin = 0x0f
	ErrorEnd   = 0x0e
	Escape     = 0x1b
)

// MaxLine is how long a line may be for test2json to look at it, with its
// newline and marker, in bytes (inBuffer in cmd/internal/test2json). A longer
// one is output, whatever it says.
const MaxLine = 4096

// Line is a framing line taken apart.
type Line struct {
	// Action is run, pause, cont, name, attr or artifacts; pass, fail, skip or
	// bench at the end of a test; PASS or FAIL for the verdict of all tests;
	// and reset for another line after which no test is the current one.
	Action string
	// Name is the test, empty for a verdict and at the level of the package. It
	// is part of the line, from NameAt on.
	Name   []byte
	NameAt int
}

// Ends says whether the line ends a test.
func (f Line) Ends() bool {
	switch f.Action {
	case "pass", "fail", "skip", "bench":
		return true
	}
	return false
}

// updates and reports are the words of handleInputLine in
// cmd/internal/test2json, and what they do.
var (
	updates = []struct {
		word   []byte
		action string
	}{
		{[]byte("=== RUN   "), "run"},
		{[]byte("=== PAUSE "), "pause"},
		{[]byte("=== CONT  "), "cont"},
		{[]byte("=== NAME  "), "name"},
		{[]byte("=== PASS  "), "pass"},
		{[]byte("=== FAIL  "), "fail"},
		{[]byte("=== SKIP  "), "skip"},
		{[]byte("=== ATTR  "), "attr"},
		{[]byte("=== ARTIFACTS "), "artifacts"},
	}
	reports = []struct {
		word   []byte
		action string
	}{
		{[]byte("--- PASS: "), "pass"},
		{[]byte("--- FAIL: "), "fail"},
		{[]byte("--- SKIP: "), "skip"},
		{[]byte("--- BENCH: "), "bench"},
	}
)

// Parse takes a line apart that follows a marker, and returns false for
// one that is only output. test2json also takes an indented "--- PASS: " for a
// subtest's end; a test binary writes none behind a marker, so here it is
// output.
func Parse(line []byte) (Line, bool) {
	trim := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	switch string(trim) {
	case "PASS", "FAIL":
		return Line{Action: string(trim)}, true
	case "=== NAME":
		return Line{Action: "name", NameAt: len(trim)}, true
	}
	if bytes.HasPrefix(trim, []byte("FAIL\t")) {
		return Line{Action: "reset"}, true
	}
	if len(line) < 4 || line[3] != ' ' {
		return Line{}, false
	}
	for _, u := range updates {
		if bytes.HasPrefix(line, u.word) {
			f := Line{Action: u.action}
			f.Name, f.NameAt = nameIn(line, len(u.word))
			if u.action == "attr" || u.action == "artifacts" {
				f.Name, _, _ = bytes.Cut(f.Name, []byte(" "))
			}
			return f, true
		}
	}
	for _, r := range reports {
		if bytes.HasPrefix(line, r.word) {
			f := Line{Action: r.action}
			f.Name, f.NameAt = nameIn(line, len(r.word))
			f.Name, _, _ = bytes.Cut(f.Name, []byte(" ("))
			return f, true
		}
	}
	return Line{}, false
}

// ParseLater takes a line behind a marker apart that a later Go may print of a test, such
// as "=== RETRY TestX", and returns false for one that has another form. Only a line that
// names a test that runs is one.
func ParseLater(line []byte) (Line, bool) {
	rest, ok := bytes.CutPrefix(line, []byte("=== "))
	action, rest, more := bytes.Cut(rest, []byte{' '})
	if !ok || !more || line[len(line)-1] != '\n' || len(bytes.Trim(action, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")) > 0 {
		return Line{}, false
	}
	f := Line{Action: string(action)}
	f.Name, f.NameAt = nameIn(line, len(line)-len(rest))
	f.Name, _, _ = bytes.Cut(f.Name, []byte{' '})
	return f, true
}

// nameIn returns line from a position on without the space around it, and where
// that begins.
func nameIn(line []byte, from int) ([]byte, int) {
	rest := bytes.TrimLeftFunc(line[from:], unicode.IsSpace)
	return bytes.TrimRightFunc(rest, unicode.IsSpace), len(line) - len(rest)
}

// Root returns the top-level test that a test is or belongs to.
func Root[T ~string | ~[]byte](name T) T {
	for i := range len(name) {
		if name[i] == '/' {
			return name[:i]
		}
	}
	return name
}
