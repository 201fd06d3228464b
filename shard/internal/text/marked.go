package text

import (
	"bytes"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// indexMarker returns where the first marker of text is that is not escaped, -1 for
// none.
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

// behindMarker returns the line behind a marker as far as it has come, of which pending
// came before text, and where it ends in text, -1 when it does not yet. It is not ok when
// the line, with so many bytes more, is longer than test2json looks at.
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

// lineEnd returns where a line ends, behind its newline or before a marker, and
// whether it does.
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

// tooLong says whether a line of so many bytes behind its marker, with its
// newline if it has one, is too long for test2json to look at.
func tooLong(length int, newline bool) bool {
	if newline {
		return 1+length > framing.MaxLine
	}
	return 1+length >= framing.MaxLine
}
