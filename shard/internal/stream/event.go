package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// header is what was found in a line of a go test -json stream, with the same values that
// encoding/json would find. Most are slices of the line, so a scan needs no allocation.
type header struct {
	action, pkg, test []byte
	// worker is the worker that the line already names.
	worker []byte
	// workerStart and workerEnd bound the key "Worker" in the line, including the comma
	// that is removed with the key. Both are 0 if there is none.
	workerStart, workerEnd int
	// odd is whether only encoding/json could parse the line. write then searches it for
	// the key "Worker".
	odd bool
	// typed is whether there is a key "OutputType" (Go 1.27), false in an odd line.
	typed bool

	// All that follows is empty in an odd line. The raw text of "Output", with its escapes, begins
	// at outputStart. It is nil if there is none, and plain if it is ASCII without escapes.
	output      []byte
	outputStart int
	plain       bool
	// time and elapsed are raw. If the line begins with the time, that ends at timeEnd.
	time, elapsed []byte
	timeEnd       int
	importPath    []byte
	key, value    []byte
	more          bool // whether there are other keys than eventKeys
}

// event is a whole test event, for the few lines that are rewritten. The keys and their
// order are those of go test -json (cmd/internal/test2json), plus Worker.
type event struct {
	Time        *eventTime `json:",omitempty"`
	ImportPath  string     `json:",omitempty"`
	Action      string
	Package     string   `json:",omitempty"`
	Test        string   `json:",omitempty"`
	Elapsed     *float64 `json:",omitempty"`
	Output      *string  `json:",omitempty"`
	OutputType  string   `json:",omitempty"` // since Go 1.27
	FailedBuild string   `json:",omitempty"`
	Key         string   `json:",omitempty"`
	Value       string   `json:",omitempty"`
	Path        string   `json:",omitempty"`
	Worker      string   `json:",omitempty"`

	// more are unknown keys, unchanged from the line, each with a comma before it. A later
	// Go may add some.
	more []byte
}

// eventTime is a time as written in its line. Some times that can be decoded cannot be
// encoded again, such as one with an offset of 24 hours.
type eventTime []byte

func (t *eventTime) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, new(time.Time)); err != nil {
		return err
	}
	*t = bytes.Clone(text)
	return nil
}

func (t eventTime) MarshalJSON() ([]byte, error) { return t, nil }

// eventKeys are the known keys of an event.
var eventKeys = [...]string{
	"Action", "Package", "Test", "Worker", "Time", "Elapsed", "Output", "OutputType", "ImportPath", "FailedBuild", "Key", "Value", "Path",
}

// isEventKey reports whether encoding/json takes key for one of eventKeys. It ignores case.
func isEventKey(key string) bool {
	return slices.ContainsFunc(eventKeys[:], func(known string) bool { return strings.EqualFold(key, known) })
}

var errNotAnEvent = errors.New("not a go test -json event")

// parseHeader parses the header of line: quickly if the line has the form that go test
// -json prints, otherwise with encoding/json. Both ways have the same result. The line
// still has everything that is in the header; nothing is removed before write.
func parseHeader(line []byte, h *header) error {
	if scanHeader(line, h) {
		return nil
	}
	*h = header{}
	if i := skipSpace(line, 0); i == len(line) || line[i] != '{' {
		return errNotAnEvent // encoding/json would accept null
	}
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("%w: %w", errNotAnEvent, err)
	}
	*h = header{action: []byte(e.Action), pkg: []byte(e.Package), test: []byte(e.Test), worker: []byte(e.Worker), odd: true}
	return nil
}

// eachMember calls do for each member of the JSON object in line, which is valid, in order,
// with the key and with the text of key and value.
func eachMember(line []byte, do func(key string, member []byte)) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	if _, err := decoder.Token(); err != nil { // the brace
		return
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return
		}
		name, _ := key.(string)
		end := decoder.InputOffset()
		start := bytes.LastIndexByte(line[:end-1], '"')
		for start > 0 && escaped(line[:start]) {
			start = bytes.LastIndexByte(line[:start], '"')
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return
		}
		do(name, line[start:decoder.InputOffset()])
	}
}

// escaped reports whether the character after text in a JSON string is escaped.
func escaped(text []byte) bool {
	return (len(text)-len(bytes.TrimRight(text, `\`)))%2 == 1
}

// withoutWorker returns the JSON object in line without its keys "Worker", in any case.
func withoutWorker(line []byte) []byte {
	without := []byte{'{'}
	eachMember(line, func(key string, member []byte) {
		if strings.EqualFold(key, "Worker") {
			return
		}
		if len(without) > 1 {
			without = append(without, ',')
		}
		without = append(without, member...)
	})
	return append(without, '}')
}

// decodeEvent decodes a line that parseHeader accepted.
func decodeEvent(line []byte) (event, error) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return event{}, fmt.Errorf("%w: %w", errNotAnEvent, err)
	}
	eachMember(line, func(key string, member []byte) {
		if !isEventKey(key) {
			e.more = append(append(e.more, ','), member...)
		}
	})
	return e, nil
}

// appendEvent appends e to dst as one line, with the worker as its last key.
func appendEvent(dst []byte, e event) []byte {
	suffix := workerSuffix(e.Worker)
	if suffix == nil {
		suffix = []byte{'}'}
	}
	e.Worker = ""
	b, err := json.Marshal(e)
	if err != nil {
		// The fields are strings, a parsed time and a finite number.
		panic(fmt.Sprintf("encoding a test event: %v", err))
	}
	dst = append(append(dst, b[:len(b)-1]...), e.more...)
	return append(append(dst, suffix...), '\n')
}
