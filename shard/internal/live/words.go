package live

import (
	"fmt"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
)

// label returns the name of a package, or of a test in it, as short as in the formats.
func label(pkg, test string) string {
	name := report.ShortPackage(pkg)
	if test != "" {
		name += "." + test
	}
	return plain.Line(plain.Text(name))
}

// clock is a duration that is still growing.
func clock(d time.Duration) string { return max(0, d).Truncate(time.Second).String() }

// about is a duration from earlier runs.
func about(d time.Duration) string {
	unit := time.Millisecond
	switch {
	case d >= 10*time.Second:
		unit = time.Second
	case d >= time.Second:
		unit = 100 * time.Millisecond
	}
	return d.Round(unit).String()
}

// usually is the remark about a duration, with a space in front, empty if it is unknown.
func (r row) usually() string {
	if r.usual <= 0 {
		return ""
	}
	return " (usually " + about(r.usual) + ")"
}

// because is the remark why the package runs, with spaces in front, empty if that is not known.
func (r row) because() string {
	if r.why == "" {
		return ""
	}
	return "  " + plain.Line(r.why)
}

// slow reports whether a test takes more than twice its usual time. A second is nothing to
// look at.
func (r row) slow() bool { return r.usual > 0 && r.since > 2*r.usual && r.since >= time.Second }

// tests are the words about how many tests have ended.
func (n snapshot) tests() string {
	if n.total > 0 {
		return plain.Number(n.done) + " of " + plain.Number(n.total) + " tests"
	}
	return plain.Counted(n.done, "test")
}

// binaries are the words about the build.
func (n snapshot) binaries() string {
	if n.of == 0 {
		return "building"
	}
	return fmt.Sprintf("building: %s of %s test binaries are ready", plain.Number(n.ready), plain.Number(n.of))
}

// sentence is the line that shows in a log that the run goes on.
func (n snapshot) sentence() string {
	var longest row
	for _, r := range n.rows {
		if r.since >= longest.since {
			longest = r
		}
	}
	text := "still running"
	if longest.worker != "" {
		text += ": " + label(longest.pkg, longest.test) + " " + clock(longest.since) + " on " + longest.worker + longest.usually()
	}
	if n.building {
		text = "still " + n.binaries()
	}
	text += "; " + n.tests() + " done"
	if n.failed > 0 {
		text += ", " + plain.Number(n.failed) + " failed"
	}
	return text
}

// How much of what runs is shown at once.
const (
	mostShown = 100 // tests
	mostLines = 5   // of output of each
)

// Running describes what runs now, with the last lines of each test's output.
func (s *State) Running() string {
	n := s.snapshot()
	var b strings.Builder
	fmt.Fprintf(&b, "running for %s: %s done", clock(n.elapsed), n.tests())
	if n.failed > 0 {
		fmt.Fprintf(&b, ", %s failed", plain.Number(n.failed))
	}
	if n.building {
		b.WriteString("; " + n.binaries())
	}
	b.WriteString("\n")
	tests := s.leaves()
	for i, r := range tests {
		if i == mostShown {
			fmt.Fprintf(&b, "and %s more\n", plain.Number(len(tests)-i))
			break
		}
		fmt.Fprintf(&b, "[%s] %s %s%s\n", r.worker, label(r.pkg, r.test), clock(r.since), r.usually())
		for _, line := range r.lines {
			b.WriteString("        " + line + "\n")
		}
	}
	return b.String()
}

// lastLines returns the last lines of a test's output in a form that is safe to show.
func lastLines(tail []byte) []string {
	text := strings.Trim(plain.Text(string(tail)), "\r\n")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	if len(tail) >= mostTail && len(lines) > 1 {
		lines = lines[1:] // its beginning is missing
	}
	lines = lines[max(0, len(lines)-mostLines):]
	for i, line := range lines {
		lines[i] = plain.Lines(strings.TrimRight(line, "\r"), "\t")
	}
	return lines
}
