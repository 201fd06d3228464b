package text

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Since Go 1.27 test2json gives the lines between ^O and ^N an error type: error for the
// first line, error-continue for the others. It tracks one error at a time. So if another
// process or test writes in the middle of an error, Merge ends the error and begins it
// again before its next line. A ^O alone before a marker makes the next line
// error-continue and causes no event of its own.
//
//	^O    x_test.go:5: one          error
//	        two^N                   error-continue, ended here
//	^V=== NAME  TestOther
//	other                           no error
//	^O^V=== NAME  TestX
//	        three^N                 error-continue
//
// The newline of a line in an error is written together with the text after it, because
// ^N goes before the newline. An escape (^[) stays together with its character.

// marks are the bytes other than the marker with a meaning in the text of Go 1.27.
var marks = string([]byte{framing.ErrorBegin, framing.ErrorEnd, framing.Escape})

// escapeMarks escapes marks in text of our own.
var escapeMarks = strings.NewReplacer("\x0e", "\x1b\x0e", "\x0f", "\x1b\x0f", "\x1b", "\x1b\x1b")

// endError ends the current error and its line, unless a marker of p for the test name
// continues it.
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

// resume begins the interrupted error again that the current output belongs to, and
// keeps track of errors that begin and end in text.
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

// wholeEscapes returns text with the escape that came before it, and without an
// unfinished escape at its end.
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
