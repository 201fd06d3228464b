package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
)

// writeBlocks writes the blocks of the format failures. docs/formats.md promises their form.
func (v failureView) writeBlocks(out io.Writer, warnings bool) {
	for _, g := range v.groups {
		_, _ = io.WriteString(out, v.block(g))
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

// block returns the block of a failure, with the newline behind it.
func (v failureView) block(g failureGroup) string {
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
	var b strings.Builder
	fmt.Fprintln(&b, plain.Line(title))
	f := v.places.describe(tc)
	if place := f.place(); place != "" {
		fmt.Fprintf(&b, "  at: %s\n", plain.Line(place))
	}
	fmt.Fprintf(&b, "  rerun: %s\n", plain.Line(v.places.rerun(f)))
	if isUnended(tc) {
		fmt.Fprintf(&b, "  %s\n", v.noted.Shown.Took(tc, v.exec))
	}
	if n := len(g.earlier); n > 0 {
		fmt.Fprintf(&b, "  attempts failed: %d\n", n+1)
	}
	for _, one := range g.cases {
		own, _ := v.split(one)
		output := strings.Join(own, "")
		if broken {
			output = v.noted.Builds.Of(tc.Package)
		}
		b.WriteString(quoted(string(v.noted.Cut(output))))
	}
	b.WriteByte('\n')
	return b.String()
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
