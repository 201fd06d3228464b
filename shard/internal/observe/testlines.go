package observe

import (
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// IsFraming is whether a line of a test's output is go test's own: it names the test,
// or a subtest, and is indented no more than that one is deep. What else looks like
// one was printed by the test, as the output of another.
func IsFraming(line, test string) bool {
	rest := strings.TrimLeft(line, " ")
	indent := len(line) - len(rest)
	for _, prefix := range []string{"=== RUN ", "=== PAUSE", "=== CONT ", "=== NAME ", "=== ATTR ", "--- PASS: ", "--- FAIL: ", "--- SKIP: "} {
		if of, ok := strings.CutPrefix(rest, prefix); ok {
			name, _, _ := strings.Cut(strings.TrimSpace(of), " ")
			return (name == test || strings.HasPrefix(name, test+"/")) && indent <= 4*strings.Count(name, "/")
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

// IsRace reports whether a line begins the report of a data race.
func IsRace(line string) bool { return strings.HasPrefix(line, "WARNING: DATA RACE") }

// IsPanic reports whether a line begins a panic or another error of the runtime.
func IsPanic(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}

// IsDeadlock reports whether a line is the runtime's, of a process in which nothing can go on.
func IsDeadlock(line string) bool {
	return strings.HasPrefix(line, "fatal error: all goroutines are asleep")
}

// IsTimeout reports whether a line is that of a test binary past its -timeout.
func IsTimeout(line string) bool { return strings.HasPrefix(line, "panic: test timed out after ") }

// IsPause reports whether a line is that of a test that waits to run in parallel.
func IsPause(line string) bool { return strings.HasPrefix(line, "=== PAUSE ") }

// OwnLines is the output of a test without that of its subtests, which
// Execution.OutputLines leaves out only when one of them ended as failed.
func OwnLines(exec *testjson.Execution, tc testjson.TestCase) []string {
	var lines lineList
	_ = exec.Package(tc.Package).WriteOutputTo(&lines, tc.ID) // a list has no errors
	return lines
}

type lineList []string

// WriteString implements io.StringWriter.
func (l *lineList) WriteString(line string) (int, error) {
	*l = append(*l, line)
	return len(line), nil
}
