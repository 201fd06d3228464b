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

// header is what the merge has to know of one line of a go test -json stream,
// with the values that encoding/json finds in it. Most are slices of the line,
// which is only copied otherwise, so that a stream costs one scan and no
// allocation here.
type header struct {
	action, pkg, test []byte
	// worker is the worker that the line names already.
	worker []byte
	// workerStart and workerEnd bound the key "Worker" in the line, together with
	// the comma that goes when the key goes; both are 0 when there is none.
	workerStart, workerEnd int
	// odd is whether only encoding/json could read the line: write looks for the
	// key "Worker" in it.
	odd bool
	// output is the raw value of "Output", with its escapes; nil in an odd line.
	output []byte
	// typed is whether there is a key "OutputType" (Go 1.27), false in an odd line.
	typed bool
}

// event is a whole test event, for the few lines that are rewritten. The keys,
// and their order, are those of go test -json (cmd/internal/test2json), with
// Worker added.
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

	// more are the keys that are not known here, as they are in the line, each
	// with a comma before it: a later Go may add some.
	more []byte
}

// eventTime is a time as it is in its line. Not every one that can be decoded
// can be encoded again, such as one with an offset of 24 hours.
type eventTime []byte

func (t *eventTime) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, new(time.Time)); err != nil {
		return err
	}
	*t = bytes.Clone(text)
	return nil
}

func (t eventTime) MarshalJSON() ([]byte, error) { return t, nil }

// eventKeys are the keys that an event has here.
var eventKeys = [...]string{
	"Action", "Package", "Test", "Worker", "Time", "Elapsed", "Output", "OutputType", "ImportPath", "FailedBuild", "Key", "Value", "Path",
}

// isEventKey is whether encoding/json takes key for one of eventKeys, which it
// matches whatever their case.
func isEventKey(key string) bool {
	return slices.ContainsFunc(eventKeys[:], func(known string) bool { return strings.EqualFold(key, known) })
}

var errNotAnEvent = errors.New("not a go test -json event")

// parseHeader reads the header of line: quickly where the line is what go test
// -json prints, and with encoding/json where it is not. Both ways give the same.
// What the header has, the line has too: nothing is taken from it before write.
func parseHeader(line []byte) (header, error) {
	if h, ok := scanHeader(line); ok {
		return h, nil
	}
	if i := skipSpace(line, 0); i == len(line) || line[i] != '{' {
		return header{}, errNotAnEvent // encoding/json would take null
	}
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return header{}, fmt.Errorf("%w: %w", errNotAnEvent, err)
	}
	return header{action: []byte(e.Action), pkg: []byte(e.Package), test: []byte(e.Test), worker: []byte(e.Worker), odd: true}, nil
}

// eachMember calls do for each member of the JSON object in line, which is valid,
// in their order: with the key, and with the text of key and value.
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

// escaped is whether what follows text in a JSON string is escaped.
func escaped(text []byte) bool {
	return (len(text)-len(bytes.TrimRight(text, `\`)))%2 == 1
}

// withoutWorker returns the JSON object in line without its keys "Worker",
// whatever their case.
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

// decodeEvent decodes a line that parseHeader has accepted.
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
		// The fields are strings, a time that was parsed and a finite number.
		panic(fmt.Sprintf("encoding a test event: %v", err))
	}
	dst = append(append(dst, b[:len(b)-1]...), e.more...)
	return append(append(dst, suffix...), '\n')
}
