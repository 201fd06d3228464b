package reports

import (
	"fmt"
	"io"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// writeFailuresFormat writes the format failures: a block for each failure, and the last line
// of a run. docs/formats.md promises its form.
func (s *summary) writeFailuresFormat(out io.Writer, exec *testjson.Execution) {
	places := s.places(exec)
	for _, g := range groupFailures(exec, s.flaky) {
		_, _ = io.WriteString(out, s.failureBlock(places, g, exec))
	}
	if text := s.otherErrors(exec); text != "" {
		_, _ = io.WriteString(out, "ERROR\n"+quoted(text)+"\n")
	}
	s.writeDone(out, exec)
}

// otherErrors returns the errors of the go command that are in no block of a package.
func (s *summary) otherErrors(exec *testjson.Execution) string {
	if s.warnings {
		return ""
	}
	shown := map[string]bool{}
	for _, build := range s.Noted.Builds.All() {
		for line := range strings.Lines(build) {
			shown[line] = true
		}
	}
	var text strings.Builder
	for line := range strings.Lines(observe.ErrorText(exec)) {
		if !shown[line] {
			text.WriteString(line)
		}
	}
	return text.String()
}

// failureBlock returns the block of a failure, with the newline behind it.
func (s *summary) failureBlock(places annotator, g failureGroup, exec *testjson.Execution) string {
	tc := g.last()
	title := "FAIL "
	if g.flaky {
		title = "FLAKY "
	}
	title += tc.Package
	broken := tc.Test == "" && observe.BuildFailed(tc.Package, exec.Package(tc.Package))
	switch {
	case broken:
		title += " (build failed)"
	case tc.Test != "":
		title += " " + tc.Test.Name()
	}
	var b strings.Builder
	fmt.Fprintln(&b, plain.Line(title))
	f := places.describe(tc)
	if place := f.place(); place != "" {
		fmt.Fprintf(&b, "  at: %s\n", plain.Line(place))
	}
	fmt.Fprintf(&b, "  rerun: %s\n", plain.Line(s.rerunCommand(tc)))
	if isUnended(tc) {
		fmt.Fprintf(&b, "  %s\n", s.Noted.Shown.Took(tc))
	}
	if n := len(g.earlier); n > 0 {
		fmt.Fprintf(&b, "  attempts failed: %d\n", n+1)
	}
	for _, one := range g.cases {
		output := strings.Join(observe.FailureLines(one, exec), "")
		if broken {
			output = s.Noted.Builds.Of(tc.Package)
		}
		b.WriteString(quoted(string(s.Noted.Cut(output))))
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

// rerunCommand returns the command that runs a failed test again.
func (s *summary) rerunCommand(tc testjson.TestCase) string {
	var args gotest.Args
	if !s.opts.RawCommand && s.opts.Merge == nil && len(s.opts.Shards) == 0 {
		args = s.opts.Args
	}
	var binary []string
	if tc.Test != "" && !split.IsOutsideTests(tc.Test.Name()) {
		var levels []string
		for level := range strings.SplitSeq(tc.Test.Name(), "/") {
			levels = append(levels, gotest.NamesPattern([]string{level}))
		}
		binary = []string{gotest.FlagPrefix + "run=" + strings.Join(levels, "/")}
	}
	return strings.Join(gotest.Repro(args, tc.Package, binary), " ")
}
