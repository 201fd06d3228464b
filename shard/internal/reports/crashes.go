package reports

import (
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// crashes has the panics, fatal errors and timeouts of a run. Each of them ended all tests
// of its process.
type crashes struct {
	all map[string][]crash // by package
	// of is the output of the panic of a subtest. The go command assigns this output to
	// the top-level test. told has these top-level tests.
	of   map[testCase]string
	told map[testCase]bool
	// unclear has subtests one of which panicked, where it is not known which one.
	unclear map[testCase]bool
}

// crash is a failure whose output has a panic, a fatal error or a timeout.
type crash struct {
	testjson.TestCase
	output string
}

// testCase is one run of a test.
type testCase struct {
	pkg string
	id  int
}

func caseOf(tc testjson.TestCase) testCase { return testCase{tc.Package, tc.ID} }

func (a annotator) findCrashes() crashes {
	c := crashes{all: map[string][]crash{}, of: map[testCase]string{}, told: map[testCase]bool{}, unclear: map[testCase]bool{}}
	for _, tc := range a.exec.Failed() {
		output := a.output(tc)
		if !observe.HasLine(output, observe.IsPanic) {
			continue
		}
		c.all[tc.Package] = append(c.all[tc.Package], crash{tc, output})
		if tc.Test == "" || tc.Test.IsSubTest() || observe.HasLine(output, observe.IsTimeout) || !panickedInSubtest(output, tc.Test.Name()) {
			continue
		}
		leaves := a.failedLeaves(tc)
		if leaf, ok := a.panickedOf(leaves); ok {
			c.of[caseOf(leaf)] = output
			c.told[caseOf(tc)] = true
			continue
		}
		for _, leaf := range leaves {
			c.unclear[caseOf(leaf)] = true
		}
	}
	return c
}

// panickedInSubtest reports whether the first stack of a panic belongs to a subtest: then
// the outermost function, which package testing called, is not the top-level test.
func panickedInSubtest(output, test string) bool {
	_, stack, _ := strings.Cut(output, "\ngoroutine ")
	stack, _, _ = strings.Cut(stack, "\n\n")
	function := ""
	for line := range strings.Lines(stack) {
		switch {
		case strings.HasPrefix(line, "\t"): // the file and line of the function
		case strings.HasPrefix(line, "testing.tRunner("):
			// A function of package testing, such as one that runs cleanups, may belong to any test.
			return !strings.HasPrefix(function, "testing.") && !strings.Contains(function, "."+test+"(")
		default:
			function = line
		}
	}
	return false
}

// failedLeaves returns the subtests of one run of a top-level test that failed before the
// test and that have no failed subtests, in the order of their ends. Tests that the panic
// ended come after the top-level test.
func (a annotator) failedLeaves(root testjson.TestCase) []testjson.TestCase {
	pkg := a.exec.Package(root.Package)
	var leaves []testjson.TestCase
	for _, tc := range pkg.Failed {
		if tc.ID == root.ID {
			break
		}
		// A subtest with a smaller ID belongs to an earlier run, as with -count.
		if tc.ID > root.ID && strings.HasPrefix(tc.Test.Name(), root.Test.Name()+"/") && !a.parents(tc) {
			leaves = append(leaves, tc)
		}
	}
	return leaves
}

// panickedOf returns which of the failed subtests panicked, if that is clear. If they ran
// one after another, it is the last one. If some of them ran in parallel, another one may
// end during the panic: then it is the only one without output.
func (a annotator) panickedOf(leaves []testjson.TestCase) (testjson.TestCase, bool) {
	if len(leaves) == 0 {
		return testjson.TestCase{}, false
	}
	if len(leaves) == 1 || !slices.ContainsFunc(leaves, a.isParallel) {
		return leaves[len(leaves)-1], true
	}
	silent := slices.DeleteFunc(slices.Clone(leaves), func(leaf testjson.TestCase) bool { return a.output(leaf) != "" })
	if len(silent) != 1 {
		return testjson.TestCase{}, false
	}
	return silent[0], true
}

// crashOf returns the output of the panic or the timeout of a failed test that is not part of
// the test's own output. If that has our notes, the crash has none.
func (a annotator) crashOf(tc testjson.TestCase) string {
	crash := a.crashes.of[caseOf(tc)] + a.timeoutOf(tc)
	if crash == "" || observe.RerunOf(a.output(tc)) == "" {
		return crash
	}
	own, _ := observe.CutNotes(slices.Collect(strings.Lines(crash)))
	return strings.Join(own, "")
}

// coversTimeout reports whether a failure is the timeout of a package, which is shown with the
// first of its tests without an end.
func (a annotator) coversTimeout(tc testjson.TestCase) bool {
	return tc.Test == "" && slices.ContainsFunc(a.exec.Package(tc.Package).Failed, isUnended)
}

// timeoutOf returns what the timeout of a package printed, for the first test that it ended.
// testjson assigns this output to the package.
func (a annotator) timeoutOf(tc testjson.TestCase) string {
	pkg := a.exec.Package(tc.Package)
	if !pkg.TestMainFailed() || !isUnended(tc) {
		return ""
	}
	first := tc // of the last attempt
	for _, other := range pkg.Failed {
		earlier := other.RunID == first.RunID && other.ID < first.ID
		if isUnended(other) && !a.parents(other) && (other.RunID > first.RunID || earlier) {
			first = other
		}
	}
	if first.ID != tc.ID || a.parents(tc) {
		return ""
	}
	return lastTimeout(a.output(testjson.TestCase{Package: tc.Package}), tc)
}

// lastTimeout returns what a package printed in its last attempt, without the line about the
// package: testjson has the output of all attempts in one.
func lastTimeout(output string, tc testjson.TestCase) string {
	attempt, rest := "", []string(nil)
	for line := range strings.Lines(output) {
		switch {
		case strings.HasPrefix(line, gotest.ResultFail+tc.Package+"\t"):
			attempt, rest = strings.Join(rest, ""), nil
		case !observe.IsFraming(line, tc.Test.Name()):
			rest = append(rest, line)
		}
	}
	if text := strings.Join(rest, ""); strings.TrimSpace(text) != "" { // the line about the package is missing
		return text
	}
	return attempt
}

// isParallel reports whether a test, or one of its parents, called t.Parallel.
func (a annotator) isParallel(tc testjson.TestCase) bool {
	pkg := a.exec.Package(tc.Package)
	return slices.ContainsFunc(pkg.Failed, func(other testjson.TestCase) bool {
		around := other.ID == tc.ID || other.Test.IsSubTest() && strings.HasPrefix(tc.Test.Name(), other.Test.Name()+"/")
		return around && slices.ContainsFunc(observe.OwnLines(a.exec, other), observe.IsPause)
	})
}

// neverContinued reports whether a parallel test was still paused.
func (a annotator) neverContinued(tc testjson.TestCase) bool {
	lines := observe.OwnLines(a.exec, tc)
	continued := func(line string) bool { return strings.HasPrefix(line, "=== CONT ") }
	return slices.ContainsFunc(lines, observe.IsPause) && !slices.ContainsFunc(lines, continued)
}

// endedByAnother reports whether a test failed only because another test ended its process,
// and has no output of its own.
func (a annotator) endedByAnother(f failedTest) bool {
	crashes := slices.DeleteFunc(slices.Clone(a.crashes.all[f.Package]), func(c crash) bool {
		return c.Test != "" && (c.RunID != f.RunID || c.ID == f.ID)
	})
	if f.Elapsed == observe.NeverFinished {
		return len(crashes) > 0 || a.exec.Package(f.Package).TestMainFailed()
	}
	// With workers, such a test has an end, and notes in its output.
	noted := observe.HasLine(f.output, func(line string) bool {
		return strings.HasPrefix(line, text.NotePrefix+split.EndedBy) || strings.HasPrefix(line, text.NotePrefix+split.Crashed)
	})
	said := observe.HasLine(f.output, func(line string) bool { return !text.IsNote(line) })
	switch {
	case said:
		return false
	case noted, a.neverContinued(f.TestCase):
		return len(crashes) > 0
	case a.crashes.unclear[caseOf(f.TestCase)]:
		return true
	}
	return slices.ContainsFunc(crashes, func(c crash) bool {
		return observe.HasLine(c.output, observe.IsTimeout) && observe.HasLine(c.output, func(line string) bool {
			return strings.HasPrefix(line, "\t\t"+f.Test.Name()+" (") // in the list of running tests
		})
	})
}
