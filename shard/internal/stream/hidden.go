package stream

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// hiddenFraming corrects the events of one package in one source when test2json took a
// framing line for output, because its marker came after 4096 bytes without a newline.
// The test that test2json then takes for the current one is known until it sees a framing
// line again. When that happens is not always known, because a framing line that only
// changes the current test causes no event.
type hiddenFraming struct {
	half   bool   // the last output does not end with a newline
	active bool   // test2json has the wrong current test
	taken  string // the test that test2json takes for the current one
	test   string // the actual current test
	end    *event // the end of that test, to be written before the next framing line
}

// hiddenMarker begins the output for a framing line that test2json took for output.
const hiddenMarker = `\u0016`

// unhide returns the events that replace an event of a package, and false if it stays.
func (s *sourceState) unhide(h *header, line []byte) ([]event, bool) {
	s.typed = s.typed || h.typed
	output := string(h.action) == "output" && !h.odd
	half := output && len(h.output) > 0 && !bytes.HasSuffix(h.output, []byte(`\n`))
	f := s.hidden[string(h.pkg)]
	switch {
	case f == nil && half:
		s.hidden[string(h.pkg)] = &hiddenFraming{half: true}
		return nil, false
	case f == nil:
		return nil, false
	case output && f.half && bytes.HasPrefix(h.output, []byte(hiddenMarker)):
		if events, ok := f.framing(line, s.typed); ok {
			return events, true
		}
	}
	if output {
		f.half = half
	}
	if f.active && output && string(h.test) == f.taken {
		e, err := decodeEvent(line)
		if err != nil || e.Test == f.test {
			return nil, false
		}
		e.Test = f.test
		return []event{e}, true
	}
	events := f.ended()
	f.active = false
	if !f.half {
		delete(s.hidden, string(h.pkg))
	}
	if events == nil {
		return nil, false
	}
	e, err := decodeEvent(line)
	if err != nil {
		return nil, false
	}
	return append(events, e), true
}

// ended returns the test end that was held back until the next framing line.
func (f *hiddenFraming) ended() []event {
	if f.end == nil {
		return nil
	}
	e := *f.end
	f.end = nil
	return []event{e}
}

// framing returns the events for a framing line in the output of an event, and false if the
// output is not a framing line.
func (f *hiddenFraming) framing(line []byte, typed bool) ([]event, bool) {
	e, err := decodeEvent(line)
	if err != nil || e.Output == nil {
		return nil, false
	}
	text := strings.TrimPrefix(*e.Output, string(rune(framing.Marker)))
	frame, ok := framing.Parse([]byte(text))
	if !ok || !strings.HasSuffix(text, "\n") {
		return nil, false
	}
	events := f.ended()
	if !f.active {
		f.active, f.taken = true, e.Test
	}
	f.half = false
	f.test = string(frame.Name)
	e.Test = f.test
	e.Output = &text
	if typed {
		e.OutputType = "frame"
	}
	change := event{Time: e.Time, Action: frame.Action, Package: e.Package, Test: e.Test, Worker: e.Worker}
	_, rest, _ := strings.Cut(strings.TrimSpace(text[frame.NameAt:]), " ")
	switch frame.Action {
	case "PASS", "FAIL", "reset":
		return append(events, e), true
	case "name":
		return events, true
	case "pause":
		return append(events, e, change), true
	case "attr":
		change.Key, change.Value, _ = strings.Cut(rest, " ")
	case "artifacts":
		change.Path = rest
	}
	if text[0] == '-' {
		took := strings.TrimSuffix(strings.TrimPrefix(rest, "("), "s)")
		if seconds, err := strconv.ParseFloat(took, 64); err == nil {
			change.Elapsed = &seconds
		}
		f.end = &change
		return append(events, e), true
	}
	return append(events, change, e), true
}
