package observe

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// Took returns how long a test ran, in words if it has no end.
func (s *Shown) Took(tc testjson.TestCase, exec *testjson.Execution) string {
	if tc.Elapsed != NeverFinished {
		return testjson.FormatDurationAsSeconds(tc.Elapsed, 2)
	}
	words := s.howItEnded(tc, exec.Package(tc.Package))
	if ran := s.ran(tc); ran > 0 {
		words += " after " + report.Took(ran)
	}
	return words
}

// howItEnded says why a test has no end.
func (s *Shown) howItEnded(tc testjson.TestCase, pkg *testjson.Package) string {
	if s.Interrupted != nil {
		if at := s.Interrupted(tc.Package); !at.IsZero() && !s.last[tc.Package].Before(at) {
			return "interrupted"
		}
	}
	output := func(id int) bool {
		return slices.ContainsFunc(ownLines(pkg, id), func(line string) bool { return IsTimeout(line) || IsTimedOut(line) })
	}
	switch {
	case pkg.Result() == "": // its commands ended first
		return "interrupted"
	case output(tc.ID), output(0):
		return "timed out"
	case isOnlyUnended(tc, pkg):
		return "ended the process"
	}
	return "its process ended"
}

// isOnlyUnended reports whether no other test was running when the process of a test ended,
// except the tests around it and its subtests, and no other test panicked: package testing
// prints the end of a test before its panic.
func isOnlyUnended(tc testjson.TestCase, pkg *testjson.Package) bool {
	inside := func(a, b testjson.TestName) bool { return strings.HasPrefix(a.Name()+"/", b.Name()+"/") }
	return !slices.ContainsFunc(pkg.Failed, func(other testjson.TestCase) bool {
		together := other.Elapsed == NeverFinished && other.RunID == tc.RunID
		return together && !inside(other.Test, tc.Test) && !inside(tc.Test, other.Test)
	}) && !slices.ContainsFunc(pkg.Failed, func(other testjson.TestCase) bool {
		return other.Elapsed != NeverFinished && other.RunID == tc.RunID && panickedAtEnd(other, pkg)
	})
}

// panickedAtEnd reports whether a failed test has a panic after its end.
func panickedAtEnd(tc testjson.TestCase, pkg *testjson.Package) bool {
	lines := ownLines(pkg, tc.ID)
	end := slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "--- FAIL: ") && IsFraming(line, tc.Test.Name())
	})
	return end >= 0 && HasLine(strings.Join(lines[end+1:], ""), IsPanic)
}

// ran returns how long a test without an end ran, 0 if that is not known.
func (s *Shown) ran(tc testjson.TestCase) time.Duration {
	last := s.last[tc.Package]
	if tc.Time.IsZero() || last.IsZero() {
		return 0
	}
	return max(0, last.Sub(tc.Time))
}

// Title returns the line above the output of a failure.
func (s *Shown) Title(tc testjson.TestCase, exec *testjson.Execution) string {
	return s.title(color.RedString("FAIL"), tc, exec)
}

// FlakyTitle is Title for a test that passed in the end.
func (s *Shown) FlakyTitle(tc testjson.TestCase, exec *testjson.Execution) string {
	return s.title(color.YellowString("FLAKY"), tc, exec)
}

// SkippedTitle is Title for a test that was skipped.
func (s *Shown) SkippedTitle(tc testjson.TestCase, exec *testjson.Execution) string {
	return s.title(color.YellowString("SKIP"), tc, exec)
}

func (s *Shown) title(result string, tc testjson.TestCase, exec *testjson.Execution) string {
	pkg := report.ShortPackage(tc.Package)
	switch {
	case tc.Test == "" && BuildFailed(tc.Package, exec.Package(tc.Package)):
		return fmt.Sprintf("=== %s: %s (build failed)\n", result, pkg)
	case tc.Test == "":
		return fmt.Sprintf("=== %s: %s\n", result, pkg)
	}
	attempt := ""
	if tc.RunID > 0 {
		attempt = fmt.Sprintf(" (re-run %d)", tc.RunID)
	}
	return fmt.Sprintf("=== %s: %s %s%s (%s)\n", result, pkg, tc.Test, attempt, s.Took(tc, exec))
}

