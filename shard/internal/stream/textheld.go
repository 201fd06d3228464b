package stream

import "bytes"

// write writes output of the current test, or holds it behind the test's end.
func (p *TextProcess) write(text []byte) {
	p.keepOutside(text)
	if !p.hold(text) {
		p.keepBefore(text)
		p.text.give(p, p.name)
		p.text.put(text)
	}
}

// endHalf writes a line that has no end, before a marker.
func (p *TextProcess) endHalf() {
	if len(p.pending) > 0 {
		p.writeHalf(p.pending)
	}
	p.pending, p.cut = p.pending[:0], false
}

// writeHalf is write for a line that has no end yet.
func (p *TextProcess) writeHalf(text []byte) {
	p.keepOutside(text)
	if !p.hold(text) {
		p.keepBefore(text)
		p.text.give(p, p.name)
		p.text.writeHalf(text)
	}
}

// keepBefore keeps what is written before the first framing line, to compare it with
// what others say.
func (p *TextProcess) keepBefore(text []byte) {
	if p.began {
		return
	}
	if len(p.before) < maxHeldEnd {
		p.before = append(p.before, text...)
	}
	if p == p.text.first {
		p.text.sayLater(false)
	}
}

// keepOutside keeps what is written outside all tests, for Outside.
func (p *TextProcess) keepOutside(text []byte) {
	if p.name == "" {
		_, _ = p.beside.Write(text)
	}
}

// hold holds output behind the end of a test or before the first one, if there is
// such a place and there is room.
func (p *TextProcess) hold(text []byte) bool {
	p.unwarn()
	if p.holding && len(p.held)+len(text) <= maxHeldEnd {
		p.held = append(p.held, text...)
		return true
	}
	p.release()
	return false
}

// release writes what was held.
func (p *TextProcess) release() {
	if !p.holding {
		return
	}
	t := p.text
	held := p.held
	if !p.early { // it begins with the line that ends the test
		end := bytes.IndexByte(held, '\n') + 1
		t.endError(p, p.name)
		t.buf = append(t.buf, held[:end]...)
		t.framed(p, p.name)
		held = held[end:]
		if p.example > 0 {
			p.releaseText(held[:p.example-end])
			held = held[p.example-end:]
			p.name = ""
			t.give(p, "")
		}
	} else if len(held) > 0 {
		t.give(p, p.name)
	}
	p.early = false
	p.releaseText(held)
	p.held, p.holding, p.failed, p.example = p.held[:0], false, "", 0
}

// releaseText writes output that was held, the last line of which may have no end.
func (p *TextProcess) releaseText(text []byte) {
	end := bytes.LastIndexByte(text, '\n') + 1
	p.text.put(text[:end])
	p.text.writeHalf(text[end:])
}
