package text

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// shared is a test of which several processes run different subtests. In the merged text it
// starts once, with the first of them, and ends once, when EndShared is called.
//
// What it prints itself, outside its subtests, is written at once for the first process. The
// others are likely to print the same, so their text is held until the end and written if it
// differs from all before it.
type shared struct {
	name  string
	lead  *Process            // the first one, nil if the test has not started
	owns  []*sharedText       // of the processes, in the order of their starts
	lines map[string]bool     // attributes and artifacts that were written
	parts map[string]*Process // the process that ran a subtest, by the first part of its name
	ended string              // the worst result of a process, empty for none
	took  time.Duration       // of the longest
	notes string              // the lines about its failure
}

// sharedText is what a shared test printed itself in one process.
type sharedText struct {
	test    string
	process *Process
	text    []byte
	long    bool   // it is not held, because it is too long
	ended   bool   // the test has ended in this process
	tail    []byte // the text after that
}

// Share declares that several processes are about to run parts of a top-level test. Their
// Options have no Suffix.
func (m *Merge) Share(test string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shared == nil {
		m.shared = map[string]*shared{}
	}
	m.shared[test] = &shared{name: test, lines: map[string]bool{}, parts: map[string]*Process{}}
}

// EndShared ends a shared test of which no process runs anymore: with its own texts, a note, which
// may be empty, and the worst of its results so far and of result, which may be empty. It returns
// that result, PASS, FAIL or SKIP, and false if the test has not started.
func (m *Merge) EndShared(test, note, result string) (worst string, started bool) {
	m.mu.Lock()
	defer m.unlock()
	s := m.shared[test]
	if s == nil || s.lead == nil {
		delete(m.shared, test)
		return "", false
	}
	if s.ended == "fail" && result == "SKIP" {
		note = "" // it would look like the reason
	}
	if s.end(strings.ToLower(result), 0); s.ended == "" {
		s.ended = "fail"
	}
	m.settle()
	s.writeOwn()
	delete(m.shared, test)
	if note+s.notes != "" {
		m.give(nil, test)
		m.lines(note)
		m.lines(s.notes)
	}
	worst = strings.ToUpper(s.ended)
	m.frame(nil, test, fmt.Appendf(nil, "--- %s: %s (%.2fs)\n", worst, test, s.took.Seconds()))
	m.give(nil, "")
	return worst, true
}

// writeOwn writes the texts that are held, each once. m.mu is held.
func (s *shared) writeOwn() {
	written := map[string]bool{}
	for _, own := range s.owns {
		if !own.long && own.process != s.lead && !written[string(own.text)] {
			own.write()
		}
		written[string(own.text)] = true
	}
}

// end adds the result of a process. A test that was skipped in one and passed in another
// has passed.
func (s *shared) end(result string, took time.Duration) {
	s.took = max(s.took, took)
	switch {
	case result == "fail" || s.ended == "":
		s.ended = result
	case result == "pass" && s.ended == "skip":
		s.ended = result
	}
}

// ofShared returns the shared test to which the current output belongs, nil for none.
func (p *Process) ofShared() *shared {
	if len(p.merge.shared) == 0 {
		return nil
	}
	return p.merge.shared[framing.Root(p.name)]
}

// own returns the own text of a shared test in p.
func (s *shared) own(p *Process) *sharedText {
	for _, own := range s.owns {
		if own.process == p {
			return own
		}
	}
	s.owns = append(s.owns, &sharedText{test: s.name, process: p})
	return s.owns[len(s.owns)-1]
}

// frames handles a framing line of a shared test, and reports whether it is not to be written.
func (s *shared) frames(p *Process, f framing.Line, line []byte, change Change) bool {
	if p.name != s.name {
		if f.Action == "run" && s.parts[s.part(p.name)] == nil {
			s.parts[s.part(p.name)] = p
		}
		if !s.wasShown(p) {
			return false
		}
		switch {
		case f.Action == "run":
			p.again = Edges{}
		case f.Action == "fail" && !change.Inside:
			s.fails(p)
		}
		return true
	}
	switch {
	case f.Action == "run" && s.lead == nil:
		s.lead = p
		s.own(p)
		return false
	case f.Action == "run":
		s.own(p)
		return true
	case f.Ends():
		s.end(f.Action, change.Took)
		own := s.own(p)
		own.ended = true
		if f.Action == "fail" {
			p.failed = s.name
			if s.notes == "" {
				s.notes = notesOf(p.onFail, change)
			}
		}
		return true
	case f.Action == "attr" || f.Action == "artifacts":
		written := s.lines[string(line)]
		s.lines[string(line)] = true
		return written
	}
	return p != s.lead
}

