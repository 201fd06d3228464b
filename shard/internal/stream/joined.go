package stream

import (
	"bytes"
	"io"
	"time"
)

// Joined is a go test -json stream for testjson, in which consecutive lines of a test's
// output may be one event. testjson keeps a string for each event: 50 MB of output in lines
// of two bytes would need more than a gigabyte there.
//
// Only lines that have already arrived are joined, and only if joining them makes no
// difference to readers of the text. Lines with a meaning as single events, such as a
// framing line or the first line of a panic, stay separate.
type Joined struct {
	in     io.Reader
	joins  bool
	buf    []byte
	data   []byte // the part of buf not returned yet
	line   Line   // the current one
	joined []byte // reused
	text   []byte // reused
	lines  []byte
	err    error
}

// Line is a line of a Joined stream.
type Line struct {
	// Text is the line with its newline, which the last one of a stream may not have.
	Text    []byte
	header  header
	scanned bool // otherwise only encoding/json can read it
}

// NewLine returns a line with a text.
func NewLine(text []byte) *Line {
	var l Line
	l.scan(text)
	return &l
}

func (l *Line) scan(text []byte) { l.Text, l.scanned = text, scanHeader(text, &l.header) }

// NewJoined returns the lines of in. They are joined only if joins is set.
func NewJoined(in io.Reader, joins bool) *Joined {
	return &Joined{in: in, joins: joins, buf: make([]byte, maxScan)}
}

// Lines returns the lines that the current line was made of, without the last newline;
// nil for an unchanged line. They are valid until the next call of Next.
func (j *Joined) Lines() []byte { return j.lines }

// Next returns the next line. It is valid until the next call.
func (j *Joined) Next() (*Line, error) {
	j.lines = nil
	if err := j.take(); err != nil {
		return nil, err
	}
	if j.joins && j.line.isText() {
		j.join()
	}
	return &j.line, nil
}

// take makes the next line the current one.
func (j *Joined) take() error {
	end := 0
	for end == 0 {
		if end = bytes.IndexByte(j.data, '\n') + 1; end > 0 {
			break
		}
		if j.err != nil {
			if end = len(j.data); end == 0 {
				return j.err
			}
			break
		}
		j.fill()
	}
	j.line.scan(j.data[:end])
	j.data = j.data[end:]
	return nil
}

// fill reads more after a partial line.
func (j *Joined) fill() {
	if len(j.data) == len(j.buf) {
		j.buf = append(j.data, make([]byte, len(j.data))...)
	} else {
		copy(j.buf, j.data)
	}
	have := len(j.data)
	n, err := j.in.Read(j.buf[have:])
	j.data, j.err = j.buf[:have+n], err
}

// join joins the current line with the lines after it that continue its output.
func (j *Joined) join() {
	line := &j.line
	size, rest := len(line.Text), j.data
	head, latest := line.Text[:line.header.outputStart], time.Time{}
	j.text = append(j.text[:0], line.header.output...)
	for {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			break
		}
		next, ok := line.goesOn(rest[:end])
		if !ok || size+len(next.text) > maxLine {
			break
		}
		j.text = append(j.text, next.text...)
		if latest.IsZero() {
			_ = latest.UnmarshalText(line.header.time) // isTime accepts only what it decodes
		}
		if next.time.After(latest) { // testjson takes the latest time of all events for the end of a run
			latest, head, line.header.time = next.time, next.head, next.rawTime
		}
		rest = rest[end:]
		size += len(next.text)
	}
	length := len(j.data) - len(rest)
	if length == 0 {
		return
	}
	j.lines = line.Text[:len(line.Text)+length-1] // data follows it
	j.data = rest
	j.joined = append(append(append(j.joined[:0], head...), j.text...), line.tail()...)
	line.Text, line.header.output = j.joined, j.text
}

// isText reports whether a line is output of a test that has no meaning as a single event.
func (l *Line) isText() bool {
	h := &l.header
	return l.scanned && string(h.action) == "output" && len(h.test) > 0 && isLine(h.output) && !isSpecial(h.output)
}

// tail is the part after the output.
func (l *Line) tail() []byte { return l.Text[l.header.outputStart+len(l.header.output):] }

// continued is a line that continues another one.
type continued struct {
	head    []byte // the part before the output
	time    time.Time
	rawTime []byte
	text    []byte // the output, with its escapes
}

// goesOn splits a line, and returns false unless it is the same as l with other output, which may
// be joined, and another time.
func (l *Line) goesOn(line []byte) (next continued, ok bool) {
	rest := line
	if l.header.timeEnd > 0 {
		if rest, ok = bytes.CutPrefix(rest, []byte(`{"Time":"`)); !ok {
			return next, false
		}
		end := bytes.IndexByte(rest, '"')
		if end < 0 || next.time.UnmarshalText(rest[:end]) != nil {
			return next, false
		}
		next.rawTime, rest = rest[:end], rest[end+1:]
	}
	if rest, ok = bytes.CutPrefix(rest, l.Text[l.header.timeEnd:l.header.outputStart]); !ok {
		return next, false
	}
	end, _ := stringEnd(rest, 0)
	if end < 0 || !bytes.Equal(rest[end:], l.tail()) {
		return next, false
	}
	next.head, next.text = line[:len(line)-len(rest)], rest[:end]
	return next, isLine(next.text) && !isSpecial(next.text)
}

// isLine reports whether text, in JSON form, ends with a newline.
func isLine(text []byte) bool {
	line, ok := bytes.CutSuffix(text, []byte("n"))
	return ok && (len(line)-len(bytes.TrimRight(line, `\`)))%2 == 1
}

// isSpecial reports whether text, in JSON form, may have a meaning as a single event:
// framing, what testjson takes for the beginning of a panic or a data race, or a note of our own.
func isSpecial(text []byte) bool {
	rest := bytes.TrimLeft(text, " ")
	switch rest[0] { // there is at least the newline
	case '=', '-':
		return true
	case 'p':
		return bytes.HasPrefix(rest, []byte("panic: "))
	case 'g':
		return bytes.HasPrefix(rest, []byte("gotestshard: "))
	case 'W':
		return bytes.HasPrefix(rest, []byte("WARNING: DATA RACE"))
	case '\\':
		// A letter may be written as an escape. The characters that the go command writes
		// as escapes begin nothing special.
		return rest[1] == 'u' && !bytes.HasPrefix(rest, []byte(`\u001b`)) && !bytes.HasPrefix(rest, []byte(`\u003c`)) &&
			!bytes.HasPrefix(rest, []byte(`\u003e`)) && !bytes.HasPrefix(rest, []byte(`\u0026`))
	}
	return false
}
