package text

import (
	"bytes"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// mender passes on the text of one process so that test2json recognizes each marker.
// Where test2json would take a marker for output, another marker is inserted before the
// last character of the line. No framing line follows it, and it causes no event.
type mender struct {
	escapes  bool
	held     []byte // text not passed on yet: part of a character, or one that may need a marker before it
	buffered []byte // what of the current line test2json has in its buffer
	passed   bool   // whether it has passed on the part of the line before that
	mended   []byte
}

// write handles text and returns what is passed on, valid until the next call.
func (m *mender) write(text []byte) []byte {
	if len(m.held) > 0 {
		text = append(m.held, text...)
	}
	m.mended = m.mended[:0]
	for {
		at := indexMarker(text, m.escapes)
		if at < 0 {
			break
		}
		m.line(text[:at])
		m.mended = append(m.mended, framing.Marker)
		m.buffered, m.passed = append(m.buffered[:0], framing.Marker), false
		text = text[at+1:]
	}
	end := wholeUnits(text, m.escapes)
	if end > 0 {
		tail := m.tail(text[:end])
		if hides(fill(m.buffered, m.passed, tail)) {
			end -= lastUnit(text[:end], m.escapes)
		}
	}
	m.pass(text[:end])
	m.held = append([]byte(nil), text[end:]...)
	return m.mended
}

// tail returns the part of text that is in its last line, and forgets the previous line
// if there is a new one.
func (m *mender) tail(text []byte) []byte {
	if end := bytes.LastIndexByte(text, '\n') + 1; end > 0 {
		m.buffered, m.passed = m.buffered[:0], false
		return text[end:]
	}
	return text
}

// line passes on text before a marker.
func (m *mender) line(text []byte) {
	tail := m.tail(text)
	if hides(fill(m.buffered, m.passed, tail)) && len(text) > 0 {
		end := len(text) - lastUnit(text, m.escapes)
		m.mended = append(append(m.mended, text[:end]...), framing.Marker)
		text = text[end:]
	}
	m.mended = append(m.mended, text...)
}

// pass passes on text that may continue.
func (m *mender) pass(text []byte) {
	m.mended = append(m.mended, text...)
	m.buffered, m.passed = fill(m.buffered, m.passed, m.tail(text))
}

// end returns the rest to pass on at the end of the text.
func (m *mender) end() []byte {
	rest := m.held
	m.held = nil
	return rest
}
