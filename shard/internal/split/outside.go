package split

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// OutsideTests is the name of a test that represents failures outside all tests of a split
// package: in init or TestMain, by a crash between two tests, or because a test did not
// run or ran twice. gotestsum's JUnit file uses the same name for a package that failed
// without a failed test. It is a failed test because formats and reports show the output
// of a package itself only if none of its tests failed.
const OutsideTests = "TestMain"

// notRun begins the output of a test that fails because it did not run.
const notRun = "    gotestshard: not run: "

// DidNotRun reports whether a test with that output failed because it did not run.
func DidNotRun(output []string) bool {
	return slices.ContainsFunc(output, func(line string) bool { return strings.Contains("\n"+line, "\n"+notRun) })
}

// IsOutsideTests reports whether a test is OutsideTests, or OutsideTests of one worker.
func IsOutsideTests(test string) bool {
	return test == OutsideTests || strings.HasPrefix(test, OutsideTests+"@")
}

// outside are the failures outside all tests, by the name of the test that represents
// them. In mode each, the name has the worker's suffix. The zero value is ready to use.
type outside struct {
	labels []string // in the order of their first failures
	texts  map[string][]string
	notes  []string
}

// failure is a failure outside all tests.
type failure struct {
	printed string // by the process, may be empty
	note    string // a message about it
}

// add adds a failure. Text that was added before is left out.
func (o *outside) add(label string, f failure) {
	if !slices.Contains(o.notes, f.note) {
		o.notes = append(o.notes, f.note)
	}
	if o.texts == nil {
		o.texts = map[string][]string{}
	}
	if _, ok := o.texts[label]; !ok {
		o.labels = append(o.labels, label)
	}
	printed := f.printed
	if printed != "" && !strings.HasSuffix(printed, "\n") {
		printed += "\n"
	}
	for _, words := range []string{printed, "    gotestshard: " + f.note + "\n"} {
		if words != "" && !o.has(label, words) {
			o.texts[label] = append(o.texts[label], words)
		}
	}
}

func (o *outside) has(label, words string) bool {
	for _, other := range o.texts[label] {
		if text.SameWords(other, words) {
			return true
		}
	}
	return false
}

// write writes the failed tests.
func (o *outside) write(m *text.Merge) {
	for _, label := range o.labels {
		m.Test(label, strings.Join(o.texts[label], ""), "FAIL")
	}
}

// writeLines writes the notes as output of the package. It is for a package in which no
// test ran, where formats and reports show that output.
func (o *outside) writeLines(m *text.Merge) {
	for _, note := range o.notes {
		m.Line("gotestshard: " + note + "\n")
	}
}

// Process is the state of a test process that has ended.
type Process interface {
	// Started are the top-level tests that have started.
	Started() []string
	// Failed reports whether a top-level test has failed.
	Failed() bool
	// Verdict is PASS or FAIL, the last line of m.Run, or empty.
	Verdict() string
}

// FailedOutside returns what is wrong with a process that ended before its first test or
// reached the end of m.Run. It is empty if the tests explain the exit code.
func FailedOutside(p Process, code int) string {
	switch verdict := p.Verdict(); {
	case verdict == "" && code != 0 && len(p.Started()) == 0:
		return fmt.Sprintf("ended before its first test (exit status %d)", code)
	case verdict == "PASS" && code != 0:
		return fmt.Sprintf("failed after its tests had passed (exit status %d)", code)
	case verdict == "FAIL" && !p.Failed():
		return "failed, although none of its tests failed"
	}
	return ""
}
