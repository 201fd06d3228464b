package observe

import (
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/spool"
)

// Outputs are what running tests have printed beside go test's framing, for
// reports that have the output of tests that passed too, which testjson forgets.
type Outputs struct {
	spool   *outputSpool
	running map[testName]*Output
}

func newOutputs() *Outputs {
	return &Outputs{spool: newOutputSpool(), running: map[testName]*Output{}}
}

// add takes in an event and returns the output of the test that it has ended, nil for
// none. It is to be kept or dropped.
func (n *Outputs) add(event testjson.TestEvent) *Output {
	if n == nil || event.Test == "" {
		return nil
	}
	name := testName{event.Package, event.Test}
	switch {
	case event.Action == testjson.ActionOutput && !IsFraming(event.Output, event.Test):
		if n.running[name] == nil {
			n.running[name] = &Output{}
		}
		n.spool.add(n.running[name], event.Output)
	case event.Action.IsTerminal():
		ended := n.running[name]
		delete(n.running, name)
		return ended
	}
	return nil
}

// Text is what a test has printed, of which nothing may be known.
func (n *Outputs) Text(o *Output) string {
	if n == nil || o == nil {
		return ""
	}
	return n.spool.text(o)
}

// excerpt is the beginning and the end of what a test has printed, when that is very
// much.
func (n *Outputs) excerpt(o *Output) string {
	switch {
	case n == nil || o == nil:
		return ""
	case o.size() <= longestExcerpt:
		return n.spool.text(o)
	}
	head := n.spool.span(o, 0, excerptHead)
	tail := n.spool.span(o, o.size()-excerptTail, o.size())
	return strings.ToValidUTF8(string(head)+"\n"+outputLeftOut+string(tail), "")
}

// Close ends the keeping and returns what went wrong with it.
func (n *Outputs) Close() error {
	if n == nil {
		return nil
	}
	return n.spool.file.Close()
}

// What of the output of tests is kept in memory, in bytes: of one test, and of all.
const (
	outputInMemory    = 64 << 10
	allOutputInMemory = 16 << 20
)

// outputSpool keeps what tests printed, as long as it is asked for: a little of it in
// memory, and what is more in a temporary file.
type outputSpool struct {
	file    spool.File
	bytes   int   // in memory
	spilled int64 // in the file, without what was dropped
}

func newOutputSpool() *outputSpool {
	return &outputSpool{file: spool.File{What: "the output of tests"}}
}

// Output is the output of one test.
type Output struct {
	parts []spool.Part
	last  []byte // behind them
}

// add adds text to an output.
func (s *outputSpool) add(o *Output, text string) {
	o.last = append(o.last, text...)
	s.bytes += len(text)
	if len(o.last) >= outputInMemory || s.bytes >= allOutputInMemory {
		s.spill(o)
	}
}

// spill moves an output to the file. Parts that follow one another are one.
func (s *outputSpool) spill(o *Output) {
	part := s.file.Add(o.last)
	if n := len(o.parts); n > 0 && o.parts[n-1].Offset+o.parts[n-1].Length == part.Offset {
		o.parts[n-1].Length += part.Length
	} else {
		o.parts = append(o.parts, part)
	}
	s.bytes -= len(o.last)
	s.spilled += part.Length
	if o.last = o.last[:0]; part.Length < outputInMemory {
		o.last = nil // there are many tests that say little
	}
}

// text is a whole output.
func (s *outputSpool) text(o *Output) string {
	if len(o.parts) == 0 {
		return string(o.last)
	}
	return string(s.span(o, 0, o.size()))
}

func (o *Output) size() int64 {
	size := int64(len(o.last))
	for _, part := range o.parts {
		size += part.Length
	}
	return size
}

// span is an output from one byte to another.
func (s *outputSpool) span(o *Output, from, to int64) []byte {
	text := make([]byte, 0, to-from)
	at := int64(0) // of the part
	for _, part := range o.parts {
		first, last := max(from-at, 0), min(to-at, part.Length)
		if first < last {
			text = s.file.Read(text, spool.Part{Offset: part.Offset + first, Length: last - first})
		}
		at += part.Length
	}
	if first, last := max(from-at, 0), min(to-at, int64(len(o.last))); first < last {
		text = append(text, o.last[first:last]...)
	}
	return text
}

// drop forgets an output. Its room in the file is used again when nothing else is
// there.
func (s *outputSpool) drop(o *Output) {
	s.bytes -= len(o.last)
	for _, part := range o.parts {
		s.spilled -= part.Length
	}
	if s.spilled == 0 && len(o.parts) > 0 {
		s.file.Clear()
	}
}

// testName is a test of a package.
type testName struct{ pkg, name string }
