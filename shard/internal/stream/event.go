package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"
)

// header is what the merge has to know of one line of a go test -json stream:
// the raw values of a few keys, as slices into the line. The rest of the line
// is only copied, so that a stream costs one scan and no allocation here.
type header struct {
	action, pkg []byte
	test        []byte // raw: with escapes as they are in the line
	// workerStart and workerEnd bound a "Worker" key that the line carries
	// already, together with the comma that goes when the key goes; both are 0
	// when there is none.
	workerStart, workerEnd int
	// worker is that key's value, empty for one with escapes.
	worker []byte
}

// event is a whole test event, for the few lines that are rewritten. The keys,
// and their order, are those of go test -json (cmd/internal/test2json), with
// Worker added.
type event struct {
	Time        *time.Time `json:",omitempty"`
	ImportPath  string     `json:",omitempty"`
	Action      string
	Package     string   `json:",omitempty"`
	Test        string   `json:",omitempty"`
	Elapsed     *float64 `json:",omitempty"`
	Output      *string  `json:",omitempty"`
	FailedBuild string   `json:",omitempty"`
	Key         string   `json:",omitempty"`
	Value       string   `json:",omitempty"`
	Path        string   `json:",omitempty"`
	Worker      string   `json:",omitempty"`
}

var errNotAnEvent = errors.New("not a go test -json event")

// parseHeader reads the header of line. It is exact for JSON objects with
// plain string, number and literal values, which is what go test -json prints.
// Anything else (nested values, escapes in a name that the merge compares,
// keys in another case) goes through encoding/json, which decides what is valid.
// It returns the line to go on with: the same one, unless that has a worker in
// a form that only encoding/json finds.
func parseHeader(line []byte) (header, []byte, error) {
	if h, ok := scanHeader(line); ok {
		return h, line, nil
	}
	if i := skipSpace(line, 0); i == len(line) || line[i] != '{' {
		return header{}, nil, errNotAnEvent // encoding/json would take null
	}
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return header{}, nil, fmt.Errorf("%w: %w", errNotAnEvent, err)
	}
	line, err := removeWorker(line)
	if err != nil {
		return header{}, nil, err
	}
	return header{action: []byte(e.Action), pkg: []byte(e.Package), test: []byte(e.Test), worker: []byte(e.Worker)}, line, nil
}

// removeWorker returns line without its key "Worker", and line itself when it
// has none.
func removeWorker(line []byte) ([]byte, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(line, &keys); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotAnEvent, err)
	}
	before := len(keys)
	maps.DeleteFunc(keys, func(key string, _ json.RawMessage) bool { return strings.EqualFold(key, "Worker") })
	if len(keys) == before {
		return line, nil
	}
	return json.Marshal(keys)
}

// scanHeader is the fast way of parseHeader; it reports false for every line
// that it cannot vouch for.
func scanHeader(line []byte) (header, bool) {
	var h header
	i := skipSpace(line, 0)
	if i >= len(line) || line[i] != '{' {
		return h, false
	}
	i = skipSpace(line, i+1)
	if i < len(line) && line[i] == '}' {
		return h, skipSpace(line, i+1) == len(line)
	}
	for first := true; ; first = false {
		keyStart := i
		key, plain, next, ok := scanString(line, i)
		if !ok || !plain {
			return h, false
		}
		i = skipSpace(line, next)
		if i >= len(line) || line[i] != ':' {
			return h, false
		}
		i = skipSpace(line, i+1)
		value, isString, plain, next, ok := scanValue(line, i)
		if !ok {
			return h, false
		}
		switch string(key) {
		case "Action":
			if !isString || !plain || h.action != nil {
				return h, false
			}
			h.action = value
		case "Package":
			if !isString || !plain || h.pkg != nil {
				return h, false
			}
			h.pkg = value
		case "Test":
			if !isString {
				return h, false
			}
			h.test = value
		case "Worker":
			if h.workerEnd != 0 {
				return h, false
			}
			h.workerStart, h.workerEnd = keyStart, next
			if isString && plain {
				h.worker = value
			}
			if !first { // take the comma before the key with it
				h.workerStart = bytes.LastIndexByte(line[:keyStart], ',')
			}
		case "Time":
			if !isString || !isTime(value) {
				return h, false
			}
		case "Elapsed":
			if isString || !isNumber(value) {
				return h, false
			}
		case "Output", "ImportPath", "FailedBuild", "Key", "Value", "Path":
			if !isString {
				return h, false
			}
		default:
			// encoding/json matches keys whatever their case, so a key that is
			// unknown to us may be known to the consumer.
			if isEventKey(key) {
				return h, false
			}
		}
		i = skipSpace(line, next)
		if i >= len(line) {
			return h, false
		}
		if line[i] == '}' {
			return h, skipSpace(line, i+1) == len(line)
		}
		if line[i] != ',' {
			return h, false
		}
		if h.workerEnd == next && first { // the first key goes with the comma after it
			h.workerEnd = i + 1
		}
		i = skipSpace(line, i+1)
	}
}

