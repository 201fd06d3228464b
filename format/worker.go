package format

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"
)

// Worker returns the value of the key "Worker" that the stream puts at the end
// of an event's line, and "" for an event without one.
func Worker(event testjson.TestEvent) string {
	line := bytes.TrimRight(event.Bytes(), " \t\r\n")
	line, ok := bytes.CutSuffix(line, []byte(`"}`))
	if !ok {
		return ""
	}
	i := bytes.LastIndexByte(line, '"')
	if i < 0 {
		return ""
	}
	// A quote inside a string is escaped, so this key can only be a key.
	before, ok := bytes.CutSuffix(line[:i], []byte(`"Worker":`))
	if !ok || bytes.HasSuffix(before, []byte(`\`)) {
		return ""
	}
	return string(line[i+1:])
}

// Running knows the worker of each test that runs. The end of a test that never ended
// is made up by testjson, and names none.
type Running map[runningTest]string

type runningTest struct{ pkg, test string }

// Note takes in an event.
func (r Running) Note(event testjson.TestEvent) {
	test := runningTest{event.Package, event.Test}
	switch {
	case event.Test == "":
	case event.Action == testjson.ActionRun:
		r[test] = Worker(event)
	case event.Action.IsTerminal():
		delete(r, test)
	}
}

// Of returns the worker of an event's test, empty when it does not run.
func (r Running) Of(event testjson.TestEvent) string {
	return r[runningTest{event.Package, event.Test}]
}

// untested is what the stream adds to an event of a test with an action that testjson
// does not know, and would take for the test's end.
var untested = []byte(`,"tEST":""`)

// Line returns the line of an event as it was before the stream hid the test of it
// from testjson. It is valid as long as event.Bytes, and empty for an event that testjson
// has made up.
func Line(event testjson.TestEvent) []byte {
	line := event.Bytes()
	if event.Test != "" || !bytes.Contains(line, untested) {
		return line
	}
	at := bytes.LastIndex(line, untested)
	return slices.Concat(line[:at], line[at+len(untested):])
}

// Prefixes are the prefixes of a run: "[gw2] ", padded to the width of the
// longest, in the worker's colour.
type Prefixes struct {
	workers []string
	width   int // of the longest prefix, in characters
	made    map[string]string
}

// workerColors differ from the red, green and yellow that results have.
var workerColors = []color.Attribute{
	color.FgCyan, color.FgMagenta, color.FgBlue,
	color.FgHiCyan, color.FgHiMagenta, color.FgHiBlue, color.FgHiBlack,
}

// NewPrefixes returns the prefixes of workers, which are all ids there are.
func NewPrefixes(workers []string) *Prefixes {
	p := &Prefixes{workers: workers, made: map[string]string{}}
	for _, worker := range workers {
		p.width = max(p.width, utf8.RuneCountInString(worker)+len("[] "))
	}
	return p
}

// Of returns the prefix of worker, blanks when there is none: several ids are
// joined by commas, as in "gw0,gw2".
func (p *Prefixes) Of(worker string) string {
	if prefix, ok := p.made[worker]; ok {
		return prefix
	}
	var text string
	length := 0
	if worker != "" {
		text = "[" + worker + "]"
		length = utf8.RuneCountInString(text)
		if i := slices.Index(p.workers, worker); i >= 0 {
			text = color.New(workerColors[i%len(workerColors)]).Sprint(text)
		}
		text += " "
		length++
	}
	prefix := text + strings.Repeat(" ", max(0, p.width-length))
	p.made[worker] = prefix
	return prefix
}

// prefixer puts the worker in front of each line that a format writes. A line
// that a package has not ended yet is held back, so that lines of packages
// that run side by side do not get mixed; the end of the package ends it.
type prefixer struct {
	out      io.Writer
	prefixes *Prefixes
	github   bool // the format writes commands of GitHub Actions
	dots     bool // the format writes pieces of one line for a whole package
	none     bool // there is no prefix
	sections Sections
	wrapped  testjson.EventFormatter

	event   testjson.TestEvent // the current one
	exec    *testjson.Execution
	from    origin
	begun   bool         // whether the format has written a line for it
	grouped bool         // whether that was GitHub's command for a group
	late    []string     // lines that may belong to the command that ends it
	line    bytes.Buffer // what goes out for it
	err     error        // of writing that, for the current event
	held    map[origin][]byte
	last    map[string]string // the worker of each package's latest test, or of its end
	running Running
}

// origin is who writes a line.
type origin struct{ pkg, worker string }

func newPrefixer(out io.Writer, workers []string) *prefixer {
	return &prefixer{out: out, prefixes: NewPrefixes(workers), none: workers == nil, held: map[origin][]byte{}, last: map[string]string{}, running: Running{}}
}

// What is collected before it is written, in bytes, and how long a line without an end
// is held back until it is written as two.
const (
	blockSize   = 64 << 10
	longestHeld = 1 << 20
)

// formatOutput is where the format writes what it has to say of the current event.
type formatOutput struct{ p *prefixer }

// Write implements io.Writer.
func (o formatOutput) Write(text []byte) (int, error) {
	o.p.addLines(o.p.from, text)
	return len(text), o.p.err
}

func (p *prefixer) Format(event testjson.TestEvent, _ []byte, exec *testjson.Execution) error {
	p.line.Reset()
	p.err, p.begun, p.grouped = nil, false, false
	if event.Action == testjson.ActionRun {
		p.last[event.Package] = Worker(event)
	}
	worker := p.workerOf(event)
	p.running.Note(event)
	p.event, p.exec, p.from = event, exec, origin{event.Package, worker}
	if p.dots {
		p.from.worker = ""
	}
	if err := p.wrapped.Format(event, exec); err != nil {
		return err
	}
	p.endEvent()
	if event.PackageEvent() && event.Action.IsTerminal() {
		p.last[event.Package] = worker
		p.release(func(o origin) bool { return o.pkg == event.Package })
	}
	return p.flush()
}

// workerOf returns the worker of an event. For one that testjson made up it is that of
// the test, or of the package's latest test.
func (p *prefixer) workerOf(event testjson.TestEvent) string {
	if len(event.Bytes()) == 0 {
		return cmp.Or(p.running.Of(event), p.last[event.Package])
	}
	return Worker(event)
}

// Close ends the lines that are held back.
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

// hold holds a line back whose end is not there yet, unless it is too long for that.
func (p *prefixer) hold(from origin, prefix string, line []byte) {
	held := append(p.held[from], line...)
	if len(held) >= longestHeld && !p.dots { // dots are no more than there are tests
		end := len(held) - utf8.UTFMax
		for end < len(held) && !utf8.RuneStart(held[end]) {
			end++
		}
		p.addLine(prefix, held[:end])
		held = append([]byte(nil), held[end:]...)
	}
	p.held[from] = held
}

// GitHub's own commands, as testjson's format writes them for a test that has printed
// something: the first line of the event, and the last, behind a newline.
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

// addLate adds the lines that did not belong to the command that ends a group.
func (p *prefixer) addLate(prefix string) {
	for _, line := range p.late {
		p.writeLine(prefix, []byte(line))
	}
	p.late = p.late[:0]
}

// beginEvent is called with the first line of an event, and returns whether that is a
// command, which is done.
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
		p.sections.Begin(prefix + sectionTitle(p.event, p.exec))
	case p.grouped:
		p.line.Write(groupCommand) // it has to stand at the start of the line
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
	if len(line) > 0 { // a blank line separates, whoever wrote it
		p.line.WriteString(prefix)
	}
	p.line.Write(line)
	p.line.WriteByte('\n')
	if p.line.Len() >= blockSize {
		_ = p.flush() // which keeps its error
	}
}

// release ends the held lines of the origins that match, in a fixed order.
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
