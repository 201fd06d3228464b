package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Summary is the result of a finished run for people.
type Summary struct {
	// The figures of the last line of a run; see Figures.
	Tests, Passed, Failed, FlakyTests, Skipped, Errors int
	// Started is when the run began, zero if unknown.
	Started time.Time
	Elapsed time.Duration
	// OK is whether the run ended well.
	OK bool
	// Failures are the tests that failed in the end, and packages that failed without
	// a failed test.
	Failures []Failure
	// Flaky are the tests that failed and then passed in a rerun.
	Flaky []Failure
	// Quarantined are the tests that failed, but whose failures do not count. The output of each is
	// why not, and until when.
	Quarantined []Failure
	// Diagnoses are why tests failed, nil if that was not found out.
	Diagnoses []Diagnosis
	// Output is what the go command printed besides the tests, such as build errors.
	Output string
	Shards Shards
	// Slowest are the slowest tests, slowest first.
	Slowest []Test
	// Coverage is what go test prints for each package, by import path: "87.5% of
	// statements".
	Coverage map[string]string
	// Packages are all packages of the run, sorted by name.
	Packages []PackageSummary
	// LeftOut is how many other packages a change does not concern, so that they did not run.
	LeftOut int
}

// Failure is a failed test, or a failed package if its Name is empty.
type Failure struct {
	Test
	Place   string // file:line, empty if unknown
	Link    string // address of the place at the tested commit, empty if unknown
	Message string // the first line of the reason, empty if unknown
	Ended   string // why a test has no end, empty if it has one
	Worker  string // that ran it, empty if unknown
	Rerun   string // the command that runs it again, empty if unknown
	Output  string
}

// PackageSummary is the result of one package.
type PackageSummary struct {
	Name   string
	Result PackageResult
	// The figures of the package; see Figures.
	Tests, Failed, Skipped int
	Elapsed                time.Duration
}

// PackageResult is how a package ended.
type PackageResult string

// The results of a package. A flaky one passed in the end.
const (
	PackageFailed     PackageResult = "failed"
	PackageUnfinished PackageResult = "did not finish"
	PackageFlaky      PackageResult = "flaky"
	PackagePassed     PackageResult = "passed"
	PackageEmpty      PackageResult = "no tests"
)

const (
	// LongestOutput is how much of a failure's output is shown, in bytes.
	LongestOutput = 64 << 10
	// shortestOutput is the smallest part of an output that is worth showing.
	shortestOutput = 1 << 10
	// longestName is how much of a name is shown, in characters.
	longestName = 300
)

// shortName returns a name on one line, shortened if it is too long.
func shortName(name string) string {
	return plain.Cut(plain.Line(plain.Text(name)), longestName)
}

// CutOutput leaves out the middle of a text that is longer than limit bytes, in whole
// lines if possible.
func CutOutput(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	half := max(0, (limit-100)/2)
	first, last := text[:half], text[len(text)-half:]
	if i := strings.LastIndexByte(first, '\n'); i > half/2 {
		first = first[:i+1]
	} else {
		first = strings.ToValidUTF8(first, "") + "\n"
	}
	if i := strings.IndexByte(last, '\n'); i >= 0 && i < half/2 {
		last = last[i+1:]
	}
	return first + fmt.Sprintf("… %d bytes left out …\n", len(text)-len(first)-len(last)) + strings.ToValidUTF8(last, "")
}
