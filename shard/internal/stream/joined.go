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
	line   []byte // the current one
	joined []byte // reused
	text   []byte // reused
	lines  []byte
	err    error
}

// NewJoined returns the lines of in. They are joined only if joins is set.
func NewJoined(in io.Reader, joins bool) *Joined {
	return &Joined{in: in, joins: joins, buf: make([]byte, maxScan)}
}

// Lines returns the lines that the current line was made of, without the last newline;
// nil for an unchanged line. They are valid until the next call of Next.
func (j *Joined) Lines() []byte { return j.lines }

// Next returns the next line with its newline, which the last one of a stream may not have.
// It is valid until the next call.
func (j *Joined) Next() ([]byte, error) {
	j.lines = nil
	end := 0
	for end == 0 {
		if end = bytes.IndexByte(j.data, '\n') + 1; end > 0 {
			break
		}
		if j.err != nil {
			if len(j.data) == 0 {
				return nil, j.err
			}
			j.line, j.data = j.data, nil
			return j.line, nil
		}
		j.fill()
	}
	j.line, j.data = j.data[:end], j.data[end:]
	if !j.joins {
		return j.line, nil
	}
	if first, ok := parseOutput(j.line); ok {
		j.join(first)
	}
	return j.line, nil
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
func (j *Joined) join(first outputLine) {
	size, length := len(j.line), len(j.line)
	latest := first // testjson takes the latest time of all events for the end of a run
	j.text = append(j.text[:0], first.text...)
	for rest := j.data; ; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			break
		}
		next, ok := first.goesOn(rest[:end])
		if !ok || size+len(next.text) > maxLine {
			break
		}
		j.text = append(j.text, next.text...)
		if next.time.After(latest.time) {
			latest = next
		}
		rest = rest[end:]
		size += len(next.text)
		length += end
	}
	if length == len(j.line) {
		return
	}
	j.joined = append(append(append(j.joined[:0], latest.head...), j.text...), first.tail...)
	lines := j.line[:length] // data follows it
	j.lines = lines[:length-1]
	j.data = j.data[length-len(j.line):]
	j.line = j.joined
}

// outputLine is an output event of a test, in test2json's form.
type outputLine struct {
	time time.Time // zero for none
	head []byte    // the part before the text, starting with the time
	key  []byte    // head without the time
	text []byte    // as in the line, with \n at its end
	tail []byte    // the part after the text, with the line's newline
}

// parseOutput splits a line, and returns false for one that must not be joined. The time is
// decoded last, because that takes longest and most lines stay separate for another reason.
func parseOutput(line []byte) (outputLine, bool) {
	at, rest, ok := cutTime(line)
	if !ok {
		return outputLine{}, false
	}
	key := rest
	for _, name := range []string{`"Action":"output","Package":"`, `,"Test":"`} {
		if rest, ok = bytes.CutPrefix(rest, []byte(name)); ok {
			_, rest, ok = cutString(rest)
		}
		if !ok {
			return outputLine{}, false
		}
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(`,"Output":"`)); !ok {
		return outputLine{}, false
	}
	o := outputLine{head: line[:len(line)-len(rest)], key: key[:len(key)-len(rest)]}
	if !o.setText(rest) || !isTail(o.tail[1:]) || !o.setTime(at) {
		return outputLine{}, false
	}
	return o, true
}

// goesOn splits a line, and returns false unless it has output of the same test.
func (o outputLine) goesOn(line []byte) (outputLine, bool) {
	at, rest, ok := cutTime(line)
	if ok {
		rest, ok = bytes.CutPrefix(rest, o.key)
	}
	if !ok {
		return outputLine{}, false
	}
	next := outputLine{head: line[:len(line)-len(rest)], key: o.key}
	ok = next.setText(rest) && bytes.Equal(next.tail, o.tail) && next.setTime(at)
	return next, ok
}

// cutTime separates the time of an event, nil if it has none, from its other keys.
func cutTime(line []byte) (at, rest []byte, ok bool) {
	rest, ok = bytes.CutPrefix(line, []byte(`{"Time":"`))
	if !ok {
		rest, ok = bytes.CutPrefix(line, []byte(`{`))
		return nil, rest, ok
	}
	at, rest, ok = cutString(rest)
	if !ok {
		return nil, nil, false
	}
	rest, ok = bytes.CutPrefix(rest, []byte(","))
	return at, rest, ok
}

// setTime decodes the time of an event that cutTime returned.
func (o *outputLine) setTime(at []byte) bool { return at == nil || o.time.UnmarshalText(at) == nil }

// setText splits the part after the quote that begins the text.
func (o *outputLine) setText(rest []byte) bool {
	text, behind, ok := cutString(rest)
	if !ok || !isLine(text) || isSpecial(text) {
		return false
	}
	o.text, o.tail = text, rest[len(rest)-len(behind)-1:]
	return true
}

// cutString separates a JSON string, whose first quote has been removed, from the part
// after it. It accepts only valid JSON. Invalid lines go to testjson unchanged, which
// reports the error.
func cutString(line []byte) (text, rest []byte, ok bool) {
	end, _ := stringEnd(line, 0)
	if end < 0 {
		return nil, nil, false
	}
	return line[:end], line[end+1:], true
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

// isTail reports whether the part after a text has no key that testjson knows.
func isTail(rest []byte) bool {
	for {
		if string(rest) == "}\n" {
			return true
		}
		ok := false
		for _, key := range []string{`,"OutputType":"`, `,"Worker":"`} {
			var behind []byte
			if behind, ok = bytes.CutPrefix(rest, []byte(key)); ok {
				rest = behind
				break
			}
		}
		if ok {
			_, rest, ok = cutString(rest)
		}
		if !ok {
			return false
		}
	}
}
