package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Summary is what there is to say to people about a run that has ended.
type Summary struct {
	// Tests counts the attempts of all tests, subtests too, as the last line of a
	// run does; Passed and Skipped are those that did. Errors are the go command's.
	Tests, Passed, Skipped, Errors int
	// Started is when the run began, zero when that is not known.
	Started time.Time
	Elapsed time.Duration
	// OK is whether the run ended well.
	OK bool
	// Failures are the tests, and the packages without one, that failed in the end.
	Failures []Failure
	// Flaky are those that failed and passed when they ran again.
	Flaky []Failure
	// Output is what the go command said beside the tests, such as errors of a build.
	Output string
	Shards Shards
	// Slowest are the tests that took longest, those first.
	Slowest []Test
	// Coverage is what go test says of each package, by its import path: "87.5% of
	// statements".
	Coverage map[string]string
	// Packages are all that the run knows of, in the order of their names.
	Packages []PackageSummary
}

// Failure is one test that failed; its Name is empty for a package.
type Failure struct {
	Test
	Place  string // file:line, empty when it is not known
	Output string
}

// PackageSummary is what became of one package.
type PackageSummary struct {
	Name   string
	Result PackageResult
	// Tests counts attempts, subtests too; Failed and Skipped are those that did.
	Tests, Failed, Skipped int
	Elapsed                time.Duration
}

// PackageResult is how a package ended.
type PackageResult string

// What becomes of a package. A flaky one has passed in the end.
const (
	PackageFailed     PackageResult = "failed"
	PackageUnfinished PackageResult = "did not finish"
	PackageFlaky      PackageResult = "flaky"
	PackagePassed     PackageResult = "passed"
	PackageEmpty      PackageResult = "no tests"
)

const (
	// longestOutput is how much of a failure's output is shown, in bytes.
	longestOutput = 64 << 10
	// shortestOutput is what is not worth showing.
	shortestOutput = 1 << 10
	// longestName is how much of a name is shown, in characters.
	longestName = 300
)

// shortName is a name on one line, cut where it is too long to be one.
func shortName(name string) string {
	name = printable(withoutEscapes(name))
	if utf8.RuneCountInString(name) <= longestName {
		return name
	}
	return string([]rune(name)[:longestName]) + "…"
}

// cutOutput leaves out the middle of a text that is longer than limit bytes, whole
// lines where there are some.
func cutOutput(text string, limit int) string {
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
