package stream

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"gotest.tools/gotestsum/testjson"
)

// Decoder decodes the lines that go test -json prints, as encoding/json does, but in a
// fifth of its time. Such a stream repeats the names of packages and tests in each line, so
// the decoder returns the same string for them.
type Decoder struct {
	packages map[string]string
	pkg      string // the latest
	test     string // the latest
	text     []byte // reused
}

// Decode decodes a line, which may end with a newline. It returns false for a line that is
// not in the form that go test -json prints. testjson's Unmarshal must decode that one, since
// it knows what is an error. The event has everything except the line itself.
func (d *Decoder) Decode(line []byte) (event testjson.TestEvent, ok bool) {
	if len(line) == 0 || line[0] != '{' {
		return event, false
	}
	for i := 1; ; i++ {
		key, plain, next, ok := scanString(line, i)
		if !ok || !plain || next+1 >= len(line) || line[next] != ':' {
			return event, false
		}
		var end int
		if line[next+1] == '"' {
			var raw []byte
			if raw, plain, end, ok = scanString(line, next+1); ok {
				ok = d.set(&event, string(key), raw, plain)
			}
		} else {
			end = next + 1 + len(number(line[next+1:]))
			ok = string(key) == "Elapsed" && setElapsed(&event, line[next+1:end])
		}
		if !ok || end >= len(line) {
			return event, false
		}
		if line[end] == '}' {
			rest := line[end+1:]
			return event, len(rest) == 0 || string(rest) == "\n"
		}
		if line[end] != ',' {
			return event, false
		}
		i = end
	}
}

// set sets the field of a key whose value is a string.
func (d *Decoder) set(event *testjson.TestEvent, key string, raw []byte, plain bool) bool {
	switch key {
	case "Time":
		return event.Time.UnmarshalText(raw) == nil && plain
	case "Action":
		event.Action = action(raw)
		return plain
	}
	text, ok := d.unescaped(raw, plain)
	if !ok {
		return false
	}
	switch key {
	case "Package":
		event.Package = d.packageName(text)
	case "Test":
		if string(text) != d.test {
			d.test = string(text)
		}
		event.Test = d.test
	case "Output":
		event.Output = string(text)
	case "ImportPath":
		event.ImportPath = string(text)
	case "Key":
		event.Key = string(text)
	case "Value":
		event.Value = string(text)
	case "OutputType", "FailedBuild", "Path", "Worker": // testjson does not know them
	default:
		return false // encoding/json ignores the case of keys
	}
	return true
}

func (d *Decoder) packageName(text []byte) string {
	if string(text) == d.pkg {
		return d.pkg
	}
	name, known := d.packages[string(text)]
	if !known {
		if d.packages == nil {
			d.packages = map[string]string{}
		}
		name = string(text)
		d.packages[name] = name
	}
	d.pkg = name
	return name
}

// action returns the constant for a known action.
func action(raw []byte) testjson.Action {
	switch testjson.Action(raw) {
	case testjson.ActionRun:
		return testjson.ActionRun
	case testjson.ActionOutput:
		return testjson.ActionOutput
	case testjson.ActionPass:
		return testjson.ActionPass
	case testjson.ActionPause:
		return testjson.ActionPause
	case testjson.ActionCont:
		return testjson.ActionCont
	}
	return testjson.Action(raw)
}

// number returns the digits, with a point between them, at the beginning of text.
func number(text []byte) []byte {
	i := 0
	for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] == '.') {
		i++
	}
	return text[:i]
}

// setElapsed sets the time of an event from a number without an exponent.
func setElapsed(event *testjson.TestEvent, number []byte) bool {
	whole, fraction, isFraction := bytes.Cut(number, []byte{'.'})
	if len(whole) == 0 || len(whole) > 1 && whole[0] == '0' || isFraction && len(fraction) == 0 || bytes.IndexByte(fraction, '.') >= 0 {
		return false // not a JSON number
	}
	var err error
	event.Elapsed, err = strconv.ParseFloat(string(number), 64)
	return err == nil
}

// unescaped returns the text of a JSON string, which is valid until the next call. It returns
// false for what encoding/json replaces, such as invalid UTF-8.
func (d *Decoder) unescaped(raw []byte, plain bool) ([]byte, bool) {
	if plain {
		return raw, true
	}
	if !utf8.Valid(raw) {
		return nil, false
	}
	d.text = d.text[:0]
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			d.text = append(d.text, raw...)
			return d.text, true
		}
		d.text = append(d.text, raw[:i]...)
		escape := raw[i+1] // scanString accepts only complete escapes
		raw = raw[i+2:]
		switch escape {
		case 'n':
			d.text = append(d.text, '\n')
		case 't':
			d.text = append(d.text, '\t')
		case 'r':
			d.text = append(d.text, '\r')
		case 'b':
			d.text = append(d.text, '\b')
		case 'f':
			d.text = append(d.text, '\f')
		case 'u':
			r, err := strconv.ParseUint(string(raw[:4]), 16, 16)
			if err != nil || r >= 0xD800 && r < 0xE000 { // a surrogate
				return nil, false
			}
			d.text = utf8.AppendRune(d.text, rune(r))
			raw = raw[4:]
		default: // a quote or a slash stands for itself
			d.text = append(d.text, escape)
		}
	}
}
