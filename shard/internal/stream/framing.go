package stream

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// marker is the byte before each framing line that a test binary writes under
// -test.v=test2json (testing.marker, ^V). It ends an unfinished line.
const marker = 0x16

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

// beforeMarker returns how much of text, which follows a newline or a marker
// and has neither, may stand right before a marker. test2json takes a marker
// for a part of the line when nothing of that line is left in its buffer: it
// has then passed on 4096 bytes of it, or the first word of a benchmark's
// result.
func beforeMarker(text []byte) int {
	if tab := bytes.IndexByte(text, '\t'); tab > 0 && tab == len(text)-1 && isBenchmarkName(bytes.TrimRight(text[:tab], " ")) {
		return tab
	}
	rest := text
	for len(rest) >= inputLine {
		rest = rest[wholeRunes(rest[:inputLine]):]
	}
	if len(rest) == 0 && len(text) > 0 {
		_, size := utf8.DecodeLastRune(text)
		return len(text) - size
	}
	return len(text)
}

// isBenchmarkName is the function of that name in cmd/internal/test2json.
func isBenchmarkName(name []byte) bool {
	rest, ok := bytes.CutPrefix(name, []byte("Benchmark"))
	if !ok || len(rest) == 0 {
		return ok
	}
	r, _ := utf8.DecodeRune(rest)
	return !unicode.IsLower(r)
}

// wholeRunes returns the length of text without a UTF-8 sequence at its end of
// which more may follow (trimUTF8 in cmd/internal/test2json).
func wholeRunes(text []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		c := text[len(text)-i]
		if c&0xc0 == 0x80 {
			continue
		}
		if c&0xe0 == 0xc0 && i < 2 || c&0xf0 == 0xe0 && i < 3 || c&0xf8 == 0xf0 && i < 4 {
			return len(text) - i
		}
		break
	}
	return len(text)
}
