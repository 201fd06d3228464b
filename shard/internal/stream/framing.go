package stream

import (
	"bytes"
	"unicode"
)

// marker is the byte before each framing line that a test binary writes under
// -test.v=test2json (testing.marker, ^V). It ends an unfinished line.
const marker = 0x16

// Since Go 1.27 a test binary also marks where an error that a test reports begins
// and ends (^O, ^N), and writes ^[ before each of these bytes that a test logs.
const (
	errorBegin = 0x0f
	errorEnd   = 0x0e
	escape     = 0x1b
)

// inputLine is how long a line may be for test2json to look at it, with its
// newline and marker, in bytes (inBuffer in cmd/internal/test2json). A longer
// one is output, whatever it says.
const inputLine = 4096

// framing is a framing line taken apart.
type framing struct {
	// action is run, pause, cont, name, attr or artifacts; pass, fail, skip or
	// bench at the end of a test; PASS or FAIL for the verdict of all tests;
	// and reset for another line after which no test is the current one.
	action string
	// name is the test, empty for a verdict and at the level of the package. It
	// is part of the line, from nameAt on.
	name   []byte
	nameAt int
}

// ends says whether the line ends a test.
func (f framing) ends() bool {
	switch f.action {
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

// parseFraming takes a line apart that follows a marker, and returns false for
// one that is only output. test2json also takes an indented "--- PASS: " for a
// subtest's end; a test binary writes none behind a marker, so here it is
// output.
func parseFraming(line []byte) (framing, bool) {
	trim := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	switch string(trim) {
	case "PASS", "FAIL":
		return framing{action: string(trim)}, true
	case "=== NAME":
		return framing{action: "name", nameAt: len(trim)}, true
	}
	if bytes.HasPrefix(trim, []byte("FAIL\t")) {
		return framing{action: "reset"}, true
	}
	if len(line) < 4 || line[3] != ' ' {
		return framing{}, false
	}
	for _, u := range updates {
		if bytes.HasPrefix(line, u.word) {
			f := framing{action: u.action}
			f.name, f.nameAt = nameIn(line, len(u.word))
			if u.action == "attr" || u.action == "artifacts" {
				f.name, _, _ = bytes.Cut(f.name, []byte(" "))
			}
			return f, true
		}
	}
	for _, r := range reports {
		if bytes.HasPrefix(line, r.word) {
			f := framing{action: r.action}
			f.name, f.nameAt = nameIn(line, len(r.word))
			f.name, _, _ = bytes.Cut(f.name, []byte(" ("))
			return f, true
		}
	}
	return framing{}, false
}

// nameIn returns line from a position on without the space around it, and where
// that begins.
func nameIn(line []byte, from int) ([]byte, int) {
	rest := bytes.TrimLeftFunc(line[from:], unicode.IsSpace)
	return bytes.TrimRightFunc(rest, unicode.IsSpace), len(line) - len(rest)
}

// rootOf returns the top-level test that a test is or belongs to.
func rootOf[T ~string | ~[]byte](name T) T {
	for i := range len(name) {
		if name[i] == '/' {
			return name[:i]
		}
	}
	return name
}

// isCoverage says whether a line is what a test binary prints at its end about
// coverage (EmitPercent in internal/coverage/cformat).
func isCoverage(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("coverage: "))
	return ok && (string(rest) == "[no statements]\n" || bytes.Contains(rest, []byte("% of statements")))
}

// isShuffle says whether a line is what testing.M.Run prints first of all under
// -test.shuffle.
func isShuffle(line []byte) bool {
	seed, ok := bytes.CutPrefix(line, []byte("-test.shuffle "))
	seed = bytes.TrimPrefix(bytes.TrimSuffix(seed, []byte("\n")), []byte("-"))
	return ok && len(seed) > 0 && len(bytes.Trim(seed, "0123456789")) == 0
}
