package tool

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/lines"
)

// attempts splits the events of a run into parts, each of one attempt. gotestsum's --jsonfile
// has the reruns of failed tests behind the run, one go test after another and without a mark:
// a package that failed starts again.
type attempts struct {
	in      *lines.Reader
	err     error // of reading
	attempt int   // of the current part
	held    []byte

	started map[string]bool // packages of the current part
	broken  map[string]bool // packages whose last part failed or has no end
	failed  map[test]int    // tests that failed, with the last attempt in which they did
}

type test struct{ pkg, name string }

// longestEvent is how long a line may be, in bytes.
const longestEvent = 1 << 30

func newAttempts(in io.Reader) *attempts {
	buffered := bufio.NewReaderSize(in, 64<<10)
	return &attempts{in: lines.NewReader(buffered, longestEvent), started: map[string]bool{}, broken: map[string]bool{}, failed: map[test]int{}}
}

// next returns the events of the next part, nil at the end, and its attempt: 0 is the run, 1 the
// first rerun. The part before it must be read to its end.
func (a *attempts) next() (int, io.Reader) {
	if a.err != nil && len(a.held) == 0 {
		return 0, nil
	}
	first := a.held
	a.held = nil
	if len(first) > 0 { // of a rerun, of whose tests the attempt is known
		a.attempt = max(a.attempt, 1)
		clear(a.started)
		first = a.findAttempt(first)
	}
	return a.attempt, lines.NewPieces(func() ([]byte, error) {
		if line := first; line != nil {
			first = nil
			return line, nil
		}
		return a.line()
	})
}

// findAttempt reads a part up to its first test, which may have failed in several attempts. It
// returns what was read.
func (a *attempts) findAttempt(read []byte) []byte {
	a.note(eventOf(read))
	for {
		line, err := a.line()
		if err != nil {
			return read
		}
		read = append(read, line...)
		if event := eventOf(line); event.Test != "" {
			if last, ok := a.failed[test{event.Package, event.Test}]; ok {
				a.attempt = max(a.attempt, last+1)
			}
			return read
		}
	}
}

// line returns the next line of the part. It ends with io.EOF, as the events do.
func (a *attempts) line() ([]byte, error) {
	if len(a.held) > 0 {
		return nil, io.EOF
	}
	if a.err != nil {
		return nil, a.err
	}
	line, err := a.in.Next()
	if a.err = err; len(line) == 0 && err != nil {
		return nil, err
	}
	event := eventOf(line)
	if event.Action == "start" && a.started[event.Package] && a.broken[event.Package] {
		a.held = bytes.Clone(line)
		return nil, io.EOF
	}
	a.note(event)
	return line, nil
}

// note records an event.
func (a *attempts) note(event event) {
	switch event.Action {
	case "start":
		a.started[event.Package], a.broken[event.Package] = true, true
	case "fail":
		if event.Test != "" {
			a.failed[test{event.Package, event.Test}] = a.attempt
		}
	case "pass", "skip":
		if event.Test == "" {
			delete(a.broken, event.Package)
		}
	}
}

type event struct{ Action, Package, Test string }

// eventOf returns an event that is not output, or an empty one.
func eventOf(line []byte) (e event) {
	if bytes.Contains(line, []byte(`"Action":"output"`)) || json.Unmarshal(line, &e) != nil {
		return event{}
	}
	return e
}
