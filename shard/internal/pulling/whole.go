package pulling

import (
	"bytes"
	"io"
	"sync"
)

// whole passes on whole lines, each write of them at once, so that those of several units do not mix.
// Several goroutines may use it.
type whole struct {
	out  io.Writer
	mu   sync.Mutex
	rest []byte // a line without its end
}

func newWhole(out io.Writer) *whole { return &whole{out: out} }

// Write implements io.Writer.
func (w *whole) Write(text []byte) (int, error) {
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
func (w *whole) Close() error {
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
func (w *whole) Unwrap() io.Writer { return w.out }
