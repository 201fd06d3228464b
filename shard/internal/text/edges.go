package text

import (
	"bytes"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Edges keeps the beginning and the end of a text of any length in bounded memory. The
// zero value is ready to use. Only one goroutine at a time may use it.
type Edges struct {
	first, last []byte
	cut         bool // whether something in between was dropped
}

// edgeSize is how much of each edge is kept, in bytes.
const edgeSize = 32 << 10

// Write implements io.Writer. It never fails.
func (e *Edges) Write(text []byte) (int, error) {
	room := min(edgeSize-len(e.first), len(text))
	e.first = append(e.first, text[:room]...)
	e.last = append(e.last, text[room:]...)
	if len(e.last) > 2*edgeSize { // so that each byte is moved only once
		e.cut = true
		e.last = append(e.last[:0], e.last[len(e.last)-edgeSize:]...)
	}
	return len(text), nil
}

// Text returns the kept text, with a note where something was dropped.
func (e *Edges) Text() []byte {
	text := bytes.Clone(e.first)
	if e.cut {
		text = append(text, "\n[the middle of this output is left out here]\n"...)
	}
	return append(text, e.last...)
}

// BehindTests returns the kept text after the last framing line. If the process ran no
// tests or reached its end, that is what it printed outside its tests. escapes is as in
// Options.
func (e *Edges) BehindTests(escapes bool) string {
	text := e.Text()
	for at := indexMarker(text, escapes); at >= 0; at = indexMarker(text, escapes) {
		_, text, _ = bytes.Cut(text[at:], []byte("\n"))
	}
	return withoutMarks(text, escapes)
}

// withoutMarks returns text of a process without the bytes that control test2json: markers,
// error marks, and the escapes of such bytes.
func withoutMarks(text []byte, escapes bool) string {
	kept := text[:0:0]
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case escapes && c == framing.Escape && i+1 < len(text):
			i++
			kept = append(kept, text[i])
		case escapes && (c == framing.ErrorBegin || c == framing.ErrorEnd || c == framing.Escape), c == framing.Marker:
		default:
			kept = append(kept, c)
		}
	}
	return string(kept)
}
