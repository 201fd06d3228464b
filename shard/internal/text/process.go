package text

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// What is held of one process, in bytes: of a line that has no end yet, and of
// a test's end with the lines behind it.
const (
	maxHalfLine = framing.MaxLine
	maxHeldEnd  = 64 << 10
)

// noTestsWarning is what testing.M.Run says before its verdict if no test ran. The go
// command looks for it in all of the output, for the note "[no tests to run]".
const noTestsWarning = "testing: warning: no tests to run\n"

// Process is one test process in a Merge. Its own methods (Write, End,
// FailRunning, SkipRunning) must be called by one goroutine at a time, those of
// Observed by any.
type Process struct {
	Observed
	merge  *Merge
	suffix string
	onFail func(test string) string

	name    string          // the current test, with suffix
	errors  map[string]bool // tests, with suffix, of which an error has begun (^O) and not ended
	escaped bool            // whether the text so far ends with an escape, which is not taken in yet
	pending []byte          // a line that has no end yet
	marked  bool            // whether a marker came before pending; it is not part of it
	cut     bool            // whether the line before pending has gone on already

	// held is the line that ended the current test and what came after it, until
	// the next framing line. test2json reports the end of the test when another
	// process takes the turn: what the test printed last would come too late.
	held    []byte
	holding bool
	failed  string // the test whose failing end is held, without suffix
	example int    // where in held an example's last line belongs, which ends its turn; 0 for none
	over    bool   // the process has ended
	early   bool   // held is what came before the first framing line
	before  []byte // as much of that as is kept, of a process that does not hold it
	beside  Edges  // what it has printed outside its tests

	// Where lines that m.Run writes can be, which are taken out.
	began    bool   // a framing line was seen
	between  bool   // no test is the current one, or its end was seen, and no verdict since
	atEnd    bool   // the verdict was seen, and no framing line since
	warned   bool   // the warning that there are no tests is the last line so far
	noTests  bool   // it was taken out
	empty    bool   // it was printed, whatever came next
	coverage string // the line about coverage that was taken out
}

// Write takes in what the process prints next. It waits for nothing but out,
// and never fails.
func (p *Process) Write(text []byte) (int, error) {
	p.merge.mu.Lock()
	p.read(p.wholeEscapes(text))
	p.merge.unlock()
	p.tell()
	return len(text), nil
}

// End takes in that the process prints nothing more: what was held is written.
// Tests that it has left paused (see Paused) may start again in another process
// of the same suffix, or be reported with Merge.Test; their start is not written
// a second time.
func (p *Process) End() {
	m := p.merge
	m.mu.Lock()
	defer m.unlock()
	p.unwarn()
	if p.escaped { // what it escapes never comes
		p.escaped = false
		p.output([]byte{framing.Escape, framing.Escape})
	}
	p.endHalf() // a framing line that is cut off is output, without its marker
	p.over = true
	switch {
	case p == m.first:
		p.endSilent()
		m.sayLater(true)
		p.release()
		m.settle()
	case p.early && !m.first.began && !m.first.over: // which may say the same
		m.waiting = append(m.waiting, p)
	default:
		p.endSilent()
		p.release()
	}
	_, again := p.unfinished()
	for _, name := range again {
		m.again[p.full(name)] = true
	}
}

// Panicked returns the test whose panic is the last thing that the process has said,
// empty for none: package testing writes its end before what the panic prints, which
// then belongs to the test, also where an example's turn has ended in between. It is for
// the goroutine that writes, before End.
func (p *Process) Panicked() string {
	p.merge.mu.Lock()
	defer p.merge.mu.Unlock()
	if p.failed == "" || !bytes.Contains(p.held, []byte("\npanic: ")) {
		return ""
	}
	p.example = 0
	return p.failed
}

// Remark adds lines of our own to the output of the test that Panicked returns.
func (p *Process) Remark(note string) {
	p.merge.mu.Lock()
	defer p.merge.unlock()
	p.endHalf()
	if p.holding && p.held[len(p.held)-1] != '\n' {
		p.hold([]byte("\n"))
	}
	p.write([]byte(note))
}

// endSilent drops what a process without a framing line has said if that was said
// before, also by one that had a test. merge.mu is held.
func (p *Process) endSilent() {
	said := p.before
	if p.early {
		said = p.held
	}
	if p.began || len(said) == 0 {
		return
	}
	known := false
	if words, ok := p.earlyWords(); ok {
		_, known = p.merge.early.add(words, false)
	}
	key := lastWords(said)
	if p.early && (known || p.merge.silent[key]) {
		p.held = p.held[:0]
	}
	p.merge.silent[key] = true
}

// lastWords is text without what differs between two processes that panic at one
// place: addresses, numbers of goroutines, and the traces of others than the first.
func lastWords(text []byte) string {
	const trace = "\n\ngoroutine "
	words := string(text)
	if first := strings.Index(words, trace); first >= 0 {
		if next := strings.Index(words[first+1:], trace); next >= 0 {
			words = words[:first+1+next]
		}
	}
	return traceNumber().ReplaceAllString(words, "")
}

