package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
)

// WriteSurefire writes a file that is valid against the schema of Jenkins' xunit plugin
// for Maven Surefire. Every test is in it once. Earlier attempts are its flakyFailure or
// rerunFailure (gotestsum#281). Build errors are the error of their package
// (gotestsum#16, #475). The output of passed tests is included (gotestsum#118). The
// reason and place of a failure (gotestsum#380) are the failure's message and properties
// of the suite, because the schema has no file, line or properties for a test case. Test
// cases are in the order of their start.
func (j JUnit) WriteSurefire(out io.Writer, exec *testjson.Execution) error {
	var all surefireCounts
	var suites []surefireSuite
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		if j.hides(name, pkg) {
			continue
		}
		suite := j.surefireSuite(name, pkg)
		all.tests += suite.tests
		all.failures += suite.failures
		all.errors += suite.errors
		suites = append(suites, suite)
	}
	w := newXMLWriter(out)
	w.start("testsuites", optional("name", plain.Text(j.ProjectName)), number("tests", all.tests), number("failures", all.failures),
		number("errors", all.errors), text("time", milliseconds(cmp.Or(j.Elapsed, exec.Elapsed()))))
	for _, suite := range suites {
		j.writeSurefireSuite(w, suite)
	}
	w.end("testsuites")
	return w.close()
}

// surefireSuite is a package without the output of its tests. The output is loaded only
// while a test is written.
type surefireSuite struct {
	surefireCounts
	name       string
	pkg        *testjson.Package
	cases      [][]attempt
	properties []junitProperty
}

type surefireCounts struct{ tests, failures, errors, skipped int }

func (j JUnit) surefireSuite(name string, pkg *testjson.Package) surefireSuite {
	suite := surefireSuite{name: name, pkg: pkg, properties: j.properties(name)}
	if failedOutside(pkg) {
		suite.tests++
		suite.errors++
		suite.addPlace("TestMain", j.failure(testjson.TestCase{Package: name}))
		suite.properties = append(suite.properties, j.diagnosis(name, "TestMain").properties("TestMain.")...)
	}
	for _, attempts := range testsOf(pkg) {
		last := attempts[len(attempts)-1]
		switch {
		case last.result == testjson.ActionSkip && j.HideSkippedTests:
			continue
		case last.result == testjson.ActionSkip:
			suite.skipped++
		case last.result == testjson.ActionFail:
			suite.failures++
		}
		suite.tests++
		suite.cases = append(suite.cases, attempts)
		for _, property := range attributes(last.TestCase, last.Test.Name()+".") {
			if !strings.HasSuffix(property.Name, "."+WorkerProperty) { // the suite has it already
				property.Name, property.Value = plain.Text(property.Name), plain.Text(property.Value)
				suite.properties = append(suite.properties, property)
			}
		}
		for _, a := range slices.Backward(attempts) {
			if a.result == testjson.ActionFail {
				suite.addPlace(a.Test.Name(), j.failure(a.TestCase))
				break
			}
		}
		suite.properties = append(suite.properties, j.diagnosis(name, last.Test.Name()).properties(plain.Text(last.Test.Name())+".")...)
	}
	return suite
}

// failedOutside reports whether a package failed without a failed test. After a timeout,
// testjson's TestMainFailed holds as well.
func failedOutside(pkg *testjson.Package) bool { return pkg.TestMainFailed() && len(pkg.Failed) == 0 }

// FailureNote is what is known about a failure in addition to its output.
type FailureNote struct {
	File  string // relative to the repository's root, empty if unknown
	Line  int
	Crash string // what its panic printed, if that is in the output of another test
}

func (j JUnit) failure(tc testjson.TestCase) FailureNote {
	if j.Failures == nil {
		return FailureNote{}
	}
	return j.Failures(tc)
}

// addPlace adds the place where a test failed.
func (s *surefireSuite) addPlace(test string, f FailureNote) {
	if f.File == "" {
		return
	}
	test = plain.Text(test)
	s.properties = append(s.properties, junitProperty{test + ".file", plain.Text(f.File)}, junitProperty{test + ".line", strconv.Itoa(f.Line)})
}

func (j JUnit) writeSurefireSuite(w *xmlWriter, suite surefireSuite) {
	skipped := xml.Attr{}
	if suite.skipped > 0 {
		skipped = number("skipped", suite.skipped)
	}
	w.start("testsuite", number("tests", suite.tests), number("failures", suite.failures), number("errors", suite.errors), skipped,
		text("time", milliseconds(suite.pkg.Elapsed())), text("name", plain.Text(surefireName(j.SuiteName, suite.name))),
		text("timestamp", suite.pkg.Start.Format(time.RFC3339)))
	w.element("properties", junitProperties{suite.properties})
	if failedOutside(suite.pkg) {
		failure := newFailure("error", []string{j.BuildErrors[suite.name], packageOutput(suite.pkg)})
		c := j.surefireCase(testjson.TestCase{Package: suite.name, Test: "TestMain"})
		c.Error = &failure
		w.element("testcase", c)
	}
	for _, attempts := range suite.cases {
		w.element("testcase", j.surefireTest(suite.pkg, attempts))
	}
	w.end("testsuite")
}

// attempt is a test case with its result.
type attempt struct {
	testjson.TestCase
	result testjson.Action
}