// part is the first part of a subtest's name after that of the test.
func (s *shared) part(name string) string { return framing.Root(name[len(s.name)+1:]) }

// wasShown reports whether the current subtest of p was shown before, by another process.
func (s *shared) wasShown(p *Process) bool {
	first := s.parts[s.part(p.name)]
	return p.repeats && first != nil && first != p
}

// fails handles the failure of a subtest that was shown before. It did not fail then, or not like
// this, so its output becomes the test's own.
func (s *shared) fails(p *Process) {
	p.showAgain(s.name, "failed when the test ran again in one process")
}

// aside takes output of the current test if it is not to be written now.
func (p *Process) aside(text []byte) bool {
	s := p.ofShared()
	switch {
	case s == nil && p.wasRun():
		_, _ = p.again.Write(text)
		return true
	case s == nil:
		return false
	case p.name != s.name:
		if !s.wasShown(p) {
			return false
		}
		_, _ = p.again.Write(text)
		return true
	}
	own := s.own(p)
	if own.ended && len(own.tail) < maxHeldEnd {
		own.tail = append(own.tail, text...)
	}
	switch {
	case own.long:
		return false
	case len(own.text)+len(text) > maxHeldEnd:
		if p != s.lead {
			own.write()
		}
		own.long, own.text = true, nil
		return false
	}
	own.text = append(own.text, text...)
	return p != s.lead
}

// write writes a held text.
func (o *sharedText) write() {
	if len(o.text) == 0 {
		return
	}
	p := o.process
	p.merge.give(p, o.test)
	p.merge.put(endedLine(bytes.Clone(o.text)))
}

// endedLine returns text with a newline at its end.
func endedLine(text []byte) []byte {
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	return text
}

// endsShared ends a test that the process left unfinished, like endRunning, if its end is not to
// be written: a shared test, or a subtest that was shown before. hasPart is whether a subtest of
// it was unfinished as well.
func (p *Process) endsShared(name, result, note string, hasPart bool) bool {
	s := p.ofShared()
	if s == nil && p.wasRun() {
		p.close(name, result)
		return true
	}
	if s == nil || p.name != s.name && !s.wasShown(p) {
		return false
	}
	if p.name != s.name {
		p.close(name, result)
		return true
	}
	if !hasPart && (s.ended != "fail" || result == "fail") {
		p.write([]byte(note))
		if result == "fail" && p.onFail != nil && s.notes == "" {
			s.notes = p.onFail(name)
		}
	}
	s.end(result, p.close(name, result))
	return true
}

// RunAgain declares that top-level tests, which the process has started and not ended, are to run
// again in another process, although some of their subtests may have ended: those are not shown
// again. Call it before End. These tests then are among those of Paused.
func (p *Process) RunAgain(tests []string) {
	p.mu.Lock()
	var ended []string
	for _, name := range tests {
		if test := p.open[name]; test != nil {
			test.again = true
			ended = append(ended, test.ended...)
		}
	}
	p.mu.Unlock()
	p.merge.mu.Lock()
	defer p.merge.mu.Unlock()
	for _, name := range ended {
		if p.merge.done == nil {
			p.merge.done = map[string]bool{}
		}
		p.merge.done[p.full(name)] = true
	}
}

// wasRun reports whether the current test is a subtest that has ended in another process.
func (p *Process) wasRun() bool { return p.merge.done[p.name] }

// runsAgain handles a framing line of a test that may have run before, and reports whether it is
// not to be written.
func (p *Process) runsAgain(f framing.Line, change Change) bool {
	m := p.merge
	if len(m.done) == 0 {
		return false
	}
	if f.Ends() && framing.Root(p.name) == p.name {
		for name := range m.done {
			if strings.HasPrefix(name, p.name+"/") {
				delete(m.done, name)
			}
		}
	}
	if !p.wasRun() {
		return false
	}
	switch {
	case f.Action == "run":
		p.again = Edges{}
	case f.Action == "fail" && !change.Inside: // it did not fail then, or not like this
		p.showAgain(framing.Root(p.name), "failed when the test ran again")
	}
	return true
}

// showAgain writes the output of the current subtest, which is not shown otherwise, as that of
// its test, after what happened.
func (p *Process) showAgain(test, what string) {
	text := withoutMarks(p.again.Text(), p.merge.escapes)
	if p.merge.escapes {
		text = escapeMarks.Replace(text)
	}
	p.again = Edges{}
	name := p.name
	p.name = test
	p.write([]byte(Note(name + " " + what)))
	p.write(endedLine([]byte(text)))
	p.name = name
}
