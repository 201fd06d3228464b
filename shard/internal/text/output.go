package text

import "bytes"

// output handles text without a marker.
func (p *Process) output(text []byte) {
	if end := bytes.LastIndexByte(text, '\n') + 1; end > 0 {
		lines := text[:end]
		text = text[end:]
		if !p.began || p.atEnd || p.between {
			p.outside(lines)
		} else {
			if len(p.pending) > 0 {
				p.write(p.pending)
			}
			p.write(lines)
		}
		p.pending, p.cut = p.pending[:0], false
	}
	p.pending = append(p.pending, text...)
	if len(p.pending) < maxHalfLine {
		return
	}
	if part := beforeMarker(p.pending[:wholeUnits(p.pending, p.merge.escapes)], p.merge.escapes); part > 0 {
		p.writeHalf(p.pending[:part])
		p.pending = p.pending[:copy(p.pending, p.pending[part:])]
		p.cut = true
	}
}

// outside handles lines, the first of which begins with pending, before the first test,
// between two tests or after the verdict. Some of these lines are not written.
func (p *Process) outside(lines []byte) {
	for line := range bytes.Lines(lines) {
		whole := line
		if len(p.pending) > 0 {
			whole = append(p.pending, line...)
			p.pending = p.pending[:0]
		}
		if p.cut || !p.takeOut(whole) {
			p.write(whole)
		}
		p.cut = false
	}
}
