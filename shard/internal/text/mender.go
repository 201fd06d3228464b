package text

import (
	"bytes"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// mender passes the text of one process on as it is, but so that test2json sees each
// marker: where it would take one for output, another one goes before the last
// character of the line. That one is followed by no framing line, and makes no event.
type mender struct {
	escapes  bool
	held     []byte // what of the text is not passed on yet: part of a character, or one before which a marker may have to go
	buffered []byte // what of the current line test2json has in its buffer
	passed   bool   // whether it has passed on what came before that in the line
	mended   []byte
}

// write takes in text and returns what is passed on, valid until the next call.
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

// tail returns what is part of the last line in text, and forgets the line before
// if there is another one.
func (m *mender) tail(text []byte) []byte {
	if end := bytes.LastIndexByte(text, '\n') + 1; end > 0 {
		m.buffered, m.passed = m.buffered[:0], false
		return text[end:]
	}
	return text
}

// line passes text on that a marker follows.
func (m *mender) line(text []byte) {
	tail := m.tail(text)
	if hides(fill(m.buffered, m.passed, tail)) && len(text) > 0 {
		end := len(text) - lastUnit(text, m.escapes)
		m.mended = append(append(m.mended, text[:end]...), framing.Marker)
		text = text[end:]
	}
	m.mended = append(m.mended, text...)
}

// pass passes text on that may go on.
func (m *mender) pass(text []byte) {
	m.mended = append(m.mended, text...)
	m.buffered, m.passed = fill(m.buffered, m.passed, m.tail(text))
}

// end returns what is still to be passed on when the text has ended.
func (m *mender) end() []byte {
	rest := m.held
	m.held = nil
	return rest
}
