package text

import (
	"fmt"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Observer passes the text of one test process on as it is, at once, and takes
// in what its framing lines say. Only where test2json would take the marker of one
// for output, it adds another. Write must be called by one goroutine at a time.
type Observer struct {
	Observed
	out    io.Writer
	err    error
	mender mender
	line   []byte // a framing line that is not complete, without its marker
	inLine bool   // whether there is one
}

// NewObserver returns an observer that writes to out. Of the options it needs
// Observe, Now and Escapes.
func NewObserver(out io.Writer, o Options) *Observer {
	return &Observer{Observed: newObserved(o.Observe, o.Now), out: out, mender: mender{escapes: o.Escapes}}
}

// Write passes text on. It never fails: a process must not stop because nobody
// reads it. Err says what went wrong.
func (o *Observer) Write(text []byte) (int, error) {
	mended := o.mender.write(text)
	o.pass(mended)
	o.read(mended)
	o.tell()
	return len(text), nil
}

// End takes in that the process prints nothing more. It is for the goroutine that
// writes.
func (o *Observer) End() { o.pass(o.mender.end()) }

func (o *Observer) pass(text []byte) {
	if o.err == nil && len(text) > 0 {
		_, o.err = o.out.Write(text)
	}
}

// read takes in the framing lines of text, no escape of which is at its end.
func (o *Observer) read(text []byte) {
	for rest := text; len(rest) > 0; {
		if !o.inLine {
			at := indexMarker(rest, o.mender.escapes)
			if at < 0 {
				break
			}
			o.inLine, rest = true, rest[at+1:]
			continue
		}
		line, end, ok := behindMarker(o.line, rest, 0, o.mender.escapes)
		if ok && end < 0 {
			o.line = line
			break
		}
		if ok {
			rest = rest[end:]
			if f, ok := framing.Parse(line); ok {
				o.see(f)
			}
		}
		o.inLine, o.line = false, o.line[:0]
	}
}

// SkipRunning reports all tests that the process, which has ended, left in their
// middle as skipped, so that each has an end, also those that are paused. The
// note goes to the output of the deepest one. It does what End does, and is for
// the goroutine that writes.
func (o *Observer) SkipRunning(note string) {
	o.mu.Lock()
	names := o.openWhere(func(string, *openTest) bool { return true })
	o.mu.Unlock()
	var text []byte
	for i, name := range names {
		took := o.close(name, "skip")
		text = fmt.Appendf(text, "%c=== NAME  %s\n", framing.Marker, name)
		if i == 0 {
			text = append(text, note...)
		}
		text = fmt.Appendf(text, "%c--- SKIP: %s (%.2fs)\n", framing.Marker, name, took.Seconds())
	}
	if len(names) > 0 {
		text = fmt.Appendf(text, "%c=== NAME  \n", framing.Marker)
	}
	o.pass(o.mender.write(text))
	o.End()
	o.tell()
}

// Err returns the first error of writing to out.
func (o *Observer) Err() error { return o.err }