// testsOf returns the tests of a package in the order of their start, each with its
// attempts. A test that ran twice in one attempt (-count) counts as two tests if it was
// not rerun later.
func testsOf(pkg *testjson.Package) [][]attempt {
	var all []attempt
	note := func(cases []testjson.TestCase, result testjson.Action) {
		for _, tc := range cases {
			all = append(all, attempt{tc, result})
		}
	}
	note(pkg.Passed, testjson.ActionPass)
	note(pkg.Skipped, testjson.ActionSkip)
	note(pkg.Failed, testjson.ActionFail)
	slices.SortFunc(all, func(a, b attempt) int { return cmp.Compare(a.ID, b.ID) })

	reran := map[testjson.TestName]bool{}
	for _, a := range all {
		if a.RunID > 0 {
			reran[a.Test] = true
		}
	}
	var tests [][]attempt
	index := map[testjson.TestName]int{}
	for _, a := range all {
		i, ok := index[a.Test]
		if !ok || !reran[a.Test] {
			index[a.Test] = len(tests)
			tests = append(tests, []attempt{a})
			continue
		}
		tests[i] = append(tests[i], a)
	}
	for _, attempts := range tests {
		// If both p and p_test have the name, a failure in the last attempt counts.
		slices.SortStableFunc(attempts, func(a, b attempt) int {
			return cmp.Or(cmp.Compare(a.RunID, b.RunID), cmp.Compare(failures(a), failures(b)))
		})
	}
	return tests
}

// failures is 1 for a failed attempt, otherwise 0.
func failures(a attempt) int {
	if a.result == testjson.ActionFail {
		return 1
	}
	return 0
}

// surefireTest returns one test with its final result and its earlier failures.
func (j JUnit) surefireTest(pkg *testjson.Package, attempts []attempt) junitCase {
	last := attempts[len(attempts)-1]
	c := j.surefireCase(last.TestCase)
	var failures []junitFailure
	for _, a := range attempts {
		if a.result == testjson.ActionFail {
			failures = append(failures, newFailure("failure", append(pkg.OutputLines(a.TestCase), j.failure(a.TestCase).Crash)))
		}
	}
	switch last.result {
	case testjson.ActionFail:
		c.Failure = &failures[0]
		for _, f := range failures[1:] {
			c.Rerun = append(c.Rerun, junitRerun{f.Message, f.Type, string(f.Text)})
		}
		return c
	case testjson.ActionSkip:
		c.Skipped = &junitSkipped{Message: plain.Text(strings.Join(pkg.OutputLines(last.TestCase), ""))}
	}
	for _, f := range failures {
		c.Flaky = append(c.Flaky, junitRerun{f.Message, f.Type, string(f.Text)})
	}
	if j.PassedOutput != nil {
		c.Output = plain.Text(j.PassedOutput(last.Package, last.ID))
	}
	return c
}

// surefireName is named without the dot for the package of the module's root, which Jenkins
// would show in front of each test.
func surefireName(name func(string) string, pkg string) string {
	if short := named(name, pkg); short != "." {
		return short
	}
	return ShortPackage(pkg)
}

func (j JUnit) surefireCase(tc testjson.TestCase) junitCase {
	return junitCase{
		Classname: plain.Text(surefireName(j.ClassName, tc.Package)),
		Name:      plain.Text(tc.Test.Name()),
		Time:      milliseconds(tc.Elapsed),
	}
}

// The patterns are compiled on first use, because most processes of this program are
// hooks, which write no report.
var (
	// placeForm matches a line of a failure that begins with its place.
	placeForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([ \t]*)(\S+\.go:\d+(?::\d+)?: .*)`)
	})
	// panicForm matches the first line of a panic or of a runtime error. It may end with
	// a note that the panic was recovered.
	panicForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^((?:panic|fatal error): .*?)(?: \[recovered[a-z, ]*\])?\r?$`)
	})
	// framingForm matches lines that do not describe the failure: go test's own, and how
	// to rerun the test. Indentation is removed before matching.
	framingForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:=== [A-Z]+ |--- [A-Z]+: |(?:FAIL|PASS)(?:\s|$)|coverage: |gotestshard: (?:rerun: |ran after ))`)
	})
)

// newFailure returns the failure of a test that printed lines. They may be very long, so
// they are copied only once.
func newFailure(kind string, lines []string) junitFailure {
	text := plain.Bytes(joined(lines))
	return junitFailure{Message: message(text), Type: kind, Text: text}
}

// message returns the reason for a failure in one line: the value of its panic, or what
// it logged with a place, or else the first line that is not go test's own.
func message(text []byte) string {
	if match := panicForm().FindSubmatch(text); match != nil {
		return string(bytes.TrimSpace(match[1]))
	}
	if logged, ok := lastLogged(text); ok {
		return logged
	}
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && !framingForm().Match(line) {
			return string(line)
		}
	}
	return "Failed"
}

// lastLogged is the last line of a failure's output that names its place. Lines of t.Log
// look like those of t.Error, and the failure is usually the last one. These lines are
// indented by four spaces; more deeply indented lines belong to a message.
func lastLogged(text []byte) (line string, ok bool) {
	const logged = 4
	best := -1
	var place []byte
	for line := range bytes.Lines(text) {
		match := placeForm().FindSubmatch(line)
		if match == nil {
			continue
		}
		indent := len(match[1])
		if best < 0 || indent == logged || indent <= best && best != logged {
			place, best = match[2], indent
		}
	}
	return string(bytes.TrimSpace(place)), best >= 0
}

// milliseconds returns a duration as the schema needs it, with three decimals. A test
// that never ended took no time.
func milliseconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(0, d).Seconds()) }
