package text

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Merge joins what several processes of one test binary print under -test.v=test2json
// into the text of one process, so that test2json assigns to each test exactly what it
// printed:
//
//	test process 1 ─ Process ─┐
//	test process 2 ─ Process ─┼─ Merge ─ out ─ test2json of the go command
//	test process 3 ─ Process ─┘
//
// Each Process tracks its current test as test2json does. If another one wrote last, a
// line "=== NAME  <current test>" is written first. It causes no event, and it may
// appear in the middle of a line.
//
// Lines that each process prints once are removed: the verdict PASS or FAIL, coverage,
// the warning that no test ran, and all but the first seed of -test.shuffle. Finish
// writes one line for all processes.
//
// What a process prints before its first framing line is held until then, except for the
// first process. It is written only if no other process printed the same. Finish writes
// how many did; see early. If a process ends without a framing line, for example because
// TestMain or init panics, texts that differ only in addresses count as the same.
//
// Any goroutine may call the methods of Merge. A write error does not stop the processes:
// later output is dropped, and Finish returns the error.
type Merge struct {
	mu        sync.Mutex
	out       io.Writer
	escapes   bool // see Options; the same for all processes
	err       error
	buf       []byte // written to out when mu is released
	turn      *Process
	anyone    bool   // whether something was written, by a process or by Merge itself
	name      string // the current test of test2json
	half      bool   // whether a line was interrupted
	inError   bool   // whether an error was begun (^O) and not ended
	owed      bool   // whether a newline in an error is still to be written, because the error may have to end before it
	processes int    // number of processes so far
	noTests   int    // how many of them reported that they have no tests
	shuffled  bool   // whether the seed was written
	first     *Process
	waiting   []*Process // ended without a framing line, while the first process might still print the same
	early     early
	silent    map[string]bool    // texts of processes that ended before their first framing line
	shared    map[string]*shared // tests of which several processes run parts, by name
	again     map[string]bool    // tests whose start was written and that are to run again
	done      map[string]bool    // subtests of such tests whose end was written
}

// NewMerge returns a merge that writes to out, one call at a time.
func NewMerge(out io.Writer) *Merge {
	return &Merge{out: out, again: map[string]bool{}, silent: map[string]bool{}, early: newEarly()}
}

// Options configure how the text of a test process is read. The zero value is usable.
type Options struct {
	// Suffix, such as @gw1, is added to the name of the top-level test in each framing
	// line: TestX/sub becomes TestX@gw1/sub. It distinguishes the same tests of several
	// processes.
	Suffix string
	// Observe is called for each framing line that changes the state of a test, in
	// order, by the writing goroutine, without a lock held.
	Observe func(Change)
	// OnFail is called with the full name of a failed test that has no failed subtest and
	// is not nested (see Change), and returns lines to add after its output; nil adds
	// nothing. It must not block.
	OnFail func(test string) string
	// Now is the clock, time.Now if nil.
	Now func() time.Time
	// Repeats is whether the process runs shared tests again as a whole: subtests that other
	// processes have run are not shown again, unless they fail.
	Repeats bool
	// Escapes is whether the process marks the beginning and end of errors, and escapes
	// what it logs, which binaries built by Go 1.27 or later do.
	Escapes bool
}

// Process returns the merge's end of a test process that starts now.
func (m *Merge) Process(o Options) *Process {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.processes++
	m.escapes = m.escapes || o.Escapes
	p := &Process{Observed: newObserved(o.Observe, o.Now), merge: m, suffix: o.Suffix, onFail: o.OnFail, repeats: o.Repeats}
	if m.first == nil {
		m.first = p
	} else {
		p.early, p.holding = true, true
	}
	return p
}

// Test reports a test that no process ran, under its name with suffix: its start, output,
// which may be empty, and its end with result, PASS, FAIL or SKIP. If a process started
// the test and did not finish it, its start is not written again, and its subtests end
// too.
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

// OfTest returns the text of a test that no process ran, for output without a merge: its
// start, output in whole lines, and its end with result, PASS, FAIL or SKIP. escapes is
// as in Options.
func OfTest(name, output, result string, escapes bool) string {
	const form = "%[1]c=== RUN   %[2]s\n%[3]s%[1]c--- %[4]s: %[2]s (0.00s)\n%[1]c=== NAME  \n"
	output = strings.ReplaceAll(output, string(rune(framing.Marker)), "")
	if escapes {
		output = escapeMarks.Replace(output)
	}
	return fmt.Sprintf(form, framing.Marker, name, output, result)
}

// start writes the start of a test, unless it has started. m.mu is held.
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

// Finish writes how many processes printed the same text before their first test, and the
// final lines of one process: a warning if all processes reported that they have no tests,
// verdict (PASS, FAIL, or empty for none), and coverage, such as "coverage: 12.3% of
// statements", if not empty. All processes must have ended. It returns the first error of
// writing to out.
func (m *Merge) Finish(verdict, coverage string) error {
	m.mu.Lock()
	m.settle()
	if m.first != nil {
		m.sayLater(true)
	}
	for _, test := range slices.Sorted(maps.Keys(m.shared)) { // those of an interrupted run have no end
		m.shared[test].writeOwn()
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

// settle writes the waiting texts that were not printed before. m.mu is held.
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

// give makes p, or Merge itself if p is nil, the writer of the next output, in the test
// name. m.mu is held, also in the functions below.
func (m *Merge) give(p *Process, name string) {
	switch {
	case !m.anyone && m.processes < 2 && name == "":
		// As long as there is only one process, its first lines are read like those of an
		// unsplit package.
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

// frame writes a framing line of p that makes the test name the current one.
func (m *Merge) frame(p *Process, name string, line []byte) {
	m.endError(p, name)
	m.buf = append(append(m.buf, framing.Marker), line...)
	m.framed(p, name)
}

// framed records that a framing line was written.
func (m *Merge) framed(p *Process, name string) {
	m.anyone, m.turn, m.name, m.half = true, p, name, false
}

// put writes whole lines of output for the current writer.
func (m *Merge) put(text []byte) {
	if len(text) == 0 {
		return // another writer may be next
	}
	m.resume(text)
	m.buf = append(m.buf, text...)
	if m.inError && bytes.HasSuffix(text, []byte{'\n'}) {
		m.buf, m.owed = m.buf[:len(m.buf)-1], true
	}
}

// writeHalf writes an unfinished line before a marker, for the current writer. If
// test2json would miss that marker, a marker without a framing line is inserted before
// the last character. It changes nothing else.
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

// flush writes the collected output to out.
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
