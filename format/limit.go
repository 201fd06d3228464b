package format

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
)

// Limit is how much of the output of one test is shown. The zero value shows all of it.
type Limit struct{ Lines, Bytes int }

// ScreenLimit is the limit for a terminal or the log of a CI.
var ScreenLimit = Limit{Lines: 400, Bytes: report.LongestOutput}

// Write writes pieces to out, without the middle if they are above the limit. rest are the
// words for where all of it is.
func (l Limit) Write(out io.Writer, pieces []string, rest string) error {
	w := l.writer(out, rest)
	for _, piece := range pieces {
		if _, err := io.WriteString(w, piece); err != nil {
			return err
		}
	}
	return w.flush()
}

// limited writes text up to a limit: the first half of it at once, and the last half when it
// is flushed. So it needs little more memory than the limit.
type limited struct {
	Limit
	out         io.Writer
	rest        string
	lines, size int    // of what is written
	full        bool   // whether the first half is written
	tail        []byte // not written yet; before the first half is full, a part of a line
	tailLines   int
	leftOut     int  // number of lines
	within      bool // whether the first half ends within a line
	cutLine     bool // whether a part of the line is left out before the tail
}

func (l Limit) writer(out io.Writer, rest string) *limited {
	return &limited{Limit: l, out: out, rest: rest}
}

// Write implements io.Writer.
func (w *limited) Write(text []byte) (int, error) {
	if w.Lines == 0 {
		return w.out.Write(text)
	}
	w.tail = append(w.tail, text...)
	if !w.full {
		if err := w.writeHead(); err != nil {
			return 0, err
		}
	} else {
		w.tailLines += bytes.Count(text, []byte{'\n'})
	}
	if len(w.tail) > 2*w.Bytes || w.tailLines > 2*w.Lines {
		w.shorten()
	}
	return len(text), nil
}

// WriteString implements io.StringWriter. Without a limit, it makes no copy.
func (w *limited) WriteString(text string) (int, error) {
	if w.Lines == 0 {
		return io.WriteString(w.out, text)
	}
	return w.Write([]byte(text))
}

// writeHead writes whole lines as long as they belong to the first half, and the beginning of a
// line that is too long for it: it may have the reason of a failure.
func (w *limited) writeHead() error {
	head := 0
	for !w.full {
		n := bytes.IndexByte(w.tail[head:], '\n') + 1
		if n == 0 && len(w.tail)-head <= w.Bytes/2 {
			break // the rest of the line may follow
		}
		if n == 0 || w.lines == w.Lines/2 || w.size+n > w.Bytes/2 {
			w.full = true
			if room := w.Bytes/2 - w.size; w.lines < w.Lines/2 && room > w.Bytes/4 {
				for room > 0 && !utf8.RuneStart(w.tail[head+room]) {
					room--
				}
				head, w.within = head+room, room > 0
			}
			w.tailLines = bytes.Count(w.tail[head:], []byte{'\n'})
			break
		}
		head, w.size, w.lines = head+n, w.size+n, w.lines+1
	}
	if head == 0 {
		return nil
	}
	_, err := w.out.Write(w.tail[:head])
	w.tail = append(w.tail[:0], w.tail[head:]...)
	return err
}

// shorten leaves out the oldest lines of the tail that are above the limit.
func (w *limited) shorten() {
	drop := 0
	for w.tailLines > (w.Lines+1)/2 || len(w.tail)-drop > w.Bytes/2 {
		n := bytes.IndexByte(w.tail[drop:], '\n') + 1
		if n == 0 || n == len(w.tail)-drop { // it is one line
			drop, w.cutLine = max(drop, len(w.tail)-w.Bytes/2), true
			break
		}
		drop += n
		w.tailLines--
		w.leftOut++
		w.cutLine = false
	}
	w.tail = append(w.tail[:0], w.tail[drop:]...)
}

// flush writes the rest. What is written next is another text.
func (w *limited) flush() error {
	if w.full {
		w.shorten()
	}
	text := w.tail
	if w.cutLine {
		text = bytes.ToValidUTF8(text, nil)
	}
	if w.leftOut > 0 || w.cutLine {
		what, before := plain.Counted(w.leftOut, "line"), ""
		if w.leftOut == 0 {
			what = "part of a line"
		}
		if w.within {
			before = "…\n"
		}
		text = append(fmt.Appendf(nil, "%s... %s left out; all of it: %s\n", before, what, w.rest), text...)
	}
	var err error
	if len(text) > 0 {
		_, err = w.out.Write(text)
	}
	*w = limited{Limit: w.Limit, out: w.out, rest: w.rest, tail: w.tail[:0]}
	return err
}