// SameWords is whether two processes have printed the same, but for what differs
// between two that panic at one place.
func SameWords(a, b string) bool { return lastWords([]byte(a)) == lastWords([]byte(b)) }

// traceNumber is compiled when it is used: a hook never does.
var traceNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`0x[0-9a-f]+\??|goroutine \d+|\bm=\d+`) })

// Outside returns what the process has printed outside its tests: before the first one,
// after the verdict, and behind the end of the last test so far. The middle of a long
// text is left out. It is for the goroutine that writes, before End.
func (p *Process) Outside() string {
	p.merge.mu.Lock()
	defer p.merge.mu.Unlock()
	text := p.beside.Text()
	if p.holding && !p.early { // it begins with the line that ends a test
		_, behind, _ := bytes.Cut(p.held, []byte("\n"))
		text = append(text, behind...)
	}
	if p.name == "" || p.holding {
		text = append(text, p.pending...)
	}
	return plain(text, p.merge.escapes)
}

// Coverage returns the line about coverage that was taken out, without its
// newline, empty for none. It is for the goroutine that writes.
func (p *Process) Coverage() string { return p.coverage }

// NoTests is whether the process ran no test and testing said so, also without a
// verdict. It is for the goroutine that writes.
func (p *Process) NoTests() bool { return p.empty && len(p.Started()) == 0 }

// FailRunning reports all tests that the process, which has ended, left in their
// middle as failed, so that each has an end: those of Running, subtests that
// are paused, and paused tests of which a subtest has ended. What Paused
// returns is left alone. The note goes to the output of the deepest one.
func (p *Process) FailRunning(note string) { p.endRunning("fail", note) }

// SkipRunning is FailRunning with tests that count as skipped.
func (p *Process) SkipRunning(note string) { p.endRunning("skip", note) }

func (p *Process) endRunning(result, note string) {
	broken, _ := p.unfinished()
	if len(broken) == 0 {
		return
	}
	p.merge.mu.Lock()
	for i, name := range broken {
		p.name = p.full(name)
		if i == 0 && note != "" {
			p.merge.give(p, p.name)
			p.merge.lines(note)
		}
		took := p.close(name, result)
		p.merge.frame(p, p.name, fmt.Appendf(nil, "--- %s: %s (%.2fs)\n", strings.ToUpper(result), p.name, took.Seconds()))
	}
	p.name = ""
	p.merge.give(p, "")
	p.merge.unlock()
	p.tell()
}

// full returns a test's name with the process's suffix.
func (p *Process) full(name string) string {
	if p.suffix == "" || name == "" {
		return name
	}
	root := framing.Root(name)
	return root + p.suffix + name[len(root):]
}

// read cuts text into framing lines and what is between them. merge.mu is held,
// as for all that follows.
func (p *Process) read(text []byte) {
	for len(text) > 0 {
		if p.marked {
			text = p.readMarked(text)
			continue
		}
		at := indexMarker(text, p.merge.escapes)
		if at < 0 {
			p.output(text)
			return
		}
		p.output(text[:at])
		p.marked = true
		// What there is of the line goes before the marker ends it, at once,
		// together with what else came.
		p.endHalf()
		text = text[at+1:]
	}
}

// readMarked takes in text behind a marker up to the end of the line, and
// returns the rest.
func (p *Process) readMarked(text []byte) []byte {
	end, whole := lineEnd(text, p.merge.escapes)
	length := len(p.pending) + end
	if tooLong(length+len(p.suffix), whole && end > 0 && text[end-1] == '\n') {
		p.marked = false // output
		return text
	}
	line := text[:end]
	if len(p.pending) > 0 || !whole {
		line = append(p.pending, line...)
	}
	if !whole {
		p.pending = line
		return nil
	}
	if f, ok := framing.Parse(line); ok {
		p.framing(f, line)
	} else if f, ok := framing.ParseLater(line); ok && p.isOpen(string(f.Name)) {
		p.passFraming(f, line)
	} else {
		p.marked = false
		return text
	}
	p.pending, p.marked = p.pending[:0], false
	return text[end:]
}

