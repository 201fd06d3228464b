package text

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Merge joins what several processes of one test binary print under
// -test.v=test2json into the text of one process, from which test2json gives
// each test exactly what it printed:
//
//	test process 1 ─ Process ─┐
//	test process 2 ─ Process ─┼─ Merge ─ out ─ test2json of the go command
//	test process 3 ─ Process ─┘
//
// Each Process follows its current test as test2json does. When another one
// wrote last, a line "=== NAME  <current test>" goes first; it makes no event,
// and it may stand in the middle of a line.
//
// Lines of their own that processes print once each are taken out: the verdict
// PASS or FAIL, coverage, the warning that no test ran, and all but the first
// seed of -test.shuffle. Finish writes one for all.
//
// What a process says before its first framing line is kept until then, but for that
// of the first process. It is written only when no other process has said the same, and
// Finish says how many have; see early. If a process ends without such a line, as where
// TestMain or init panics, that is so also for what differs in addresses only.
//
// The methods of Merge may be called by any goroutine. An error of out stops no
// process: what comes later is thrown away, and Finish returns the error.
type Merge struct {
	mu        sync.Mutex
	out       io.Writer
	escapes   bool // see Options; the same for all processes
	err       error
	buf       []byte // written to out when mu is released
	turn      *Process
	anyone    bool   // whether something was written, by turn or by Merge itself
	name      string // the test that test2json takes for the current one
	half      bool   // whether a line was left in its middle
	inError   bool   // whether an error was begun (^O) and has not ended
	owed      bool   // whether a newline is to be written: one in an error, which may have to end before it
	processes int    // how many there have been
	noTests   int    // how many of them said that they have no tests
	shuffled  bool   // whether the seed was written
	first     *Process
	waiting   []*Process // ended without a framing line, while the first might yet
	early     early
	silent    map[string]bool // what processes said that ended before their first framing line
	again     map[string]bool // tests whose start was written and which are to run again
}

// NewMerge returns a merge that writes to out, one call at a time.
func NewMerge(out io.Writer) *Merge {
	return &Merge{out: out, again: map[string]bool{}, silent: map[string]bool{}, early: newEarly()}
}

// Options says how a test process is read. The zero value is good.
type Options struct {
	// Suffix is put behind the name of the top-level test wherever a framing
	// line names one, such as @gw1: TestX/sub becomes TestX@gw1/sub. It tells
	// the same tests of several processes apart.
	Suffix string
	// Observe is called for each framing line that changes the state of a test,
	// in their order, by the goroutine that writes and while no lock is held.
	Observe func(Change)
	// OnFail is asked when a test fails, with its full name, for what is to be
	// added to its output; nil adds nothing. It must not block.
	OnFail func(test string) string
	// Now is the clock, time.Now if nil.
	Now func() time.Time
	// Escapes is whether the process marks where errors begin and end, and escapes
	// what it logs: its binary was built by Go 1.27 or later.
	Escapes bool
}

// Process returns the merge's side of a test process that starts now.
func (m *Merge) Process(o Options) *Process {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.processes++
	m.escapes = m.escapes || o.Escapes
	p := &Process{Observed: newObserved(o.Observe, o.Now), merge: m, suffix: o.Suffix, onFail: o.OnFail}
	if m.first == nil {
		m.first = p
	} else {
		p.early, p.holding = true, true
	}
	return p
}

// Test reports a test that no process ran, under its name with suffix: its
// start, output, which may be empty, and its end with result, PASS, FAIL or SKIP. If a process that did not
// get to its end had started the test, its start is not written again, and its
// subtests end too.
func (m *Merge) Test(name, output, result string) {
	m.mu.Lock()
	defer m.unlock()
	result = strings.ToUpper(result)
	m.settle()
	m.start(name)
	m.give(nil, name)
	m.lines(output)
	var subtests []string
	for sub := range m.again {
		if strings.HasPrefix(sub, name+"/") {
			subtests = append(subtests, sub)
		}
	}
	slices.SortFunc(subtests, func(a, b string) int { return cmp.Or(byDepth(a, b), strings.Compare(a, b)) })
	for _, sub := range subtests {
		delete(m.again, sub)
		m.frame(nil, sub, fmt.Appendf(nil, "--- %s: %s (0.00s)\n", result, sub))
	}
	m.frame(nil, name, fmt.Appendf(nil, "--- %s: %s (0.00s)\n", result, name))
	m.give(nil, "")
}

// OfTest is the text of a test that no process ran, for a process's output without a
// merge: its start, output in whole lines, and its end with result, PASS, FAIL or SKIP. Escapes
// is as in Options.
func OfTest(name, output, result string, escapes bool) string {
	const form = "%[1]c=== RUN   %[2]s\n%[3]s%[1]c--- %[4]s: %[2]s (0.00s)\n%[1]c=== NAME  \n"
	output = strings.ReplaceAll(output, string(rune(framing.Marker)), "")
	if escapes {
		output = escapeMarks.Replace(output)
	}
	return fmt.Sprintf(form, framing.Marker, name, output, result)
}

