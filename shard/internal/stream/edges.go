package stream

import "slices"

// edges keeps the beginning and the end of a text, so that a text of any length needs
// bounded memory. The zero value is ready.
type edges struct {
	first, last []byte
	cut         bool // whether something between them was dropped
}

// edgeSize is how much of each edge is kept, in bytes.
const edgeSize = 32 << 10

func (e *edges) add(text []byte) {
	room := min(edgeSize-len(e.first), len(text))
	e.first = append(e.first, text[:room]...)
	e.last = append(e.last, text[room:]...)
	if len(e.last) > 2*edgeSize { // so that each byte is moved once
		e.cut = true
		e.last = append(e.last[:0], e.last[len(e.last)-edgeSize:]...)
	}
}

// text returns what is kept, with a line where something was dropped.
func (e *edges) text() []byte {
	if !e.cut {
		return slices.Concat(e.first, e.last)
	}
	return slices.Concat(e.first, []byte("\n[the middle of this output is left out here]\n"), e.last)
}
