package stream

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

// Text joins what several processes of one test binary print under
// -test.v=test2json into the text of one process, from which test2json gives
// each test exactly what it printed:
//
//	process 1 ─ TextProcess ─┐
//	process 2 ─ TextProcess ─┼─ Text ─ out ─ test2json of the go command
//	process 3 ─ TextProcess ─┘
//
// Each TextProcess follows its process's current test as test2json does. When
// another one wrote last, a line "=== NAME  <current test>" goes first; it makes
// no event, and it may stand in the middle of a line.
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
// The methods of Text may be called by any goroutine. An error of out stops no
// process: what comes later is thrown away, and Finish returns the error.
type Text struct {
	mu        sync.Mutex
	out       io.Writer
	escapes   bool // see TextProcessOptions; the same for all processes
	err       error
	buf       []byte // written to out when mu is released
	turn      *TextProcess
	anyone    bool   // whether something was written, by turn or by Text itself
	name      string // the test that test2json takes for the current one
	half      bool   // whether a line was left in its middle
	inError   bool   // whether an error was begun (^O) and has not ended
	owed      bool   // whether a newline is to be written: one in an error, which may have to end before it
	processes int    // how many there have been
	noTests   int    // how many of them said that they have no tests
	shuffled  bool   // whether the seed was written
	first     *TextProcess
	waiting   []*TextProcess // ended without a framing line, while the first might yet
	early     early
	silent    map[string]bool // what processes said that ended before their first framing line
	again     map[string]bool // tests whose start was written and which are to run again
}

// NewText returns a merge that writes to out, one call at a time.
func NewText(out io.Writer) *Text {
	return &Text{out: out, again: map[string]bool{}, silent: map[string]bool{}, early: newEarly()}
}

// TextProcessOptions says how a test process is read. The zero value is good.
type TextProcessOptions struct {
	// Suffix is put behind the name of the top-level test wherever a framing
	// line names one, such as @gw1: TestX/sub becomes TestX@gw1/sub. It tells
	// the same tests of several processes apart.
	Suffix string
	// Observe is called for each framing line that changes the state of a test,
	// in their order, by the goroutine that writes and while no lock is held.
	Observe func(TestChange)
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
func (t *Text) Process(o TextProcessOptions) *TextProcess {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.processes++
	t.escapes = t.escapes || o.Escapes
	p := &TextProcess{Observed: newObserved(o.Observe, o.Now), text: t, suffix: o.Suffix, onFail: o.OnFail}
	if t.first == nil {
		t.first = p
	} else {
		p.early, p.holding = true, true
	}
	return p
}

// Test reports a test that no process ran, under its name with suffix: its
// start, output, which may be empty, and its end with result, PASS, FAIL or SKIP. If a process that did not
// get to its end had started the test, its start is not written again, and its
// subtests end too.
func (t *Text) Test(name, output, result string) {
	t.mu.Lock()
	defer t.unlock()
	result = strings.ToUpper(result)
	t.settle()
	t.start(name)
	t.give(nil, name)
	t.lines(output)
	var subtests []string
	for sub := range t.again {
		if strings.HasPrefix(sub, name+"/") {
			subtests = append(subtests, sub)
		}
	}
	slices.SortFunc(subtests, func(a, b string) int { return cmp.Or(byDepth(a, b), strings.Compare(a, b)) })
	for _, sub := range subtests {
		delete(t.again, sub)
		t.frame(nil, sub, fmt.Appendf(nil, "--- %s: %s (0.00s)\n", result, sub))
	}
	t.frame(nil, name, fmt.Appendf(nil, "--- %s: %s (0.00s)\n", result, name))
	t.give(nil, "")
}

// TestText is the text of a test that no process ran, for a process's output without a
// merge: its start, output in whole lines, and its end with result, PASS, FAIL or SKIP. Escapes
// is as in TextProcessOptions.
func TestText(name, output, result string, escapes bool) string {
	const form = "%[1]c=== RUN   %[2]s\n%[3]s%[1]c--- %[4]s: %[2]s (0.00s)\n%[1]c=== NAME  \n"
	output = strings.ReplaceAll(output, string(rune(framing.Marker)), "")
	if escapes {
		output = escapeMarks.Replace(output)
	}
	return fmt.Sprintf(form, framing.Marker, name, output, result)
}

// start writes the start of a test that is not started yet. t.mu is held.
func (t *Text) start(name string) {
	if t.again[name] {
		delete(t.again, name)
		return
	}
	t.frame(nil, name, fmt.Appendf(nil, "=== RUN   %s\n", name))
}

// Line writes lines of our own that belong to no test.
func (t *Text) Line(text string) {
	t.mu.Lock()
	defer t.unlock()
	t.settle()
	t.give(nil, "")
	t.lines(text)
}

// Finish writes how many processes said the same before their first test, and what one
// process prints at its end: a warning if each process
// said that it has no tests, verdict (PASS, FAIL, or empty for none), and coverage, such as
// "coverage: 12.3% of statements", if it is not empty. All processes must have
// ended. It returns the first error of writing to out.
func (t *Text) Finish(verdict, coverage string) error {
	t.mu.Lock()
	t.settle()
	if t.first != nil {
		t.sayLater(true)
	}
	if notes := t.early.notes(); notes != "" {
		t.give(nil, "")
		t.lines(notes)
	}
	if t.processes > 0 && t.noTests == t.processes {
		t.give(nil, "")
		t.lines("testing: warning: no tests to run")
	}
	if verdict != "" {
		t.frame(nil, "", []byte(verdict+"\n"))
	}
	t.lines(coverage)
	t.endError(nil, "")
	t.unlock()
	return t.Err()
}

// settle writes what waits, unless it was said before. t.mu is held.
func (t *Text) settle() {
	for _, p := range t.waiting {
		p.endSilent()
		p.release()
	}
	t.waiting = nil
}

// Err returns the first error of writing to out.
func (t *Text) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return fmt.Errorf("writing the merged test output: %w", t.err)
	}
	return nil
}

