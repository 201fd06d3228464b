package text

import (
	"bytes"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// indexMarker returns the position of the first unescaped marker in text, or -1.
func indexMarker(text []byte, escapes bool) int {
	if !escapes {
		return bytes.IndexByte(text, framing.Marker)
	}
	for from := 0; ; {
		at := bytes.IndexByte(text[from:], framing.Marker)
		if at < 0 {
			return -1
		}
		if from += at; !dangles(text[:from]) {
			return from
		}
		from++
	}
}

// behindMarker returns the line after a marker as far as it has arrived, where pending
// came before text, and the position in text where it ends, or -1 if it has not ended. It
// is not ok if the line, plus more bytes, is too long for test2json.
func behindMarker(pending, text []byte, more int, escapes bool) (line []byte, end int, ok bool) {
	end, whole := lineEnd(text, escapes)
	if tooLong(len(pending)+end+more, whole && end > 0 && text[end-1] == '\n') {
		return nil, 0, false
	}
	line = text[:end]
	if len(pending) > 0 || !whole {
		line = append(pending, line...)
	}
	if !whole {
		end = -1
	}
	return line, end, true
}

// lineEnd returns the position where a line ends, after its newline or before a marker,
// and whether it ends in text.
func lineEnd(text []byte, escapes bool) (int, bool) {
	end := bytes.IndexByte(text, '\n') + 1
	within := text
	if end > 0 {
		within = text[:end]
	}
	if at := indexMarker(within, escapes); at >= 0 {
		return at, true
	}
	return len(within), end > 0
}

// tooLong reports whether a line of length bytes after its marker, with its newline if it
// has one, is too long for test2json.
func tooLong(length int, newline bool) bool {
	if newline {
		return 1+length > framing.MaxLine
	}
	return 1+length >= framing.MaxLine
}
