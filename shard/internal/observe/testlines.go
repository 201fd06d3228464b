package observe

import (
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// IsFraming reports whether a line of a test's output is go test's own. Such a line has the
// name of the test or of a subtest, and its indentation is at most the depth of that test.
// Other lines of this form are printed by the test, as the output of another test.
func IsFraming(line, test string) bool {
	rest := strings.TrimLeft(line, " ")
	indent := len(line) - len(rest)
	for _, prefix := range []string{"=== RUN ", "=== PAUSE", "=== CONT ", "=== NAME ", "=== ATTR ", "--- PASS: ", "--- FAIL: ", "--- SKIP: "} {
		if of, ok := strings.CutPrefix(rest, prefix); ok {
			// Tests of testing.RunTests may have names with spaces.
			behind, ok := strings.CutPrefix(strings.TrimSpace(of), test)
			sub, _, _ := strings.Cut(behind, " ")
			return ok && (sub == "" || sub[0] == '/') && indent <= 4*strings.Count(test+sub, "/")
		}
	}
	return false
}

// HasLine reports whether a line of output matches.
func HasLine(output string, match func(line string) bool) bool {
	for line := range strings.Lines(output) {
		if match(line) {
			return true
		}
	}
	return false
}

// IsRace reports whether a line is the first one of the report of a data race.
func IsRace(line string) bool { return strings.HasPrefix(line, "WARNING: DATA RACE") }

// IsPanic reports whether a line is the first one of a panic or another runtime error.
func IsPanic(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}

// IsDeadlock reports whether a line is the runtime's report of a deadlock.
func IsDeadlock(line string) bool {
	return strings.HasPrefix(line, "fatal error: all goroutines are asleep")
}

// IsTimeout reports whether a line is from a test binary that has exceeded its -timeout.
func IsTimeout(line string) bool { return strings.HasPrefix(line, "panic: test timed out after ") }

// IsTimedOut reports whether a line is our own about a test or process that was ended because it
// took too long.
func IsTimedOut(line string) bool {
	note := noteOf(line)
	return strings.HasPrefix(note, text.TimedOut) || strings.Contains(note, text.Waited)
}

// IsDump reports whether a line is the first one of the goroutines that a process prints when it
// is asked for them.
func IsDump(line string) bool { return strings.HasPrefix(line, "SIGQUIT: quit") }

// IsPause reports whether a line is from a test that waits to run in parallel.
func IsPause(line string) bool { return strings.HasPrefix(line, "=== PAUSE ") }

// OwnLines returns the output of a test without the output of its subtests.
// Execution.OutputLines leaves that out only if one of the subtests failed.
func OwnLines(exec *testjson.Execution, tc testjson.TestCase) []string {
	return ownLines(exec.Package(tc.Package), tc.ID)
}

// ownLines is OwnLines for the test with that id, 0 for the package.
func ownLines(pkg *testjson.Package, id int) []string {
	var lines lineList
	_ = pkg.WriteOutputTo(&lines, id) // a list returns no errors
	return lines
}

type lineList []string

// WriteString implements io.StringWriter.
func (l *lineList) WriteString(line string) (int, error) {
	*l = append(*l, line)
	return len(line), nil
}
