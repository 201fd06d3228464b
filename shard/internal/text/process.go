package text

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// What is held of one process, in bytes: of a line that has no end yet, and of
// a test's end with the lines behind it.
const (
	maxHalfLine = framing.MaxLine
	maxHeldEnd  = 64 << 10
)

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
