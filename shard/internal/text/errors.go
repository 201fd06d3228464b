package text

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Since Go 1.27 test2json gives the lines between ^O and ^N the type of an error: its
// first line error, the others error-continue. It knows one error at a time. So where
// the turn changes in the middle of one, Merge ends it, and begins it again before the
// next of its lines: ^O alone before a marker makes that one error-continue, and no
// event of its own.
//
//	^O    x_test.go:5: one          error
//	        two^N                   error-continue, ended here
//	^V=== NAME  TestOther
//	other                           no error
//	^O^V=== NAME  TestX
//	        three^N                 error-continue
//
// The newline of a line in an error is written with what comes next, as ^N goes before
// it. An escape (^[) stays together with its character.

// marks are the bytes that have a meaning in the text of Go 1.27, but for the marker.
var marks = string([]byte{framing.ErrorBegin, framing.ErrorEnd, framing.Escape})

// escapeMarks escapes marks in text of our own.
var escapeMarks = strings.NewReplacer("\x0e", "\x1b\x0e", "\x0f", "\x1b\x0f", "\x1b", "\x1b\x1b")

// endError ends the error that was begun, before a marker of p in the test name, if it
// is not one in which that goes on; and the line.
func (m *Merge) endError(p *Process, name string) {
	if m.inError && (p == nil || m.turn != p || m.name != name || !p.errors[name]) {
		m.buf, m.inError = append(m.buf, framing.ErrorEnd), false
	}
	m.endLine()
}

func (m *Merge) endLine() {
	if m.owed {
		m.buf, m.owed = append(m.buf, '\n'), false
	}
}

// resume begins the error again that output of whose turn it is goes on with, and takes
// note of those that begin and end in it.
func (m *Merge) resume(text []byte) {
	p := m.turn
	if !m.escapes || p == nil {
		return
	}
	m.endLine()
	if !m.inError && p.errors[m.name] {
		m.buf, m.inError = append(m.buf, framing.ErrorBegin), true
		m.nameLine(m.name)
	}
	for {
		at := bytes.IndexAny(text, marks)
		if at < 0 {
			break
		}
		next := at + 1
		switch text[at] {
		case framing.ErrorBegin:
			m.inError = true
		case framing.ErrorEnd:
			m.inError = false
		default:
			next++
		}
		text = text[min(next, len(text)):]
	}
	switch {
	case !m.inError:
		delete(p.errors, m.name)
	case p.errors == nil:
		p.errors = map[string]bool{m.name: true}
	default:
		p.errors[m.name] = true
	}
}

// wholeEscapes returns text behind an escape that came before, and without one at its
// end.
func (p *Process) wholeEscapes(text []byte) []byte {
	if !p.merge.escapes || len(text) == 0 {
		return text
	}
	if p.escaped {
		text = slices.Concat([]byte{framing.Escape}, text)
	}
	if p.escaped = dangles(text); p.escaped {
		text = text[:len(text)-1]
	}
	return text
}
