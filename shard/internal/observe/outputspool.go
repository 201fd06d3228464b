package observe

import (
	"io"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/spool"
)

// Outputs has the output of running tests without go test's framing. Some reports need it
// for passed tests too, for which testjson does not keep it.
type Outputs struct {
	spool   *outputSpool
	running map[testName]*Output
}

func newOutputs() *Outputs {
	return &Outputs{spool: newOutputSpool(), running: map[testName]*Output{}}
}

// add records an event. If the event ends a test, add returns the output of the test, which
// the caller must keep or drop. Otherwise it returns nil.
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

// Text returns the output of a test, which may be nil.
func (n *Outputs) Text(o *Output) string {
	if n == nil || o == nil {
		return ""
	}
	return n.spool.text(o)
}

// excerpt returns the output of a test. If it is very long, it returns the beginning and the
// end.
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

// Close removes the temporary file and returns the first error.
func (n *Outputs) Close() error {
	if n == nil {
		return nil
	}
	return n.spool.file.Close()
}

// How much output is kept in memory, in bytes: of one test, and of all tests.
const (
	outputInMemory    = 64 << 10
	allOutputInMemory = 16 << 20
)

// outputSpool stores the output of tests as long as it is needed: a limited amount in
// memory, and the rest in a temporary file.
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
	last  []byte // comes after the parts
}

// add adds text to an output.
func (s *outputSpool) add(o *Output, text string) {
	o.last = append(o.last, text...)
	s.bytes += len(text)
	if len(o.last) >= outputInMemory || s.bytes >= allOutputInMemory {
		s.spill(o)
	}
}

// spill moves an output to the file. It joins adjacent parts.
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
		o.last = nil // frees the memory, because there may be many tests with little output
	}
}

// text returns a whole output.
func (s *outputSpool) text(o *Output) string {
	if len(o.parts) == 0 {
		return string(o.last)
	}
	return string(s.span(o, 0, o.size()))
}

// writeTo writes a whole output to out in pieces.
func (s *outputSpool) writeTo(out io.Writer, o *Output) error {
	for at, size := int64(0), o.size(); at < size; at += excerptHead {
		if _, err := out.Write(s.span(o, at, min(at+excerptHead, size))); err != nil {
			return err
		}
	}
	return nil
}

func (o *Output) size() int64 {
	size := int64(len(o.last))
	for _, part := range o.parts {
		size += part.Length
	}
	return size
}

// span returns a range of the bytes of an output.
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

// drop removes an output. The file is cleared once it contains no other outputs.
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
