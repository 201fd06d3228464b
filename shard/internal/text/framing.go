package text

import (
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// read splits text into framing lines and the text between them. merge.mu is held, also
// in the functions below and those that handle output.
func (p *Process) read(text []byte) {
	for len(text) > 0 {
		if p.marked {
			text = p.readMarked(text)
			continue
		}
		at := indexMarker(text, p.merge.escapes)
		if at < 0 {
			p.output(text)
			return
		}
		p.output(text[:at])
		p.marked = true
		// The part of the line that has arrived is written at once, together with other
		// output, before the marker ends the line.
		p.endHalf()
		text = text[at+1:]
	}
}

// readMarked handles text after a marker up to the end of the line, and returns the
// rest.
func (p *Process) readMarked(text []byte) []byte {
	line, end, ok := behindMarker(p.pending, text, len(p.suffix), p.merge.escapes)
	switch {
	case !ok:
		p.marked = false // it is output
		return text
	case end < 0:
		p.pending = line
		return nil
	}
	if f, ok := framing.Parse(line); ok {
		p.framing(f, line)
	} else if f, ok := framing.ParseLater(line); ok && p.isOpen(string(f.Name)) {
		p.passFraming(f, line)
	} else {
		p.marked = false
		return text
	}
	p.pending, p.marked = p.pending[:0], false
	return text[end:]
}

// framing handles a framing line.
func (p *Process) framing(f framing.Line, line []byte) {
	m := p.merge
	if p.endsExample(f) {
		p.example = len(p.held)
		return
	}
	if !p.began {
		p.sayEarly()
	}
	p.release()
	p.failed = ""
	p.sayNotes()
	if f.Action == "PASS" || f.Action == "FAIL" {
		p.finished()
		p.see(f)
		return
	}
	p.unwarn()
	p.begin()
	p.atEnd = false
	p.between = f.Ends() || len(f.Name) == 0
	name := p.full(string(f.Name))
	p.half = p.half && name == p.name
	p.name = name
	change := p.see(f)
	if s := p.ofShared(); s != nil && !change.Nested && s.frames(p, f, line, change) {
		p.half = false
		return
	}
	if p.runsAgain(f, change) {
		p.half = false
		return
	}
	if f.Action == "run" {
		delete(p.errors, p.name)
	}
	switch {
	case f.Action == "run" && m.again[p.name]:
		delete(m.again, p.name)
		m.give(p, p.name)
	case f.Ends():
		p.holding = true
		if f.Action == "fail" {
			p.failed = string(f.Name)
			p.notes = notesOf(p.onFail, change)
		}
		p.held = p.appendFraming(append(p.held, framing.Marker), f, line)
	default:
		m.endError(p, p.name)
		m.buf = p.appendFraming(append(m.buf, framing.Marker), f, line)
		m.framed(p, p.name)
	}
}

// passFraming passes on a line that a later Go may print, for the test that it names,
// which then is the current one for package testing. Nothing else changes.
func (p *Process) passFraming(f framing.Line, line []byte) {
	p.release()
	p.sayNotes()
	p.unwarn()
	p.name = p.full(string(f.Name))
	p.merge.give(p, p.name)
	p.merge.endError(p, p.name)
	p.merge.buf = p.appendFraming(append(p.merge.buf, framing.Marker), f, line)
}

// endsExample reports whether f resets the current test and must be held back, because a
// failed example may print its panic after it.
func (p *Process) endsExample(f framing.Line) bool {
	return f.Action == "name" && len(f.Name) == 0 && p.failed != "" && p.example == 0 && strings.HasPrefix(p.failed, "Example")
}

// appendFraming appends a framing line, with the process's suffix added to the name.
func (p *Process) appendFraming(dst []byte, f framing.Line, line []byte) []byte {
	if p.suffix != "" && len(f.Name) > 0 {
		end := f.NameAt + len(framing.Root(f.Name))
		dst = append(append(dst, line[:end]...), p.suffix...)
		line = line[end:]
	}
	dst = append(dst, line...)
	if dst[len(dst)-1] != '\n' { // a marker ended it
		dst = append(dst, '\n')
	}
	return dst
}

// begin records that there was a framing line.
func (p *Process) begin() {
	if !p.began && p == p.merge.first {
		p.merge.settle()
	}
	p.began = true
}

// finished handles the verdict, which is not written here.
func (p *Process) finished() {
	if p.warned && !p.noTests {
		p.noTests = true
		p.merge.noTests++
	}
	p.warned, p.coverage = false, ""
	p.begin()
	p.atEnd, p.between = true, false
	p.name = ""
	if p.merge.turn == p {
		p.merge.give(p, "") // as the verdict would, so that the last test ends
	}
}
