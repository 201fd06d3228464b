package report

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// WriteSurefire writes a file that is valid against the schema of Jenkins'
// xunit plugin for what Maven Surefire writes: every test once, with what its
// earlier attempts came to as flakyFailure or rerunFailure (gotestsum#281),
// build errors as the error of their package (gotestsum#16, #475), the output
// of passed tests (gotestsum#118), and why and where a test failed (gotestsum#380)
// as the failure's message and as properties of the suite: the schema has neither
// file nor line at a test case, nor properties in it. Test cases are in the order
// of their start.
func (j JUnit) WriteSurefire(out io.Writer, exec *testjson.Execution) error {
	suites := junitSuites{Name: withoutEscapes(j.ProjectName), Time: milliseconds(cmp.Or(j.Elapsed, exec.Elapsed()))}
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		if j.hides(name, pkg) {
			continue
		}
		suite := j.surefireSuite(name, pkg)
		suites.Tests += suite.Tests
		suites.Failures += suite.Failures
		suites.Errors += *suite.Errors
		suites.Suites = append(suites.Suites, suite)
	}
	return writeXML(out, suites)
}

func (j JUnit) surefireSuite(name string, pkg *testjson.Package) junitSuite {
	suite := junitSuite{
		Name:       withoutEscapes(named(j.SuiteName, name)),
		Time:       milliseconds(pkg.Elapsed()),
		Properties: j.properties(name),
		Errors:     new(int),
		Timestamp:  pkg.Start.Format(time.RFC3339),
	}
	add := func(c junitCase) {
		suite.Tests++
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			*suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
		suite.Cases = append(suite.Cases, c)
	}
	if pkg.TestMainFailed() {
		text := withoutEscapes(j.BuildErrors[name] + packageOutput(pkg))
		c := j.surefireCase(testjson.TestCase{Package: name, Test: "TestMain"})
		c.Error = &junitFailure{Message: message(text), Type: "error", Text: text}
		add(c)
		suite.addPlace("TestMain", j.failure(testjson.TestCase{Package: name}))
	}
	for _, attempts := range testsOf(pkg) {
		last := attempts[len(attempts)-1]
		if last.result == testjson.ActionSkip && j.HideSkippedTests {
			continue
		}
		add(j.surefireTest(pkg, attempts))
		for _, property := range attributes(last.TestCase, last.Test.Name()+".") {
			if !strings.HasSuffix(property.Name, "."+WorkerProperty) { // the suite has it
				property.Name, property.Value = withoutEscapes(property.Name), withoutEscapes(property.Value)
				suite.Properties = append(suite.Properties, property)
			}
		}
		for _, a := range slices.Backward(attempts) {
			if a.result == testjson.ActionFail {
				suite.addPlace(a.Test.Name(), j.failure(a.TestCase))
				break
			}
		}
	}
	return suite
}

// FailureNote is what is known of a failure beside its output.
type FailureNote struct {
	File  string // empty when that is not known; from the root of the repository on
	Line  int
	Crash string // what its panic wrote, where that is the output of another test
}

func (j JUnit) failure(tc testjson.TestCase) FailureNote {
	if j.Failures == nil {
		return FailureNote{}
	}
	return j.Failures(tc)
}

// addPlace says where a test failed.
func (s *junitSuite) addPlace(test string, f FailureNote) {
	if f.File == "" {
		return
	}
	test = withoutEscapes(test)
	s.Properties = append(s.Properties, junitProperty{test + ".file", withoutEscapes(f.File)}, junitProperty{test + ".line", strconv.Itoa(f.Line)})
}

// attempt is a test case with its result.
type attempt struct {
	testjson.TestCase
	result testjson.Action
}

// testsOf returns the tests of a package in the order of their start, each with
// its attempts. A test that ran twice in one attempt (-count) is two tests when
// it did not run again later.
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
	return tests
}

// surefireTest is one test: as it ended, with its earlier failures.
func (j JUnit) surefireTest(pkg *testjson.Package, attempts []attempt) junitCase {
	last := attempts[len(attempts)-1]
	c := j.surefireCase(last.TestCase)
	var failures []junitFailure
	for _, a := range attempts {
		if a.result == testjson.ActionFail {
			text := withoutEscapes(strings.Join(pkg.OutputLines(a.TestCase), "") + j.failure(a.TestCase).Crash)
			failures = append(failures, junitFailure{Message: message(text), Type: "failure", Text: text})
		}
	}
	switch last.result {
	case testjson.ActionFail:
		c.Failure = &failures[0]
		for _, f := range failures[1:] {
			c.Rerun = append(c.Rerun, junitRerun(f))
		}
		return c
	case testjson.ActionSkip:
		c.Skipped = &junitSkipped{Message: withoutEscapes(strings.Join(pkg.OutputLines(last.TestCase), ""))}
	}
	for _, f := range failures {
		c.Flaky = append(c.Flaky, junitRerun(f))
	}
	c.Output = withoutEscapes(j.PassedOutput[last.Package][last.ID])
	return c
}

func (j JUnit) surefireCase(tc testjson.TestCase) junitCase {
	return junitCase{
		Classname: withoutEscapes(named(j.ClassName, tc.Package)),
		Name:      withoutEscapes(tc.Test.Name()),
		Time:      milliseconds(tc.Elapsed),
	}
}

// The forms are compiled when they are used: most processes of this program are
// hooks, which write no report.
var (
	// placeForm is a line of a failure that begins with where it is.
	placeForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^([ \t]*)(\S+\.go:\d+(?::\d+)?: .*)$`)
	})
	// panicForm is the first line of a panic or of an error of the runtime, which may
	// tell of what became of it.
	panicForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^((?:panic|fatal error): .*?)(?: \[recovered[a-z, ]*\])?\r?$`)
	})
	// framingForm is a line that says nothing of the failure: go test's own, and how to
	// repeat it. What it is indented by is left out.
	framingForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:=== [A-Z]+ |--- [A-Z]+: |(?:FAIL|PASS)(?:\s|$)|coverage: |gotestshard: the same tests )`)
	})
	// escapeForm is an escape sequence of a terminal (ECMA-48): CSI with its
	// parameters, OSC up to its end, or two characters.
	escapeForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])`)
	})
)

// message says in a line why a test failed: the value of its panic, or what it logged
// with its place, or else the first line that is not go test's own.
func message(text string) string {
	if match := panicForm().FindStringSubmatch(text); match != nil {
		return strings.TrimSpace(match[1])
	}
	if logged, ok := lastLogged(text); ok {
		return logged
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !framingForm().MatchString(line) {
			return line
		}
	}
	return "Failed"
}

// lastLogged is the last line of a failure's output that says where it is: t.Log's
// lines look like t.Error's, and a failure is more often what comes last. Those are
// indented by four blanks; lines that are deeper than others belong to a message.
func lastLogged(text string) (line string, ok bool) {
	const logged = 4
	best := -1
	for _, match := range placeForm().FindAllStringSubmatch(text, -1) {
		indent := len(match[1])
		if best < 0 || indent == logged || indent <= best && best != logged {
			line, best = strings.TrimSpace(match[2]), indent
		}
	}
	return line, best >= 0
}

// withoutEscapes takes out what is meant for a terminal. What else XML cannot hold,
// encoding/xml writes as U+FFFD.
func withoutEscapes(text string) string {
	if !strings.Contains(text, "\x1b") {
		return text
	}
	return escapeForm().ReplaceAllString(text, "")
}

// milliseconds is a time as the schema has it, with three decimals. A test that
// never ended took none.
func milliseconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(0, d).Seconds()) }