// FailureLines returns the output of a failed test, or of a package that failed without a
// failed test, without go test's own lines. Build errors are not part of it. The last lines
// are strings of their own; the strings before them may have several lines each, so that a
// long output is not copied.
func FailureLines(tc testjson.TestCase, exec *testjson.Execution) []string {
	if tc.Test == "" {
		pkg := exec.Package(tc.Package)
		if BuildFailed(tc.Package, pkg) {
			return nil
		}
		lines := wholeLines(ownLines(pkg, 0))
		if last := len(lines) - 1; last >= 0 && strings.HasPrefix(lines[last], gotest.ResultFail+tc.Package+"\t") {
			lines = lines[:last]
		}
		if last := len(lines) - 1; last >= 0 && lines[last] == "FAIL\n" {
			lines = lines[:last] // the verdict of a split package, which comes after our notes
		}
		return lines
	}
	var own []string
	for _, line := range exec.OutputLines(tc) {
		if !IsFraming(line, tc.Test.Name()) {
			own = append(own, line)
		}
	}
	return wholeLines(own)
}

// ownLastLines is how many lines at the end of an output may be ours or go test's.
const ownLastLines = 3

// wholeLines returns output in strings of whole lines, the last ones with a single line.
func wholeLines(output []string) []string {
	whole := make([]string, 0, len(output)+ownLastLines)
	var open []byte // a line without its end
	for _, text := range output {
		if len(open) > 0 {
			end := strings.IndexByte(text, '\n') + 1
			if open = append(open, text[:cmp.Or(end, len(text))]...); end == 0 {
				continue
			}
			whole, open, text = append(whole, string(open)), open[:0], text[end:]
		}
		end := strings.LastIndexByte(text, '\n') + 1
		if end > 0 {
			whole = append(whole, text[:end])
		}
		open = append(open, text[end:]...)
	}
	if len(open) > 0 {
		whole = append(whole, string(open))
	}
	last := len(whole)
	for lines := 0; last > 0 && lines < ownLastLines; {
		last--
		lines += max(1, strings.Count(whole[last], "\n"))
	}
	return slices.AppendSeq(whole[:last:last], strings.Lines(strings.Join(whole[last:], "")))
}

// more returns what to show of an event after what the format shows.
func (h *Handler) more(event testjson.TestEvent, exec *testjson.Execution) string {
	switch {
	case h.benches && event.Action == testjson.ActionOutput:
		return h.bench.result(event)
	case h.Shown.atOnce && event.Action == testjson.ActionFail:
		return h.failure(event, exec)
	}
	return ""
}

// longestTitle is about how much a failure has besides its output, in bytes.
const longestTitle = 512

// failure returns the text of a test or package that an event ends.
func (h *Handler) failure(event testjson.TestEvent, exec *testjson.Execution) string {
	pkg := exec.Package(event.Package)
	tc := testjson.TestCase{Package: event.Package}
	switch {
	case event.Test != "":
		tc = pkg.LastFailedByName(event.Test)
	case len(pkg.Failed) > 0 || BuildFailed(event.Package, pkg): // the summary has the build errors
		return ""
	}
	lines := FailureLines(tc, exec)
	if tc.Test == "" && len(lines) == 0 || tc.Test != "" && failedBySubtests(tc, exec) { // the events of the tests that were running come at the end
		return ""
	}
	var text strings.Builder
	if h.limit.Lines == 0 { // it may be long: growing step by step would need twice the memory
		size := 0
		for _, line := range lines {
			size += len(line)
		}
		text.Grow(size + longestTitle)
	}
	text.WriteString(h.Shown.Title(tc, exec))
	_ = h.WriteCut(&text, lines) // a builder returns no errors
	if !strings.HasSuffix(text.String(), "\n") {
		text.WriteByte('\n')
	}
	text.WriteByte('\n')
	return text.String()
}

// failedBySubtests reports whether a test failed only because a subtest did: it has no lines of
// its own.
func failedBySubtests(tc testjson.TestCase, exec *testjson.Execution) bool {
	own, _ := CutNotes(FailureLines(tc, exec))
	return len(own) == 0 && hasFailedSubtest(exec.Package(tc.Package), tc)
}

func hasFailedSubtest(pkg *testjson.Package, tc testjson.TestCase) bool {
	for _, other := range pkg.Failed {
		if other.RunID == tc.RunID && strings.HasPrefix(other.Test.Name(), tc.Test.Name()+"/") {
			return true
		}
	}
	return false
}

// WriteCut writes the output of a test as far as it is shown.
func (h *Handler) WriteCut(out io.Writer, lines []string) error {
	return h.limit.Write(out, lines, h.rest)
}
