package text

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// fill returns what test2json has in its buffer of a line without an end, of which
// it had buffered before and text came, and whether it has passed the beginning on:
// 4096 bytes at a time, or the first word of a benchmark's result, which here counts
// as passed on at once.
func fill(buffered []byte, passed bool, text []byte) ([]byte, bool) {
	line := append(slices.Clip(buffered), text...)
	if !passed {
		tab := bytes.IndexByte(line[:min(len(line), framing.MaxLine)], '\t')
		if tab >= 0 && isBenchmarkName(bytes.TrimRight(line[:tab], " ")) {
			line, passed = line[tab+1:], true
		}
	}
	for len(line) >= framing.MaxLine {
		line, passed = line[wholeRunes(line[:framing.MaxLine]):], true
	}
	return line, passed
}

// hides is whether test2json takes a marker that comes now for output: it does where
// nothing of the line is left in its buffer.
func hides(buffered []byte, passed bool) bool { return passed && len(buffered) == 0 }

// beforeMarker returns how much of text, which follows a newline or a marker and has
// neither, may stand right before a marker.
func beforeMarker(text []byte, escapes bool) int {
	if hides(fill(nil, false, text)) {
		return len(text) - lastUnit(text, escapes)
	}
	return len(text)
}

// lastUnit returns the length of the last character of text, with its escape and with
// the end of an error behind it.
func lastUnit(text []byte, escapes bool) int {
	end := len(text)
	if escapes && end > 1 && text[end-1] == framing.ErrorEnd && !dangles(text[:end-1]) {
		end--
	}
	_, size := utf8.DecodeLastRune(text[:end])
	if escapes && dangles(text[:end-size]) {
		size++
	}
	return size + len(text) - end
}

// wholeUnits is wholeRunes that keeps an escape together with what it escapes.
func wholeUnits(text []byte, escapes bool) int {
	end := wholeRunes(text)
	if escapes && dangles(text[:end]) {
		end--
	}
	return end
}

// dangles is whether text ends with an escape whose character is still to come.
func dangles(text []byte) bool {
	return (len(text)-len(bytes.TrimRight(text, string(rune(framing.Escape)))))%2 == 1
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
