package text

import (
	"bytes"
	"cmp"
)

// write writes output of the current test, or holds it back after the test's end.
func (p *Process) write(text []byte) {
	p.keepOutside(text)
	if !p.aside(text) && !p.hold(text) {
		p.keepBefore(text)
		p.merge.give(p, p.name)
		p.merge.put(text)
		p.half = false
	}
}

// endHalf writes an unfinished line before a marker.
func (p *Process) endHalf() {
	if len(p.pending) > 0 {
		p.writeHalf(p.pending)
	}
	p.pending, p.cut = p.pending[:0], false
}

// writeHalf is write for an unfinished line.
func (p *Process) writeHalf(text []byte) {
	p.keepOutside(text)
	if !p.aside(text) && !p.hold(text) {
		p.keepBefore(text)
		p.merge.give(p, p.name)
		p.merge.writeHalf(text)
		p.half = true
	}
}

// keepBefore keeps what is written before the first framing line, to compare it with
// the other processes.
func (p *Process) keepBefore(text []byte) {
	if p.began {
		return
	}
	if len(p.before) < maxHeldEnd {
		p.before = append(p.before, text...)
	}
	if p == p.merge.first {
		p.merge.sayLater(false)
	}
}

// keepOutside keeps what is written outside all tests, for Outside, and notes who wrote it.
func (p *Process) keepOutside(text []byte) {
	p.prints()
	if p.name == "" {
		_, _ = p.beside.Write(text)
	}
}

// hold holds back output after the end of a test or before the first one. It returns
// false elsewhere, or if there is no room.
func (p *Process) hold(text []byte) bool {
	p.unwarn()
	if p.holding && len(p.held)+len(text) <= maxHeldEnd {
		p.held = append(p.held, text...)
		return true
	}
	p.release()
	return false
}

// release writes the held output.
func (p *Process) release() {
	if !p.holding {
		return
	}
	m := p.merge
	held := p.held
	if !p.early { // it begins with the line that ends the test
		end := bytes.IndexByte(held, '\n') + 1
		m.endError(p, p.name)
		m.buf = append(m.buf, held[:end]...)
		m.framed(p, p.name)
		held = held[end:]
		if p.example > 0 {
			p.releaseText(held[:p.example-end])
			p.sayNotes()
			held = held[p.example-end:]
			p.name = ""
			m.give(p, "")
		}
	} else if len(held) > 0 {
		m.give(p, p.name)
	}
	p.early = false
	p.releaseText(held)
	p.held, p.holding, p.failed, p.example = p.held[:0], false, "", 0
}

// sayNotes writes the notes about a failed test, which come after all that it printed.
func (p *Process) sayNotes() {
	m := p.merge
	if p.notes == "" {
		return
	}
	if s := p.ofShared(); s != nil && p.name == s.name {
		s.notes = cmp.Or(s.notes, p.notes)
		p.notes = ""
		return
	}
	if !m.half || m.turn != p || m.name != p.name {
		m.give(p, p.name)
	} // otherwise "=== NAME" would come after the end of the test
	if p.half {
		m.put([]byte("\n"))
		p.half, m.half = false, false
	}
	m.lines(p.notes)
	p.notes = ""
}

// releaseText writes held output, whose last line may be unfinished.
func (p *Process) releaseText(text []byte) {
	end := bytes.LastIndexByte(text, '\n') + 1
	p.merge.put(text[:end])
	p.merge.writeHalf(text[end:])
	p.half = end < len(text)
}
