package text

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// How much of one process is held, in bytes: of an unfinished line, and of a test's end
// with the lines after it.
const (
	maxHalfLine = framing.MaxLine
	maxHeldEnd  = 64 << 10
)

// Process is one test process in a Merge. Only one goroutine at a time may call its own
// methods (Write, End, FailRunning, SkipRunning); any goroutine may call those of
// Observed.
type Process struct {
	Observed
	merge  *Merge
	suffix string
	onFail func(test string) string

	name    string          // the current test, with suffix
	errors  map[string]bool // tests, with suffix, with an error that has begun (^O) and not ended
	escaped bool            // whether the text so far ends with an escape, which is not handled yet
	pending []byte          // an unfinished line
	marked  bool            // whether a marker came before pending; it is not part of it
	cut     bool            // whether the part of the line before pending has been written
	half    bool            // whether the last text of the current test was within a line

	// held is the line that ended the current test and the text after it, up to the next
	// framing line. test2json reports the end of the test when another process writes, so
	// later output of the test would be lost.
	held    []byte
	holding bool
	failed  string // the test whose failed end is held, without suffix
	notes   string // about the test that has failed last, to be written after its output
	example int    // position in held of an example's last line, which ends its turn; 0 for none
	over    bool   // the process has ended
	early   bool   // held is what came before the first framing line
	before  []byte // as much of that as is kept, for a process that does not hold it
	beside  Edges  // what it printed outside its tests
	repeats bool   // see Options
	again   Edges  // the output of subtests that were shown before

	// Whether lines of m.Run, which are removed, can occur now.
	began    bool   // a framing line was seen
	between  bool   // no test is the current one, or its end was seen, and no verdict since
	atEnd    bool   // the verdict was seen, and no framing line since
	warned   bool   // the last line so far is the warning that there are no tests
	noTests  bool   // the warning was removed
	empty    bool   // the warning was printed, whatever followed
	coverage string // the line about coverage, which was removed
}

// Write handles what the process prints next. It waits for nothing but out, and never
// fails.
func (p *Process) Write(text []byte) (int, error) {
	p.merge.mu.Lock()
	p.read(p.wholeEscapes(text))
	p.merge.unlock()
	p.tell()
	return len(text), nil
}

// End must be called when the process prints nothing more. It writes the held text. Tests
// left paused (see Paused) may start again in another process with the same suffix, or be
// reported with Merge.Test. Their start is not written a second time.
func (p *Process) End() {
	m := p.merge
	m.mu.Lock()
	defer m.unlock()
	p.unwarn()
	if p.escaped { // the escaped character never comes
		p.escaped = false
		p.output([]byte{framing.Escape, framing.Escape})
	}
	p.endHalf() // an incomplete framing line is output, without its marker
	p.over = true
	switch {
	case p == m.first:
		p.endSilent()
		m.sayLater(true)
		p.release()
		p.sayNotes()
		m.settle()
	case p.early && !m.first.began && !m.first.over: // the first process may print the same
		m.waiting = append(m.waiting, p)
	default:
		p.endSilent()
		p.release()
		p.sayNotes()
	}
	_, again := p.unfinished()
	for _, name := range again {
		if m.shared[p.full(name)] == nil { // it starts only once anyway
			m.again[p.full(name)] = true
		}
	}
}

// Panicked returns the test whose panic is the last output of the process, or empty.
// Package testing writes the end of the test before the panic, so the panic belongs to
// that test, also if an example's turn has ended in between. The writing goroutine must
// call it, before End.
func (p *Process) Panicked() string {
	p.merge.mu.Lock()
	defer p.merge.mu.Unlock()
	held := p.held
	if s := p.ofShared(); s != nil && p.name == s.name && p.failed == s.name {
		held = append([]byte("\n"), s.own(p).tail...)
	}
	if p.failed == "" || !bytes.Contains(held, []byte("\npanic: ")) {
		return ""
	}
	p.example = 0
	return p.failed
}

// Remark adds lines of our own to the output of the test that Panicked returns, before those
// of OnFail.
func (p *Process) Remark(note string) {
	p.merge.mu.Lock()
	defer p.merge.unlock()
	p.endHalf()
	if p.holding && p.held[len(p.held)-1] != '\n' {
		p.hold([]byte("\n"))
	}
	p.write([]byte(note))
	if p.notes == "" && p.onFail != nil { // a subtest has them, but the panic is here
		p.notes = p.onFail(p.failed)
	}
}

// Outside returns what the process has printed outside its tests: before the first one,
// after the verdict, and after the end of the last test so far. The middle of a long text
// is left out. The writing goroutine must call it, before End.
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
	return withoutMarks(text, p.merge.escapes)
}

// Coverage returns the removed line about coverage without its newline, empty for none.
// The writing goroutine must call it.
func (p *Process) Coverage() string { return p.coverage }

// NoTests reports whether the process ran no test and package testing printed that, also
// without a verdict. The writing goroutine must call it.
func (p *Process) NoTests() bool { return p.empty && len(p.Started()) == 0 }

// FailRunning reports all tests that the process left unfinished as failed, so that each
// test has an end: those of Running, paused subtests, and paused tests with an ended
// subtest. The process has ended. What Paused returns is left alone. The note and what
// OnFail returns are added to the output of each of them without such a subtest. A subtest
// whose top-level test has ended, by a panic in another subtest, gets no end, as under go test:
// testjson would count a failed one as a further failure, of a test without a name.
func (p *Process) FailRunning(note string) { p.endRunning("fail", note) }

// SkipRunning is FailRunning with tests that count as skipped.
func (p *Process) SkipRunning(note string) { p.endRunning("skip", note) }

func (p *Process) endRunning(result, note string) {
	broken, _ := p.unfinished()
	if len(broken) == 0 {
		return
	}
	parents := map[string]bool{}
	p.merge.mu.Lock()
	for _, name := range broken {
		full := p.full(name)
		p.half = p.half && full == p.name
		p.name = full
		if p.endsShared(name, result, note, parents[name]) {
			addParents(parents, name)
			continue
		}
		if !parents[name] {
			p.notes = note
			if result == "fail" && p.onFail != nil {
				p.notes += p.onFail(name)
			}
			p.sayNotes()
		}
		addParents(parents, name)
		outlived := result == "fail" && !p.isOpen(framing.Root(name))
		took := p.close(name, result)
		if outlived {
			continue
		}
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