// start writes the start of a test that is not started yet. m.mu is held.
func (m *Merge) start(name string) {
	if m.again[name] {
		delete(m.again, name)
		return
	}
	m.frame(nil, name, fmt.Appendf(nil, "=== RUN   %s\n", name))
}

// Line writes lines of our own that belong to no test.
func (m *Merge) Line(text string) {
	m.mu.Lock()
	defer m.unlock()
	m.settle()
	m.give(nil, "")
	m.lines(text)
}

// Finish writes how many processes said the same before their first test, and what one
// process prints at its end: a warning if each process
// said that it has no tests, verdict (PASS, FAIL, or empty for none), and coverage, such as
// "coverage: 12.3% of statements", if it is not empty. All processes must have
// ended. It returns the first error of writing to out.
func (m *Merge) Finish(verdict, coverage string) error {
	m.mu.Lock()
	m.settle()
	if m.first != nil {
		m.sayLater(true)
	}
	if notes := m.early.notes(); notes != "" {
		m.give(nil, "")
		m.lines(notes)
	}
	if m.processes > 0 && m.noTests == m.processes {
		m.give(nil, "")
		m.lines("testing: warning: no tests to run")
	}
	if verdict != "" {
		m.frame(nil, "", []byte(verdict+"\n"))
	}
	m.lines(coverage)
	m.endError(nil, "")
	m.unlock()
	return m.Err()
}

// settle writes what waits, unless it was said before. m.mu is held.
func (m *Merge) settle() {
	for _, p := range m.waiting {
		p.endSilent()
		p.release()
	}
	m.waiting = nil
}

// Err returns the first error of writing to out.
func (m *Merge) Err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return fmt.Errorf("writing the merged test output: %w", m.err)
	}
	return nil
}

// give lets output follow that p wrote in the test name, or Merge itself if p is
// nil. m.mu is held, as for all that follows.
func (m *Merge) give(p *Process, name string) {
	switch {
	case !m.anyone && m.processes < 2 && name == "":
		// As long as there is one process, its first lines are read as those of
		// an unsplit package.
	case m.anyone && m.turn == p && m.name == name && !m.half:
		return
	default:
		m.endError(p, name)
		m.nameLine(name)
	}
	m.framed(p, name)
}

func (m *Merge) nameLine(name string) {
	m.buf = append(append(append(m.buf, framing.Marker), "=== NAME  "...), name...)
	m.buf = append(m.buf, '\n')
}

// frame writes a framing line of p after which the test name is the current
// one.
func (m *Merge) frame(p *Process, name string, line []byte) {
	m.endError(p, name)
	m.buf = append(append(m.buf, framing.Marker), line...)
	m.framed(p, name)
}

// framed notes that a framing line was written.
func (m *Merge) framed(p *Process, name string) {
	m.anyone, m.turn, m.name, m.half = true, p, name, false
}

// put writes whole lines of output for whose turn it is.
func (m *Merge) put(text []byte) {
	if len(text) == 0 {
		return // it may be another's turn
	}
	m.resume(text)
	m.buf = append(m.buf, text...)
	if m.inError && bytes.HasSuffix(text, []byte{'\n'}) {
		m.buf, m.owed = m.buf[:len(m.buf)-1], true
	}
}

// writeHalf writes a line that has no end, before a marker, for whose turn it
// is. Where test2json would not see that marker, one without a framing line
// goes before the last character: that changes nothing.
func (m *Merge) writeHalf(text []byte) {
	if len(text) == 0 {
		return
	}
	m.resume(text)
	if m.inError {
		text, m.inError = append(slices.Clip(text), framing.ErrorEnd), false
	}
	end := beforeMarker(text, m.escapes)
	m.buf = append(m.buf, text[:end]...)
	if end < len(text) {
		m.buf = append(append(m.buf, framing.Marker), text[end:]...)
	}
	m.half = true
}

// lines writes text of our own as whole lines.
func (m *Merge) lines(text string) {
	if text == "" {
		return
	}
	m.endError(nil, "")
	text = strings.ReplaceAll(text, string(rune(framing.Marker)), "")
	if m.escapes {
		text = escapeMarks.Replace(text)
	}
	m.buf = append(m.buf, text...)
	if !strings.HasSuffix(text, "\n") {
		m.buf = append(m.buf, '\n')
	}
}

// flush hands what has been put together to out.
func (m *Merge) flush() {
	if m.err == nil && len(m.buf) > 0 {
		var n int
		n, m.err = m.out.Write(m.buf)
		if m.err == nil && n < len(m.buf) {
			m.err = io.ErrShortWrite
		}
	}
	m.buf = m.buf[:0]
}

func (m *Merge) unlock() {
	m.flush()
	m.mu.Unlock()
}
