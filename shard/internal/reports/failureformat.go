package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
)

// writeBlocks writes the blocks of the format failures. docs/formats.md promises their form.
func (v failureView) writeBlocks(out io.Writer, warnings bool) {
	for _, g := range v.groups {
		v.writeBlock(out, g)
	}
	if text := v.otherErrors(); text != "" && !warnings {
		_, _ = io.WriteString(out, "ERROR\n"+quoted(text)+"\n")
	}
}

// otherErrors returns the errors of the go command that are in no block of a package.
func (v failureView) otherErrors() string {
	shown := map[string]bool{}
	for _, build := range v.noted.Builds.All() {
		for line := range strings.Lines(build) {
			shown[line] = true
		}
	}
	var text strings.Builder
	for line := range strings.Lines(observe.ErrorText(v.exec)) {
		if !shown[line] {
			text.WriteString(line)
		}
	}
	return text.String()
}

// writeBlock writes the block of a failure, with the newline behind it.
func (v failureView) writeBlock(out io.Writer, g failureGroup) {
	tc := g.last()
	title := "FAIL "
	if g.flaky {
		title = "FLAKY "
	}
	title += tc.Package
	broken := tc.Test == "" && observe.BuildFailed(tc.Package, v.exec.Package(tc.Package))
	switch {
	case broken:
		title += " (build failed)"
	case tc.Test != "":
		title += " " + tc.Test.Name()
	}
	b := newBlocks(out)
	defer b.flush()
	_, _ = fmt.Fprintln(b, plain.Line(title))
	f := v.places.describe(tc)
	if place := f.place(); place != "" {
		_, _ = fmt.Fprintf(b, "  at: %s\n", plain.Line(place))
	}
	_, _ = fmt.Fprintf(b, "  rerun: %s\n", plain.Line(v.places.rerun(f)))
	if isUnended(tc) {
		_, _ = fmt.Fprintf(b, "  %s\n", v.noted.Shown.Took(tc, v.exec))
	}
	if n := len(g.earlier); n > 0 {
		_, _ = fmt.Fprintf(b, "  attempts failed: %d\n", n+1)
	}
	for _, one := range g.cases {
		own, _ := v.split(one)
		if broken {
			own = []string{v.noted.Builds.Of(tc.Package)}
		}
		writeQuoted(b, v.noted, own)
	}
	_, _ = b.WriteString("\n")
}

// writeQuoted writes the output of a test into its block.
func writeQuoted(b *blocks, noted *observe.Handler, own []string) {
	if slices.ContainsFunc(own, func(lines string) bool { return strings.Contains(lines, "\x1b") }) {
		own = []string{plain.Text(strings.Join(own, ""))} // an escape sequence may go over several lines
	}
	_ = noted.WriteCut(quotes{b}, own) // it returns no errors
}

// quotes writes whole lines with a mark in front of each.
type quotes struct{ out *blocks }

func (q quotes) Write(lines []byte) (int, error) { return q.WriteString(string(lines)) }

// WriteString implements io.StringWriter.
func (q quotes) WriteString(lines string) (int, error) {
	_, err := q.out.WriteString(quoted(lines))
	return len(lines), err
}

// quoted returns a text with a mark in front of each line, so that no line of it looks like
// another part of a block.
func quoted(text string) string {
	var b strings.Builder
	for line := range strings.Lines(plain.Text(text)) {
		b.WriteString("  | " + plain.Lines(strings.TrimRight(line, "\r\n"), "\t") + "\n")
	}
	return b.String()
}
