package format

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"gotest.tools/gotestsum/testjson"
)

// Worker returns the value of the key "Worker", which the stream adds at the end of an
// event's line, or "" if there is none.
func Worker(event testjson.TestEvent) string {
	line := bytes.TrimSpace(event.Bytes())
	line, ok := bytes.CutSuffix(line, []byte(`"}`))
	if !ok {
		return ""
	}
	i := bytes.LastIndexByte(line, '"')
	if i < 0 {
		return ""
	}
	// Inside a string, quotes are escaped, so this can only be a key.
	before, ok := bytes.CutSuffix(line[:i], []byte(`"Worker":`))
	if !ok || bytes.HasSuffix(before, []byte(`\`)) {
		return ""
	}
	return string(line[i+1:])
}

// Running has the worker of each running test. If a test never ended, testjson adds an event
// for its end, and that event does not name a worker.
type Running map[runningTest]string

type runningTest struct{ pkg, test string }

// Note records an event and the worker that it names.
func (r Running) Note(event testjson.TestEvent, worker string) {
	test := runningTest{event.Package, event.Test}
	switch {
	case event.Test == "":
	case event.Action == testjson.ActionRun:
		r[test] = worker
	case event.Action.IsTerminal():
		delete(r, test)
	}
}

// Of returns the worker of an event's test, empty if it is not running.
func (r Running) Of(event testjson.TestEvent) string {
	return r[runningTest{event.Package, event.Test}]
}

// untested is added by the stream to an event of a test whose action testjson does not support.
// Without it, testjson would treat such an event as the end of the test.
var untested = []byte(`,"tEST":""`)

// Line returns the line of an event as it was before the stream hid its test from
// testjson. It is valid as long as event.Bytes, and empty for an event that testjson
// added.
func Line(event testjson.TestEvent) []byte {
	line := event.Bytes()
	if event.Test != "" || !bytes.Contains(line, untested) {
		return line
	}
	at := bytes.LastIndex(line, untested)
	return slices.Concat(line[:at], line[at+len(untested):])
}

// prefixer puts the worker in front of each line that a format writes. An unfinished
// line of a package is held back until it is complete or the package ends, so that lines
// of packages that run in parallel are not mixed.
type prefixer struct {
	out      io.Writer
	prefixes *Prefixes
	github   bool // the format writes commands of GitHub Actions
	dots     bool // the format writes parts of one line for a whole package
	none     bool // there is no prefix
	sections Sections
	unended  func(testjson.TestCase, *testjson.Execution) string
	silent   func(testjson.TestCase, *testjson.Execution) bool // nil for none
	text     *eventOutput                                      // of the format
	wrapped  testjson.EventFormatter

	event   testjson.TestEvent // the current one
	exec    *testjson.Execution
	from    origin
	begun   bool         // whether the format has written a line for it
	grouped bool         // whether that line was GitHub's command for a group
	late    []string     // lines that may belong to the command that ends the group
	line    bytes.Buffer // the output for it
	err     error        // of writing that output, for the current event
	held    map[origin][]byte
	last    map[string]string // the worker of each package's latest test, or of its end
	running Running
}

// origin is the writer of a line.
type origin struct{ pkg, worker string }

func newPrefixer(out io.Writer, workers []string) *prefixer {
	return &prefixer{out: out, prefixes: NewPrefixes(workers), none: workers == nil, held: map[origin][]byte{}, last: map[string]string{}, running: Running{}}
}

// How much is collected before it is written, in bytes, and how long an unfinished line
// may get before it is written as two.
const (
	blockSize   = 64 << 10
	longestHeld = 1 << 20
)

// formatOutput is the writer for the format's output for the current event.
type formatOutput struct{ p *prefixer }

// Write implements io.Writer.
func (o formatOutput) Write(text []byte) (int, error) {
	o.p.addLines(o.p.from, text)
	return len(text), o.p.err
}

func (p *prefixer) Format(event testjson.TestEvent, _ []byte, exec *testjson.Execution) error {
	p.line.Reset()
	p.err, p.begun, p.grouped = nil, false, false
	worker := p.workerOf(event)
	if event.Action == testjson.ActionRun {
		p.last[event.Package] = worker
	}
	p.running.Note(event, worker)
	p.event, p.exec, p.from = event, exec, origin{event.Package, worker}
	if p.dots {
		p.from.worker = ""
	}
	if p.silent != nil && event.Test != "" && event.Action == testjson.ActionFail && p.silent(exec.Package(event.Package).LastFailedByName(event.Test), exec) {
		return nil
	}
	p.text.begin(event, exec)
	if err := errors.Join(p.wrapped.Format(event, exec), p.text.flush()); err != nil {
		return err
	}
	p.endEvent()
	if event.PackageEvent() && event.Action.IsTerminal() {
		p.last[event.Package] = worker
		p.release(func(o origin) bool { return o.pkg == event.Package })
	}
	return p.flush()
}

// workerOf returns the worker of an event. For an event that testjson added, it is the worker
// of the test, or of the package's latest test.
func (p *prefixer) workerOf(event testjson.TestEvent) string {
	if len(event.Bytes()) == 0 {
		return cmp.Or(p.running.Of(event), p.last[event.Package])
	}
	return Worker(event)
}

// Close ends the held lines.
func (p *prefixer) Close() error {
	p.line.Reset()
	p.event, p.err = testjson.TestEvent{}, nil
	p.release(func(origin) bool { return true })
	return p.flush()
}

func (p *prefixer) flush() error {
	if p.line.Len() > 0 && p.err == nil {
		_, p.err = p.out.Write(p.line.Bytes())
	}
	p.line.Reset()
	return p.err
}

func (p *prefixer) prefixOf(worker string) string {
	if p.none {
		return ""
	}
	return p.prefixes.Of(worker)
}

func (p *prefixer) addLines(from origin, text []byte) {
	prefix := p.prefixOf(from.worker)
	for len(text) > 0 {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		if !whole {
			p.hold(from, prefix, line)
			return
		}
		if held := p.held[from]; len(held) > 0 {
			line = append(held, line...)
			delete(p.held, from)
		}
		p.addLine(prefix, line)
		text = rest
	}
}

// hold holds back an unfinished line, unless it is too long.
func (p *prefixer) hold(from origin, prefix string, line []byte) {
	held := append(p.held[from], line...)
	if len(held) >= longestHeld && !p.dots { // there are no more dots than tests
		end := len(held) - utf8.UTFMax
		for end < len(held) && !utf8.RuneStart(held[end]) {
			end++
		}
		p.addLine(prefix, held[:end])
		held = append([]byte(nil), held[end:]...)
	}
	p.held[from] = held
}

// GitHub's commands that testjson's format writes for a test with output: the first line
// of the event, and the last one, after a newline.
var (
	groupCommand    = []byte("::group::")
	endGroupCommand = "::endgroup::"
)

// addLine adds one whole line of the current event.
func (p *prefixer) addLine(prefix string, line []byte) {
	if !p.begun {
		p.begun = true
		if p.beginEvent(prefix, line) {
			return
		}
	}
	if p.grouped && (len(line) == 0 || string(line) == endGroupCommand) {
		if len(p.late) != 1 || p.late[0] != "" || len(line) == 0 {
			p.addLate(prefix)
		}
		p.late = append(p.late, string(line))
		return
	}
	p.addLate(prefix)
	p.writeLine(prefix, line)
}

// addLate adds lines that turned out not to belong to the command that ends a group.
func (p *prefixer) addLate(prefix string) {
	for _, line := range p.late {
		p.writeLine(prefix, []byte(line))
	}
	p.late = p.late[:0]
}

// beginEvent is called with the first line of an event. It handles a command and returns
// true if the line is one.
func (p *prefixer) beginEvent(prefix string, line []byte) bool {
	if p.event.PackageEvent() {
		return false
	}
	title, isCommand := bytes.CutPrefix(line, groupCommand)
	p.grouped = p.github && isCommand
	switch {
	case p.sections != nil && p.grouped:
		p.sections.Begin(prefix + string(title))
	case p.sections != nil && !p.github:
		p.sections.Begin(prefix + sectionTitle(p.event, p.exec, p.unended))
	case p.grouped:
		p.line.Write(groupCommand) // must be at the start of the line
		if worker := strings.TrimRight(prefix, " "); worker != "" {
			p.line.WriteString(worker + " ")
		}
		p.line.Write(title)
		p.line.WriteByte('\n')
	}
	return p.grouped
}

// endEvent is called when the format has written all of an event.
func (p *prefixer) endEvent() {
	prefix := p.prefixOf(p.from.worker)
	switch {
	case !p.begun && (p.sections == nil || len(p.held[p.from]) == 0) || p.event.PackageEvent():
	case p.sections != nil && (p.grouped || !p.github):
		p.late = p.late[:0]
		p.release(func(o origin) bool { return o == p.from })
		if p.flush() == nil && p.event.Action == testjson.ActionFail {
			p.sections.Attention()
		}
		p.sections.End()
	case len(p.late) > 0 && p.late[len(p.late)-1] == endGroupCommand:
		end := len(p.late) - 1
		p.late = p.late[:end]
		p.addLate(prefix)
		p.line.WriteString(endGroupCommand + "\n")
	}
	p.addLate(prefix)
}

// writeLine writes one whole line.
func (p *prefixer) writeLine(prefix string, line []byte) {
	if len(line) > 0 { // a blank line is a separator, from any worker
		p.line.WriteString(prefix)
	}
	p.line.Write(line)
	p.line.WriteByte('\n')
	if p.line.Len() >= blockSize {
		_ = p.flush() // flush keeps its error
	}
}

// release ends the held lines of matching origins, in a fixed order.
func (p *prefixer) release(match func(origin) bool) {
	var ended []origin
	for from := range p.held {
		if match(from) {
			ended = append(ended, from)
		}
	}
	slices.SortFunc(ended, func(a, b origin) int {
		return strings.Compare(a.pkg+"\x00"+a.worker, b.pkg+"\x00"+b.worker)
	})
	for _, from := range ended {
		worker := from.worker
		if p.dots {
			worker = p.last[from.pkg]
		}
		p.addLine(p.prefixOf(worker), p.held[from])
		delete(p.held, from)
	}
}
