package format

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"
)

// redraw is the shortest time between two redraws of the live lines. testjson redraws
// all of them for every event, which writes a gigabyte for 50,000 events.
const redraw = 50 * time.Millisecond

// dotsV2 is testjson's dots-v2 format with a worker in front of each line, for which
// testjson's own version has no room. Each package has a line, and each test a
// character in it. The lines of running packages are redrawn; the line of a finished
// package stays as it is.
type dotsV2 struct {
	out      io.Writer
	width    int // of the terminal, in characters
	opts     Options
	prefixes *Prefixes
	running  []*dotsLine // in the order in which they started
	drawn    int         // number of lines to redraw
	last     time.Time
	now      func() time.Time
	exec     *testjson.Execution
}

type dotsLine struct {
	pkg    string
	worker string
	dots   []string // one colored character each
}

func newDotsV2(out io.Writer, width int, opts Options) *dotsV2 {
	return &dotsV2{out: out, width: width, opts: opts, prefixes: NewPrefixes(opts.Workers), now: time.Now}
}

func (d *dotsV2) Format(event testjson.TestEvent, _ []byte, exec *testjson.Execution) error {
	d.exec = exec
	if event.Action == testjson.ActionOutput || event.Action == testjson.ActionBench || event.Package == "" {
		return nil
	}
	if len(event.Bytes()) == 0 && !d.isRunning(event.Package) {
		return nil // a test that never ended, in a package whose line is finished
	}
	line := d.lineOf(event.Package)
	if worker := Worker(event); worker != "" {
		line.worker = worker
	}
	if !event.PackageEvent() {
		if dot := dot(event.Action); dot != "" {
			line.dots = append(line.dots, dot)
		}
	}
	if event.PackageEvent() && event.Action.IsTerminal() {
		return d.finish(line)
	}
	if d.now().Sub(d.last) < redraw {
		return nil
	}
	return d.draw(nil, true)
}

func (d *dotsV2) isRunning(pkg string) bool {
	return slices.ContainsFunc(d.running, func(l *dotsLine) bool { return l.pkg == pkg })
}

func (d *dotsV2) lineOf(pkg string) *dotsLine {
	for _, line := range d.running { // there are as many as workers
		if line.pkg == pkg {
			return line
		}
	}
	line := &dotsLine{pkg: pkg}
	d.running = append(d.running, line)
	return line
}

// finish draws the line of a finished package for the last time, above those of
// running packages.
func (d *dotsV2) finish(line *dotsLine) error {
	d.running = slices.DeleteFunc(d.running, func(l *dotsLine) bool { return l == line })
	if d.opts.HideEmptyPackages && d.exec.Package(line.pkg).IsEmpty() {
		return nil
	}
	return d.draw(line, true)
}

// Close draws the remaining lines, without counts: the summary repeats those.
func (d *dotsV2) Close() error {
	if d.exec == nil {
		return nil
	}
	return d.draw(nil, false)
}

const (
	clearBelow = "\x1b[0J"
	cursorUp   = "\x1b[%dA"
)

func (d *dotsV2) draw(finished *dotsLine, counts bool) error {
	d.last = d.now()
	var b bytes.Buffer
	if d.drawn > 0 {
		fmt.Fprintf(&b, cursorUp, d.drawn)
	}
	b.WriteString("\r" + clearBelow)
	if finished != nil {
		d.writeLine(&b, finished)
	}
	start := b.Len()
	for _, line := range d.running {
		if d.opts.HideEmptyPackages && d.exec.Package(line.pkg).IsEmpty() {
			continue
		}
		d.writeLine(&b, line)
	}
	if counts {
		testjson.PrintSummary(&b, d.exec, testjson.SummarizeNone)
	}
	d.drawn = bytes.Count(b.Bytes()[start:], []byte{'\n'})
	_, err := d.out.Write(b.Bytes())
	return err
}

// writeLine writes a package's line. If the terminal is too narrow, the line continues
// below its first dot.
func (d *dotsV2) writeLine(b *bytes.Buffer, line *dotsLine) {
	head := fmt.Sprintf("%8s %s ", d.elapsed(line.pkg), testjson.RelativePackagePath(line.pkg))
	b.WriteString(d.prefixes.Of(line.worker) + head)
	indent := max(d.prefixes.width, utf8.RuneCountInString(line.worker)+len("[] ")) + utf8.RuneCountInString(head)
	room := max(1, d.width-indent-1)
	for i, dot := range line.dots {
		if i > 0 && i%room == 0 {
			b.WriteString("\n" + strings.Repeat(" ", max(0, min(indent, d.width-2))))
		}
		b.WriteString(dot)
	}
	b.WriteByte('\n')
}

// elapsed is the time that a finished package took.
func (d *dotsV2) elapsed(pkg string) string {
	switch took := d.exec.Package(pkg).Elapsed(); {
	case took <= 0:
		return ""
	case took < time.Second:
		return took.String()
	case took < time.Minute:
		return took.Truncate(10 * time.Millisecond).String()
	default:
		return took.Truncate(time.Second).String()
	}
}

// dot returns the character for a finished test, as in testjson's dots formats.
func dot(action testjson.Action) string {
	switch action {
	case testjson.ActionPass:
		return color.GreenString("·")
	case testjson.ActionFail:
		return color.RedString("✖")
	case testjson.ActionSkip:
		return color.YellowString("↷")
	}
	return ""
}
