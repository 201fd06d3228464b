package text

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// fill returns what test2json has in its buffer of an unfinished line after text, given
// what it had buffered before, and whether it has passed on the beginning of the line.
// It passes on 4096 bytes at a time. It also passes on the first word of a benchmark
// result when more follows; here that counts as passed on at once.
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

// hides reports whether test2json takes a marker at this point for output. It does if
// its buffer has nothing left of the line.
func hides(buffered []byte, passed bool) bool { return passed && len(buffered) == 0 }

// beforeMarker returns how much of text may stand right before a marker. text follows a
// newline or a marker and contains neither.
func beforeMarker(text []byte, escapes bool) int {
	if hides(fill(nil, false, text)) {
		return len(text) - lastUnit(text, escapes)
	}
	return len(text)
}

// lastUnit returns the length of the last character of text, including its escape and
// an error end after it.
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

// wholeUnits is wholeRunes, but keeps an escape together with the escaped character.
func wholeUnits(text []byte, escapes bool) int {
	end := wholeRunes(text)
	if escapes && dangles(text[:end]) {
		end--
	}
	return end
}

// dangles reports whether text ends with an escape whose character has not arrived yet.
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
