// Package framing reads the framing lines that a test binary prints under
// -test.v=test2json, as test2json does. Each follows a marker and names the test that the
// output after it belongs to. Package text uses them to merge the output of several
// processes. Package stream finds those that test2json missed.
package framing

import (
	"bytes"
	"unicode"
)

// Marker is the byte before each framing line that a test binary prints under
// -test.v=test2json (testing.marker, ^V). It ends an unfinished line.
const Marker = 0x16

// Since Go 1.27 a test binary also marks the beginning and end of an error that a test
// reports (^O, ^N), and writes ^[ before each of these bytes in what a test logs.
const (
	ErrorBegin = 0x0f
	ErrorEnd   = 0x0e
	Escape     = 0x1b
)

// MaxLine is the longest line that test2json parses, with its newline and marker, in
// bytes (inBuffer in cmd/internal/test2json). A longer line is always output.
const MaxLine = 4096

// Line is a parsed framing line.
type Line struct {
	// Action is run, pause, cont, name, attr or artifacts; pass, fail, skip or bench at
	// the end of a test; PASS or FAIL for the verdict of all tests; and reset for any
	// other line after which no test is the current one.
	Action string
	// Name is the test, empty for a verdict and at the level of the package. It is part
	// of the line, starting at NameAt.
	Name   []byte
	NameAt int
}

// Ends reports whether the line ends a test.
func (f Line) Ends() bool {
	switch f.Action {
	case "pass", "fail", "skip", "bench":
		return true
	}
	return false
}

// updates and reports are the words of handleInputLine in cmd/internal/test2json and the
// actions that they stand for.
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

// Parse parses a line that follows a marker, and returns false for one that is only
// output. test2json also accepts an indented "--- PASS: " as the end of a subtest. A test
// binary never writes one after a marker, so here it is output.
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

// ParseLater parses a line after a marker that a later Go may print for a test, such as
// "=== RETRY TestX", and returns false for one with another form. Such a line counts only
// if it names a running test.
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

// nameIn returns line from a position on without surrounding space, and the position
// where that begins.
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
