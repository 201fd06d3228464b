package stream

import (
	"strconv"

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
	var h header
	if !scanHeader(line, &h) {
		return event, false
	}
	return d.event(&h)
}

// DecodeLine is Decode for a line of a Joined stream, which has been scanned already.
func (d *Decoder) DecodeLine(line *Line) (event testjson.TestEvent, ok bool) {
	if !line.scanned {
		return event, false
	}
	return d.event(&line.header)
}

func (d *Decoder) event(h *header) (event testjson.TestEvent, ok bool) {
	if h.more || h.time != nil && event.Time.UnmarshalText(h.time) != nil {
		return event, false
	}
	if h.elapsed != nil {
		var err error
		if event.Elapsed, err = strconv.ParseFloat(string(h.elapsed), 64); err != nil {
			return event, false
		}
	}
	output := h.output
	if !h.plain {
		if d.text, ok = unescape(d.text[:0], output); !ok {
			return event, false
		}
		output = d.text
	}
	if string(h.test) != d.test {
		d.test = string(h.test)
	}
	event.Action, event.Package, event.Test, event.Output = action(h.action), d.packageName(h.pkg), d.test, string(output)
	event.ImportPath, event.Key, event.Value = string(h.importPath), string(h.key), string(h.value)
	return event, true
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
