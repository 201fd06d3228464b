package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"
	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
)

// failureView is what is shown of the failures of a run.
type failureView struct {
	exec   *testjson.Execution
	noted  *observe.Handler
	groups []failureGroup
	places annotator // of a run with failures
}

// failureGroup is a test that failed, or a package that failed without a failed test.
type failureGroup struct {
	cases   []testjson.TestCase // of the last attempt in which it failed: several with -count
	earlier []testjson.TestCase // of the attempts before
	flaky   bool
	// carrier is the test or package whose output has the crash of this test, nil for none.
	carrier *testjson.TestCase
}

func (g failureGroup) last() testjson.TestCase { return g.cases[len(g.cases)-1] }

// groupFailures returns the failures in the order in which they first happened. It leaves out
// tests that failed only because of a subtest, of which there is nothing to show.
func groupFailures(exec *testjson.Execution, flaky observe.Flaky) []failureGroup {
	type test struct{ pkg, name string }
	parents := observe.FailedParents(exec)
	index := map[test]int{}
	var groups []failureGroup
	for _, tc := range exec.Failed() {
		if tc.Test != "" && parents(tc) {
			continue
		}
		key := test{tc.Package, tc.Test.Name()}
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, failureGroup{})
		}
		g := &groups[i]
		if len(g.cases) > 0 && tc.RunID > g.last().RunID {
			g.earlier, g.cases = append(g.earlier, g.cases...), nil
		}
		g.cases, g.flaky = append(g.cases, tc), flaky.Has(tc)
	}
	return groups
}

// joinCrashes leaves out the top-level tests that failed only because a subtest panicked, and
// the packages that failed because of a timeout. The output of the crash is assigned to them;
// here it is shown with the test that caused it.
func (v *failureView) joinCrashes() {
	type name struct{ pkg, test string }
	carriers := map[name]testjson.TestCase{}
	v.groups = slices.DeleteFunc(v.groups, func(g failureGroup) bool {
		carries := v.places.crashes.told[caseOf(g.last())] || v.places.coversTimeout(g.last())
		if carries {
			carriers[name{g.last().Package, g.last().Test.Name()}] = g.last()
		}
		return carries
	})
	for i, g := range v.groups {
		tc := g.last()
		root := "" // the package
		if v.places.crashes.of[caseOf(tc)] != "" {
			root, _ = tc.Test.Split()
		}
		if carrier, ok := carriers[name{tc.Package, root}]; ok && v.places.crashOf(tc) != "" {
			v.groups[i].carrier = &carrier
		}
	}
}

// lines returns the output of a failure, with its crash before our notes.
func (v failureView) lines(tc testjson.TestCase) []string {
	own, notes := v.split(tc)
	return slices.Concat(own, notes)
}

// split is lines, with our notes apart.
func (v failureView) split(tc testjson.TestCase) (own, notes []string) {
	own, notes = observe.CutNotes(observe.FailureLines(tc, v.exec))
	crash, more := observe.CutNotes(slices.Collect(strings.Lines(v.places.crashOf(tc))))
	return slices.Concat(own, crash), slices.Concat(notes, more)
}

// isShown reports whether the output of a failure was shown when it failed.
func (v failureView) isShown(g failureGroup) bool {
	shown := v.noted.Shown
	return shown.Has(g.last(), v.exec) && (g.carrier == nil || shown.Has(*g.carrier, v.exec))
}

// write writes the last attempt of a failed test in full, and the earlier ones in one line.
func (v failureView) write(to io.Writer, g failureGroup) {
	shown := v.noted.Shown
	title := shown.Title
	if g.flaky {
		title = shown.FlakyTitle
	}
	text := newBlocks(to)
	defer text.flush()
	for i, tc := range g.cases {
		if i > 0 {
			_, _ = text.WriteString("\n")
		}
		_, _ = text.WriteString(title(tc, v.exec))
		_ = v.noted.WriteCut(text, v.lines(tc)) // it returns no errors
	}
	if len(g.earlier) > 0 {
		text.endLine()
		var attempts []string
		for _, tc := range g.earlier {
			attempts = append(attempts, fmt.Sprintf("attempt %d (%s)", tc.RunID+1, shown.Took(tc, v.exec)))
		}
		_, _ = fmt.Fprintf(text, "    also failed: %s\n", strings.Join(attempts, ", "))
	}
	text.endLine()
}

// longestLine is how long a line of the list may be, in characters. A narrower terminal shows it in
// two rows: without its end, it would often lack the place or the reason.
const longestLine = 160

// writeList writes a line for each failure: the test, its place and the first line of its
// message.
func (v failureView) writeList(out io.Writer) {
	if len(v.groups) == 0 {
		return
	}
	width := max(v.noted.Shown.Width(), longestLine)
	_, _ = io.WriteString(out, "\n")
	for _, flaky := range []bool{true, false} {
		for _, g := range v.groups {
			if g.flaky == flaky {
				_, _ = fmt.Fprintln(out, v.listLine(g, width))
			}
		}
	}
}

func isUnended(tc testjson.TestCase) bool { return tc.Elapsed == observe.NeverFinished }

// listLine returns the line of a failure, at most width characters long.
func (v failureView) listLine(g failureGroup, width int) string {
	tc := g.last()
	result, colored := "FAIL", color.RedString
	if g.flaky {
		result, colored = "FLAKY", color.YellowString
	}
	name := report.ShortPackage(tc.Package)
	switch {
	case tc.Test == "" && observe.BuildFailed(tc.Package, v.exec.Package(tc.Package)):
		name += " (build failed)"
	case tc.Test != "":
		name += " " + tc.Test.Name()
	}
	if isUnended(tc) {
		name += " (" + v.noted.Shown.Took(tc, v.exec) + ")"
	}
	line := " " + plain.Line(name) + "  " + v.places.describe(tc).where()
	return colored(result) + strings.TrimRight(cutLine(line, width-len(result)), " ")
}

// cutLine shortens a line to width cells of a terminal.
func cutLine(line string, width int) string {
	return displaywidth.TruncateString(line, max(1, width), "…")
}

// describe returns a failed test with its place.
func (a annotator) describe(tc testjson.TestCase) failedTest {
	f := failedTest{TestCase: tc, output: a.output(tc) + a.crashOf(tc)}
	f.annotation, f.annotated = a.annotate(f)
	return f
}

// where returns the place and the first line of the message of a failure.
func (f failedTest) where() string {
	place, message := f.place(), plain.Line(plain.Text(observe.FirstLine(f.output)))
	switch {
	case place == "":
		return message
	case message == "":
		return plain.Line(place)
	}
	return plain.Line(place) + ": " + message
}