// framing takes in a framing line.
func (p *Process) framing(f framing.Line, line []byte) {
	m := p.merge
	if p.endsExample(f) {
		p.example = len(p.held)
		return
	}
	if !p.began {
		p.sayEarly()
	}
	p.release()
	if f.Action == "PASS" || f.Action == "FAIL" {
		p.finished()
		p.see(f)
		return
	}
	p.unwarn()
	p.begin()
	p.atEnd = false
	p.between = f.Ends() || len(f.Name) == 0
	p.name = p.full(string(f.Name))
	p.see(f)
	if f.Action == "run" {
		delete(p.errors, p.name)
	}
	switch {
	case f.Action == "run" && m.again[p.name]:
		delete(m.again, p.name)
		m.give(p, p.name)
	case f.Ends():
		if f.Action == "fail" && p.onFail != nil {
			if note := p.onFail(string(f.Name)); note != "" {
				m.give(p, p.name)
				m.lines(note)
			}
		}
		p.holding = true
		if f.Action == "fail" {
			p.failed = string(f.Name)
		}
		p.held = p.appendFraming(append(p.held, framing.Marker), f, line)
	default:
		m.endError(p, p.name)
		m.buf = p.appendFraming(append(m.buf, framing.Marker), f, line)
		m.framed(p, p.name)
	}
}

// passFraming passes such a line on, to the test that it names: package testing takes
// that for the current one then. It changes nothing else.
func (p *Process) passFraming(f framing.Line, line []byte) {
	p.release()
	p.unwarn()
	p.name = p.full(string(f.Name))
	p.merge.give(p, p.name)
	p.merge.endError(p, p.name)
	p.merge.buf = p.appendFraming(append(p.merge.buf, framing.Marker), f, line)
}

// endsExample is whether the line that says that no test is the current one is held
// back, since it comes before what a panic of the example prints that has failed.
func (p *Process) endsExample(f framing.Line) bool {
	return f.Action == "name" && len(f.Name) == 0 && p.failed != "" && p.example == 0 && strings.HasPrefix(p.failed, "Example")
}

// appendFraming appends a framing line with the process's suffix in its name.
func (p *Process) appendFraming(dst []byte, f framing.Line, line []byte) []byte {
	if p.suffix != "" && len(f.Name) > 0 {
		end := f.NameAt + len(framing.Root(f.Name))
		dst = append(append(dst, line[:end]...), p.suffix...)
		line = line[end:]
	}
	dst = append(dst, line...)
	if dst[len(dst)-1] != '\n' { // a marker ended it
		dst = append(dst, '\n')
	}
	return dst
}

// begin notes that there was a framing line.
func (p *Process) begin() {
	if !p.began && p == p.merge.first {
		p.merge.settle()
	}
	p.began = true
}

// finished takes in the verdict, which is not written here.
func (p *Process) finished() {
	if p.warned && !p.noTests {
		p.noTests = true
		p.merge.noTests++
	}
	p.warned, p.coverage = false, ""
	p.begin()
	p.atEnd, p.between = true, false
	p.name = ""
	if p.merge.turn == p {
		p.merge.give(p, "") // as the verdict would, so that the last test ends
	}
}

// output takes in text that has no marker.
func (p *Process) output(text []byte) {
	if end := bytes.LastIndexByte(text, '\n') + 1; end > 0 {
		lines := text[:end]
		text = text[end:]
		if !p.began || p.atEnd || p.between {
			p.outside(lines)
		} else {
			if len(p.pending) > 0 {
				p.write(p.pending)
			}
			p.write(lines)
		}
		p.pending, p.cut = p.pending[:0], false
	}
	p.pending = append(p.pending, text...)
	if len(p.pending) < maxHalfLine {
		return
	}
	if part := beforeMarker(p.pending[:wholeUnits(p.pending, p.merge.escapes)], p.merge.escapes); part > 0 {
		p.writeHalf(p.pending[:part])
		p.pending = p.pending[:copy(p.pending, p.pending[part:])]
		p.cut = true
	}
}

// outside takes in lines, the first of which begins with pending, before the
// first test, between two or after the verdict, where some are not for the merge.
func (p *Process) outside(lines []byte) {
	for line := range bytes.Lines(lines) {
		whole := line
		if len(p.pending) > 0 {
			whole = append(p.pending, line...)
			p.pending = p.pending[:0]
		}
		if p.cut || !p.takeOut(whole) {
			p.write(whole)
		}
		p.cut = false
	}
}

// takeOut says whether a line is one that the merge has once for all processes.
func (p *Process) takeOut(line []byte) bool {
	switch {
	case !p.between && isShuffle(line):
		if !p.merge.shuffled { // at once, so that what else processes say can be the same
			p.merge.shuffled = true
			p.unwarn()
			p.merge.give(p, p.name)
			p.merge.buf = append(p.merge.buf, line...)
		}
		return true
	case p.atEnd && p.coverage == "" && isCoverage(line):
		p.coverage = strings.TrimRight(string(line), "\r\n")
		return true
	case (p.runs == 0 || p.between) && string(line) == noTestsWarning:
		// Also behind tests of which no subtest was selected.
		p.unwarn()
		p.warned = true // if the verdict comes next
		p.empty = true
		return true
	}
	return false
}

// unwarn writes the warning that there are no tests, which was not that of
// m.Run.
func (p *Process) unwarn() {
	if p.warned {
		p.warned = false
		p.write([]byte(noTestsWarning))
	}
}
