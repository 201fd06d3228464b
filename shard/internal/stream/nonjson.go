package stream

import (
	"bytes"
	"fmt"
)

// notAnEvent handles a line that is not an event: a blank line, an allowed one, a message
// of the go command, or an error.
func (m *Merge) notAnEvent(dst []byte, s *sourceState, line []byte) ([]byte, error) {
	switch {
	case len(bytes.TrimSpace(line)) == 0 && s.Name != "":
		return dst, nil
	case s.PassNonJSON != nil:
		s.PassNonJSON(line)
		return dst, nil
	case s.Name == "":
		// A message of the go command: gotestsum handles it, with the error message that
		// its users know.
		return append(append(dst, line...), '\n'), nil
	}
	return dst, &NonJSONError{Source: s.Name, Number: s.lines, Line: shorten(line)}
}

// NonJSONError is the error for a line in a shard's stream that is not a test event.
type NonJSONError struct {
	Source string
	Number int // of the line, from 1
	Line   string
}

func (e *NonJSONError) Error() string {
	return fmt.Sprintf("shard %s: line %d of its output is not a go test -json event: %q; "+
		"let its command print go test -json, or pass such lines on with --ignore-non-json-output-lines",
		e.Source, e.Number, e.Line)
}

func shorten(line []byte) string {
	const limit = 200
	if len(line) <= limit {
		return string(line)
	}
	return string(line[:limit]) + "…"
}