// isTime reports whether value is a time that time.Time certainly decodes: RFC
// 3339 in UTC or with an offset, on a day that every month has.
func isTime(value []byte) bool {
	const form = "2006-01-02T15:04:05"
	if len(value) <= len(form) {
		return false
	}
	two := func(i int) int { // -1 when there are no two digits
		if a, b := value[i]-'0', value[i+1]-'0'; a <= 9 && b <= 9 {
			return int(a)*10 + int(b)
		}
		return -1
	}
	within := func(i, low, high int) bool { n := two(i); return n >= low && n <= high }
	if value[4] != '-' || value[7] != '-' || value[10] != 'T' || value[13] != ':' || value[16] != ':' ||
		two(0) < 0 || two(2) < 0 || !within(5, 1, 12) || !within(8, 1, 28) ||
		!within(11, 0, 23) || !within(14, 0, 59) || !within(17, 0, 59) {
		return false
	}
	rest := value[len(form):]
	if rest[0] == '.' {
		digits := 1
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if digits == 1 || digits > 10 {
			return false
		}
		rest = rest[digits:]
	}
	if len(rest) == len("+00:00") && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' {
		at := len(value) - len(rest)
		return within(at+1, 0, 23) && within(at+4, 0, 59)
	}
	return string(rest) == "Z"
}

// isNumber reports whether value is a JSON number that a float64 holds; only
// small ones are told here.
func isNumber(value []byte) bool {
	return len(value) < 20 && (value[0] >= '0' && value[0] <= '9') && !bytes.ContainsAny(value, "eE")
}

func isEventKey(key []byte) bool {
	for _, known := range [...]string{
		"Action", "Package", "Test", "Worker", "Time", "Elapsed", "Output", "ImportPath", "FailedBuild", "Key", "Value", "Path",
	} {
		if bytes.EqualFold(key, []byte(known)) {
			return true
		}
	}
	return false
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// scanString returns the raw content of the JSON string that starts at b[i],
// whether it is plain (no escapes, only ASCII), and the index after it.
func scanString(b []byte, i int) (content []byte, plain bool, next int, ok bool) {
	if i >= len(b) || b[i] != '"' {
		return nil, false, 0, false
	}
	start := i + 1
	plain = true
	for i = start; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return b[start:i], plain, i + 1, true
		case c < 0x20:
			return nil, false, 0, false
		case c >= utf8.RuneSelf:
			plain = false
		case c == '\\':
			plain = false
			i++
			if i >= len(b) {
				return nil, false, 0, false
			}
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if i+4 >= len(b) || !isHex(b[i+1:i+5]) {
					return nil, false, 0, false
				}
				i += 4
			default:
				return nil, false, 0, false
			}
		}
	}
	return nil, false, 0, false
}

func isHex(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// scanValue is scanString for any value that is not nested.
func scanValue(b []byte, i int) (value []byte, isString, plain bool, next int, ok bool) {
	if i < len(b) && b[i] == '"' {
		value, plain, next, ok = scanString(b, i)
		return value, true, plain, next, ok
	}
	start := i
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] > ' ' {
		i++
	}
	value = b[start:i]
	return value, false, false, i, len(value) > 0 && value[0] != '[' && value[0] != '{' && json.Valid(value)
}

// appendEvent appends e to dst as one line.
func appendEvent(dst []byte, e event) []byte {
	b, err := json.Marshal(e)
	if err != nil {
		// The fields are strings, a time that was parsed and a finite number.
		panic(fmt.Sprintf("encoding a test event: %v", err))
	}
	return append(append(dst, b...), '\n')
}

// decodeEvent decodes a line that parseHeader has accepted.
func decodeEvent(line []byte) (event, error) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return event{}, fmt.Errorf("%w: %w", errNotAnEvent, err)
	}
	return e, nil
}
