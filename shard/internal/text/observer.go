package text

import (
	"bytes"
	"fmt"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Observer passes on the text of one test process unchanged, and follows its framing lines.
// It passes on all text at once, except for a framing line, which it passes on whole. It
// adds a marker only where test2json would take one for output, and the lines of
// Options.OnFail. Only one goroutine at a time may call Write.
type Observer struct {
	Observed
	out    io.Writer
	err    error
	onFail func(test string) string
	mender mender
	line   []byte // an incomplete framing line, without its marker
	inLine bool   // whether there is one
	notes  string // about the test that has failed last, to be passed on after its output
	buf    []byte // to be passed on by this call
	half   bool   // whether what was passed on ends within a line
	inside bool   // whether what it prints belongs to a test
	spoke  bool   // whether it has printed words outside its tests
}

// NewObserver returns an observer that writes to out. It uses the options Observe, OnFail,
// Now and Escapes.
func NewObserver(out io.Writer, o Options) *Observer {
	return &Observer{Observed: newObserved(o.Observe, o.Now), out: out, onFail: o.OnFail, mender: mender{escapes: o.Escapes}}
}

// Write passes on text. It never fails, because a process must not stop when its output
// is not read. Err returns the error.
func (o *Observer) Write(text []byte) (int, error) {
	o.read(o.mender.write(text))
	o.flush()
	o.tell()
	return len(text), nil
}

// End must be called when the process prints nothing more, by the writing goroutine.
func (o *Observer) End() {
	o.read(o.mender.end())
	if o.inLine {
		o.endLine()
	}
	o.sayNotes()
	o.flush()
}

// flush passes on what was collected.
func (o *Observer) flush() {
	if len(o.buf) == 0 {
		return
	}
	o.half = o.buf[len(o.buf)-1] != '\n'
	if o.err == nil {
		_, o.err = o.out.Write(o.buf)
	}
	o.buf = o.buf[:0]
}

// read collects text and handles its framing lines. The text does not end with an escape.
func (o *Observer) read(text []byte) {
	for len(text) > 0 {
		if !o.inLine {
			at := indexMarker(text, o.mender.escapes)
			if at < 0 {
				o.words(text)
				return
			}
			o.words(text[:at])
			o.inLine, text = true, text[at+1:]
			continue
		}
		line, end, ok := behindMarker(o.line, text, 0, o.mender.escapes)
		if ok && end < 0 {
			o.line = line
			return
		}
		if ok {
			o.line, text = line, text[end:]
			if f, ok := framing.Parse(line); ok {
				o.sayNotes()
				o.inside = len(f.Name) > 0
				o.notes = notesOf(o.onFail, o.see(f))
			}
		}
		o.endLine()
	}
}

// words collects what is no framing line.
func (o *Observer) words(text []byte) {
	if len(text) > 0 {
		o.prints()
	}
	o.buf = append(o.buf, text...)
	if !o.inside && !o.spoke {
		words := bytes.TrimSpace(text)
		o.spoke = len(words) > 0 && !bytes.HasPrefix(words, []byte("coverage: "))
	}
}

// endLine collects the framing line, or what began like one.
func (o *Observer) endLine() {
	o.buf = append(append(o.buf, framing.Marker), o.line...)
	o.inLine, o.line = false, nil
}

// sayNotes collects the notes about a failed test, which come after all that it printed.
func (o *Observer) sayNotes() {
	if o.notes == "" {
		return
	}
	o.fullLine()
	o.buf = append(o.buf, o.notes...)
	o.notes = ""
}

// fullLine ends the line of the process, so that a note is on a line of its own.
func (o *Observer) fullLine() {
	if n := len(o.buf); n > 0 && o.buf[n-1] != '\n' || n == 0 && o.half {
		o.buf = append(o.buf, '\n')
	}
}

// SkipRunning reports all tests that the process left unfinished as skipped, including
// paused ones, so that each test has an end. The process has ended. The note is added to
// the output of each of them without such a subtest. SkipRunning includes End, and the
// writing goroutine must call it.
func (o *Observer) SkipRunning(note string) {
	o.mu.Lock()
	names := o.openWhere(func(string, *openTest) bool { return true })
	o.mu.Unlock()
	var text []byte
	parents := map[string]bool{}
	for _, name := range names {
		took := o.close(name, "skip")
		text = fmt.Appendf(text, "%c=== NAME  %s\n", framing.Marker, name)
		if !parents[name] {
			text = append(text, note...)
		}
		addParents(parents, name)
		text = fmt.Appendf(text, "%c--- SKIP: %s (%.2fs)\n", framing.Marker, name, took.Seconds())
	}
	if len(names) > 0 {
		text = fmt.Appendf(text, "%c=== NAME  \n", framing.Marker)
	}
	o.endWith(text)
	o.tell()
}

// NoteRunning adds the lines of Options.OnFail to the tests that the process, which has
// ended, left running. They get no end: the go command's consumers know them as failed. It
// includes End, and the writing goroutine must call it.
func (o *Observer) NoteRunning() {
	names := o.Running()
	var text []byte
	parents := map[string]bool{}
	for _, name := range names {
		if notes := o.onFail(name); !parents[name] && notes != "" {
			text = fmt.Appendf(text, "%c=== NAME  %s\n%s", framing.Marker, name, notes)
		}
		addParents(parents, name)
	}
	o.endWith(text)
}

// endWith is End with whole lines of our own after what the process printed.
func (o *Observer) endWith(text []byte) {
	if o.inLine {
		o.endLine()
	}
	o.buf = append(o.buf, o.mender.end()...)
	o.sayNotes()
	if len(text) > 0 {
		o.fullLine()
	}
	o.buf = append(o.buf, text...)
	o.flush()
}

// Silent reports whether the process has printed nothing outside its tests but the verdict and
// the coverage. The writing goroutine must call it.
func (o *Observer) Silent() bool { return !o.spoke }

// Err returns the first error of writing to out.
func (o *Observer) Err() error { return o.err }
