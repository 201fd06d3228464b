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
const notRun = text.NotePrefix + NotRun

// NotRun begins the note of such a test.
const NotRun = "not run: "

// DidNotRun reports whether a test with that output failed because it did not run.
func DidNotRun(output []string) bool {
	return slices.ContainsFunc(output, func(line string) bool { return strings.Contains("\n"+line, "\n"+notRun) })
}

// IsOutsideTests reports whether a test is OutsideTests, or OutsideTests of one worker.
func IsOutsideTests(test string) bool {
	return test == OutsideTests || strings.HasPrefix(test, OutsideTests+"@")
}

// WithoutWorker returns the name of a test in mode each without that of its worker, which the
// name of its top-level test ends with.
func WithoutWorker(test string) string {
	root, subtest, nested := strings.Cut(test, "/")
	root, _, _ = strings.Cut(root, "@gw")
	if nested {
		return root + "/" + subtest
	}
	return root
}

// outside are the failures outside all tests, by the name of the test that represents
// them. In mode each, the name has the worker's suffix. The zero value is ready to use.
type outside struct {
	labels []string // in the order of their first failures
	texts  map[string][]string
	said   map[string]int // number of notes among the texts
	more   map[string]int // number of notes that were left out
	notes  []string
}

// mostNotes is how many notes a test shows. There may be one for each process, or for each
// test.
const mostNotes = 3

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
		o.texts, o.said, o.more = map[string][]string{}, map[string]int{}, map[string]int{}
	}
	if _, ok := o.texts[label]; !ok {
		o.labels = append(o.labels, label)
	}
	printed := f.printed
	if printed != "" && !strings.HasSuffix(printed, "\n") {
		printed += "\n"
	}
	if printed != "" && !o.has(label, printed) {
		o.texts[label] = append(o.texts[label], printed)
	}
	switch note := text.Note(f.note); {
	case o.has(label, note):
	case o.said[label] == mostNotes:
		o.more[label]++
	default:
		o.said[label]++
		o.texts[label] = append(o.texts[label], note)
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

// write writes the failed tests, each with a line about how to run the package again.
func (o *outside) write(m *text.Merge, rerun string) {
	for _, label := range o.labels {
		words := strings.Join(o.texts[label], "")
		if n := o.more[label]; n > 0 {
			words += text.Note(andMore(n))
		}
		m.Test(label, words+rerun, "FAIL")
	}
}

func andMore(notes int) string { return fmt.Sprintf("and %d more of these lines", notes) }

// writeLines writes the notes as output of the package. It is for a package in which no
// test ran, where formats and reports show that output. unrun is a line about that, or empty.
func (o *outside) writeLines(m *text.Merge, unrun, rerun string) {
	for i, note := range o.notes {
		if i == mostNotes {
			m.Line(text.PackageNote(andMore(len(o.notes) - i)))
			break
		}
		m.Line(text.PackageNote(note))
	}
	if unrun != "" {
		m.Line(unrun)
	}
	if len(o.notes) > 0 {
		m.Line(strings.TrimLeft(rerun, " "))
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

// raceExit is the exit code of a process in which a data race was found, also in a test.
const raceExit = 66

// failedOutside is FailedOutside, and stricter if exit codes count.
func failedOutside(p Process, code int, codes bool) string {
	why := FailedOutside(p, code)
	if why == "" && codes && p.Verdict() == "FAIL" && code > 1 && code != raceExit {
		return fmt.Sprintf("failed not only in its tests (exit status %d)", code)
	}
	return why
}
