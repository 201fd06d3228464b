package stream

import (
	"bytes"
	"io"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/lines"
)

// Joined is a go test -json stream for testjson, in which lines of output that a test
// printed one after another are one event. testjson keeps a string for each event: 50
// MB of output in lines of two bytes would be more than a gigabyte there.
//
// Only lines are joined that have come already, and only those that are the same to
// whoever reads the joined text: lines that nobody looks at as an event of their own,
// such as a framing line or the first line of a panic, stay alone.
//
// A Read returns at most one line, and so whoever handles each line before reading on
// may ask with Lines what it was made of.
type Joined struct {
	*lines.Pieces
	in     io.Reader
	buf    []byte
	data   []byte // what of buf is not handed out yet
	line   []byte // the current one
	joined []byte // used again and again
	text   []byte // used again and again
	lines  []byte
	err    error
}

// NewJoined returns the joined stream of in.
func NewJoined(in io.Reader) *Joined {
	j := &Joined{in: in, buf: make([]byte, maxScan)}
	j.Pieces = lines.NewPieces(j.next)
	return j
}

// Lines are the lines that the current line was made of, without the last newline;
// nil for a line that is as it came. They are valid until the next Read.
func (j *Joined) Lines() []byte { return j.lines }

// next goes on to the next line. The last one of a stream may have no newline.
func (j *Joined) next() ([]byte, error) {
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
	if first, ok := parseOutput(j.line); ok {
		j.join(first)
	}
	return j.line, nil
}

// fill reads more behind a part of a line.
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

// join joins the current line with those behind it that go on with its output.
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

// outputLine is an output event of a test in the form of test2json.
type outputLine struct {
	time time.Time // zero for none
	head []byte    // up to the text, the time first
	key  []byte    // head without the time
	text []byte    // as it is in the line, with \n at its end
	tail []byte    // behind the text, with the line's newline
}

// parseOutput takes a line apart, and returns false for one that is not to be joined.
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
	o := outputLine{time: at, head: line[:len(line)-len(rest)], key: key[:len(key)-len(rest)]}
	if !o.setText(rest) || !isTail(o.tail[1:]) {
		return outputLine{}, false
	}
	return o, true
}

// goesOn takes a line apart that has output of the same test.
func (o outputLine) goesOn(line []byte) (outputLine, bool) {
	at, rest, ok := cutTime(line)
	if ok {
		rest, ok = bytes.CutPrefix(rest, o.key)
	}
	if !ok {
		return outputLine{}, false
	}
	next := outputLine{time: at, head: line[:len(line)-len(rest)], key: o.key}
	return next, next.setText(rest) && bytes.Equal(next.tail, o.tail)
}

// cutTime cuts the time of an event, if it has one, and the rest of its keys apart.
func cutTime(line []byte) (at time.Time, rest []byte, ok bool) {
	rest, ok = bytes.CutPrefix(line, []byte(`{"Time":"`))
	if !ok {
		rest, ok = bytes.CutPrefix(line, []byte(`{`))
		return at, rest, ok
	}
	text, rest, ok := cutString(rest)
	if !ok || at.UnmarshalText(text) != nil {
		return at, nil, false
	}
	rest, ok = bytes.CutPrefix(rest, []byte(","))
	return at, rest, ok
}

// setText takes apart what is behind the quote that begins the text.
func (o *outputLine) setText(rest []byte) bool {
	text, behind, ok := cutString(rest)
	if !ok || !isLine(text) || isSpecial(text) {
		return false
	}
	o.text, o.tail = text, rest[len(rest)-len(behind)-1:]
	return true
}

// cutString cuts a string of JSON, whose first quote is cut off already, and what is
// behind it apart. It must be one that JSON allows: what is not goes to testjson as it
// is, which says what is wrong with it.
func cutString(line []byte) (text, rest []byte, ok bool) {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return line[:i], line[i+1:], true
		case c < ' ':
			return nil, nil, false
		case c == '\\':
			if i++; i == len(line) || !isEscape(line[i:]) {
				return nil, nil, false
			}
		}
	}
	return nil, nil, false
}

// isEscape is whether JSON allows what follows a backslash.
func isEscape(text []byte) bool {
	switch text[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		if len(text) < 5 {
			return false
		}
		for _, c := range text[1:5] {
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
				return false
			}
		}
		return true
	}
	return false
}

// isLine is whether text, as it is in JSON, ends with a newline.
func isLine(text []byte) bool {
	line, ok := bytes.CutSuffix(text, []byte("n"))
	return ok && (len(line)-len(bytes.TrimRight(line, `\`)))%2 == 1
}

// isSpecial is whether text, as it is in JSON, may be looked at as an event of its
// own: framing, or what testjson takes for the beginning of a panic or a data race.
func isSpecial(text []byte) bool {
	rest := bytes.TrimLeft(text, " ")
	switch rest[0] { // there is the newline
	case '=', '-':
		return true
	case 'p':
		return bytes.HasPrefix(rest, []byte("panic: "))
	case 'W':
		return bytes.HasPrefix(rest, []byte("WARNING: DATA RACE"))
	case '\\':
		// A letter may be written as an escape. What the go command writes as one
		// begins nothing special.
		return rest[1] == 'u' && !bytes.HasPrefix(rest, []byte(`\u001b`)) && !bytes.HasPrefix(rest, []byte(`\u003c`)) &&
			!bytes.HasPrefix(rest, []byte(`\u003e`)) && !bytes.HasPrefix(rest, []byte(`\u0026`))
	}
	return false
}

// isTail is whether what is behind a text has no key that testjson knows.
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
