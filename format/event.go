package format

import (
	"bytes"

	"gotest.tools/gotestsum/testjson"
)

// isUnended reports whether testjson added an event for a test that has no end.
func isUnended(event testjson.TestEvent) bool {
	return event.Test != "" && len(event.Bytes()) == 0
}

// eventOutput is the output of a format, of one event at a time.
type eventOutput struct {
	*limited
	unended func(testjson.TestCase, *testjson.Execution) string // nil for testjson's words
	first   bool                                                // whether the first line of an event is the result of its test, and not the last one

	words string // instead of the duration of the event, empty to keep it
}

// noDuration is what testjson shows as the duration of a test without an end.
const noDuration = "(-1.00s)\n"

// begin is called before the output of an event.
func (o *eventOutput) begin(event testjson.TestEvent, exec *testjson.Execution) {
	o.words = ""
	if isUnended(event) && o.unended != nil {
		o.words = "(" + o.unended(exec.Package(event.Package).LastFailedByName(event.Test), exec) + ")\n"
	}
}

// Write implements io.Writer.
func (o *eventOutput) Write(text []byte) (int, error) {
	replaced := text
	switch {
	case o.words == "":
	case o.first:
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		if start, ok := bytes.CutSuffix(line, []byte(noDuration[:len(noDuration)-1])); ok {
			replaced, o.words = bytes.Join([][]byte{start, []byte(o.words), rest}, nil), ""
		}
	default:
		if start, ok := bytes.CutSuffix(text, []byte(noDuration)); ok {
			replaced = append(bytes.Clone(start), o.words...)
		}
	}
	if _, err := o.limited.Write(replaced); err != nil {
		return 0, err
	}
	return len(text), nil
}