// give lets output follow that p wrote in the test name, or Text itself if p is
// nil. t.mu is held, as for all that follows.
func (t *Text) give(p *TextProcess, name string) {
	switch {
	case !t.anyone && t.processes < 2 && name == "":
		// As long as there is one process, its first lines are read as those of
		// an unsplit package.
	case t.anyone && t.turn == p && t.name == name && !t.half:
		return
	default:
		t.endError(p, name)
		t.nameLine(name)
	}
	t.framed(p, name)
}

func (t *Text) nameLine(name string) {
	t.buf = append(append(append(t.buf, framing.Marker), "=== NAME  "...), name...)
	t.buf = append(t.buf, '\n')
}

// frame writes a framing line of p after which the test name is the current
// one.
func (t *Text) frame(p *TextProcess, name string, line []byte) {
	t.endError(p, name)
	t.buf = append(append(t.buf, framing.Marker), line...)
	t.framed(p, name)
}

// framed notes that a framing line was written.
func (t *Text) framed(p *TextProcess, name string) {
	t.anyone, t.turn, t.name, t.half = true, p, name, false
}

// put writes whole lines of output for whose turn it is.
func (t *Text) put(text []byte) {
	if len(text) == 0 {
		return // it may be another's turn
	}
	t.resume(text)
	t.buf = append(t.buf, text...)
	if t.inError && bytes.HasSuffix(text, []byte{'\n'}) {
		t.buf, t.owed = t.buf[:len(t.buf)-1], true
	}
}

// writeHalf writes a line that has no end, before a marker, for whose turn it
// is. Where test2json would not see that marker, one without a framing line
// goes before the last character: that changes nothing.
func (t *Text) writeHalf(text []byte) {
	if len(text) == 0 {
		return
	}
	t.resume(text)
	if t.inError {
		text, t.inError = append(text[:len(text):len(text)], framing.ErrorEnd), false
	}
	end := beforeMarker(text, t.escapes)
	t.buf = append(t.buf, text[:end]...)
	if end < len(text) {
		t.buf = append(append(t.buf, framing.Marker), text[end:]...)
	}
	t.half = true
}

// lines writes text of our own as whole lines.
func (t *Text) lines(text string) {
	if text == "" {
		return
	}
	t.endError(nil, "")
	text = strings.ReplaceAll(text, string(rune(framing.Marker)), "")
	if t.escapes {
		text = escapeMarks.Replace(text)
	}
	t.buf = append(t.buf, text...)
	if !strings.HasSuffix(text, "\n") {
		t.buf = append(t.buf, '\n')
	}
}

// flush hands what has been put together to out.
func (t *Text) flush() {
	if t.err == nil && len(t.buf) > 0 {
		var n int
		n, t.err = t.out.Write(t.buf)
		if t.err == nil && n < len(t.buf) {
			t.err = io.ErrShortWrite
		}
	}
	t.buf = t.buf[:0]
}

func (t *Text) unlock() {
	t.flush()
	t.mu.Unlock()
}
