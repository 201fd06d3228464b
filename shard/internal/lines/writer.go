package lines

import (
	"bytes"
	"io"
	"sync"
)

// Writer passes on whole lines, those of a write at once, so that the lines of several writers do not mix.
// Several goroutines may use it.
type Writer struct {
	out  io.Writer
	mu   sync.Mutex
	rest []byte // a line without its end
}

// NewWriter returns a Writer to out. Close must be called.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Write implements io.Writer.
func (w *Writer) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := bytes.LastIndexByte(text, '\n') + 1
	if end == 0 {
		w.rest = append(w.rest, text...)
		return len(text), nil
	}
	_, err := w.out.Write(append(w.rest, text[:end]...))
	w.rest = append(w.rest[:0], text[end:]...)
	if err != nil {
		return 0, err
	}
	return len(text), nil
}

// Close writes what has no end as a line.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rest) == 0 {
		return nil
	}
	_, err := w.out.Write(append(w.rest, '\n'))
	w.rest = nil
	return err
}

// Unwrap returns what it writes to, for ci.LogOf.
func (w *Writer) Unwrap() io.Writer { return w.out }
