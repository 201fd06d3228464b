package text

import (
	"fmt"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Observer passes on the text of one test process unchanged and at once, and follows its
// framing lines. It adds a marker only where test2json would take one for output. Only
// one goroutine at a time may call Write.
type Observer struct {
	Observed
	out    io.Writer
	err    error
	mender mender
	line   []byte // an incomplete framing line, without its marker
	inLine bool   // whether there is one
}

// NewObserver returns an observer that writes to out. It uses the options Observe, Now
// and Escapes.
func NewObserver(out io.Writer, o Options) *Observer {
	return &Observer{Observed: newObserved(o.Observe, o.Now), out: out, mender: mender{escapes: o.Escapes}}
}

// Write passes on text. It never fails, because a process must not stop when its output
// is not read. Err returns the error.
func (o *Observer) Write(text []byte) (int, error) {
	mended := o.mender.write(text)
	o.pass(mended)
	o.read(mended)
	o.tell()
	return len(text), nil
}

// End must be called when the process prints nothing more, by the writing goroutine.
func (o *Observer) End() { o.pass(o.mender.end()) }

func (o *Observer) pass(text []byte) {
	if o.err == nil && len(text) > 0 {
		_, o.err = o.out.Write(text)
	}
}

// read handles the framing lines of text, which does not end with an escape.
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

// SkipRunning reports all tests that the process left unfinished as skipped, including
// paused ones, so that each test has an end. The process has ended. The note is added to
// the output of the deepest test. SkipRunning includes End, and the writing goroutine must
// call it.
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
