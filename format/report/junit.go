package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// JUnit describes a JUnit XML file. WriteGotestsum writes gotestsum's form (its
// internal/junitxml, v1.13). WriteSurefire writes a form that is valid against the
// schema of Jenkins.
type JUnit struct {
	// ProjectName is the name of the whole file, empty for none.
	ProjectName string
	// SuiteName and ClassName turn a package's import path into the name of a
	// testsuite and the class of a testcase; nil means the path itself.
	SuiteName, ClassName func(pkg string) string
	HideEmptyPackages    bool
	HideSkippedTests     bool
	// GoVersion is the value of the property go.version.
	GoVersion string
	// Workers are the workers that ran each package, nil without workers.
	Workers map[string][]string
	// Errors is the total number of errors.
	Errors int
	// Elapsed is the total duration; 0 means as long as this process has run.
	Elapsed time.Duration
	// BuildErrors is what the go command printed about packages that it could not
	// build. With nil they are left out, as in gotestsum.
	BuildErrors map[string]string
	// PassedOutput returns what a passed test of a package printed, by TestCase.ID; nil
	// for no output. It is called when the test is written. gotestsum's form does not
	// use it.
	PassedOutput func(pkg string, id int) string
	// Failures returns details of a failed test, or of a failed package if the TestCase
	// has no Test; nil for no details. gotestsum's form does not use it.
	Failures func(testjson.TestCase) FailureNote
	// Passed are more passed tests of a package. The Execution does not have them,
	// because there are too many to keep. nil for none. Only gotestsum's form uses it.
	Passed func(pkg string) iter.Seq[testjson.TestCase]
	// Diagnoses are why tests failed, nil if that was not found out.
	Diagnoses []Diagnosis
}

// WorkerProperty is the name of a property with the worker that ran a testsuite, or, in
// gotestsum's form, a testcase.
const WorkerProperty = "gotestshard.worker"

type junitCase struct {
	XMLName    xml.Name         `xml:"testcase"`
	Classname  string           `xml:"classname,attr"`
	Name       string           `xml:"name,attr"`
	Time       string           `xml:"time,attr"`
	Properties *junitProperties `xml:"properties,omitempty"`
	Skipped    *junitSkipped    `xml:"skipped,omitempty"`
	Error      *junitFailure    `xml:"error,omitempty"`
	Failure    *junitFailure    `xml:"failure,omitempty"`
	Rerun      []junitRerun     `xml:"rerunFailure,omitempty"`
	Flaky      []junitRerun     `xml:"flakyFailure,omitempty"`
	Output     string           `xml:"system-out,omitempty"`
}

type junitProperties struct {
	Properties []junitProperty `xml:"property,omitempty"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    []byte `xml:",chardata"` // for a string, encoding/xml would make a copy
}

type junitRerun struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:"stackTrace"`
}

// WriteGotestsum writes the same file as gotestsum, plus a property for the worker if
// there are workers, and the build errors if they are given. As in gotestsum, hidden
// skipped tests are removed from exec too, so that a post-run command counts what the
// file contains.
func (j JUnit) WriteGotestsum(out io.Writer, exec *testjson.Execution) error {
	total := exec.Total()
	if j.HideSkippedTests {
		total -= len(exec.Skipped())
	}
	w := newXMLWriter(out)
	w.start("testsuites", optional("name", j.ProjectName), number("tests", total), number("failures", len(exec.Failed())),
		number("errors", j.Errors), text("time", sixDecimals(cmp.Or(j.Elapsed, exec.Elapsed()))))
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		if j.hides(name, pkg) {
			continue
		}
		if j.HideSkippedTests && len(pkg.Skipped) > 0 {
			pkg.Total -= len(pkg.Skipped)
			pkg.Skipped = nil
		}
		skipped := xml.Attr{}
		if len(pkg.Skipped) > 0 {
			skipped = number("skipped", len(pkg.Skipped))
		}
		w.start("testsuite", number("tests", pkg.Total), number("failures", len(pkg.Failed)), skipped, text("time", sixDecimals(pkg.Elapsed())),
			text("name", named(j.SuiteName, name)), text("timestamp", pkg.Start.Format(time.RFC3339)))
		w.element("properties", junitProperties{j.properties(name)})
		for c := range j.gotestsumCases(name, pkg) {
			w.element("testcase", c)
		}
		w.end("testsuite")
	}
	w.end("testsuites")
	return w.close()
}

// hides reports whether a package has no suite. testjson counts build errors in a package
// without a name. That package has no suite if build errors are shown in their own
// packages.
func (j JUnit) hides(name string, pkg *testjson.Package) bool {
	return j.HideEmptyPackages && pkg.IsEmpty() || name == "" && j.BuildErrors != nil && pkg.IsEmpty()
}

func (j JUnit) properties(pkg string) []junitProperty {
	properties := []junitProperty{{Name: "go.version", Value: j.GoVersion}}
	if workers := j.Workers[pkg]; len(workers) > 0 {
		properties = append(properties, junitProperty{Name: WorkerProperty, Value: strings.Join(workers, ",")})
	}
	return properties
}

func (j JUnit) gotestsumCases(name string, pkg *testjson.Package) iter.Seq[junitCase] {
	return func(yield func(junitCase) bool) {
		if pkg.TestMainFailed() {
			c := j.gotestsumCase(testjson.TestCase{Test: "TestMain"})
			c.add(j.diagnosis(name, c.Name))
			c.Failure = &junitFailure{Message: "Failed", Text: []byte(j.BuildErrors[name] + packageOutput(pkg))}
			if !yield(c) {
				return
			}
		}
		for _, tc := range pkg.Failed {
			c := j.gotestsumCase(tc)
			c.add(j.diagnosis(name, c.Name))
			c.Failure = &junitFailure{Message: "Failed", Text: joined(pkg.OutputLines(tc))}
			if !yield(c) {
				return
			}
		}
		for _, tc := range pkg.Skipped {
			c := j.gotestsumCase(tc)
			c.add(j.diagnosis(name, c.Name)) // of a failure that does not count
			c.Skipped = &junitSkipped{Message: strings.Join(pkg.OutputLines(tc), "")}
			if !yield(c) {
				return
			}
		}
		if j.Passed != nil {
			for tc := range j.Passed(name) {
				if !yield(j.gotestsumCase(tc)) {
					return
				}
			}
		}
		for _, tc := range pkg.Passed {
			if !yield(j.gotestsumCase(tc)) {
				return
			}
		}
	}
}

func (j JUnit) gotestsumCase(tc testjson.TestCase) junitCase {
	c := junitCase{Classname: named(j.ClassName, tc.Package), Name: tc.Test.Name(), Time: sixDecimals(tc.Elapsed)}
	if len(tc.Attributes) > 0 {
		c.Properties = &junitProperties{Properties: attributes(tc, "")}
	}
	return c
}

func (j JUnit) diagnosis(pkg, test string) *Diagnosis { return diagnosisOf(j.Diagnoses, pkg, test) }

// add adds the diagnosis of a test, nil for none.
func (c *junitCase) add(d *Diagnosis) {
	if properties := d.properties(""); properties != nil {
		if c.Properties == nil {
			c.Properties = &junitProperties{}
		}
		c.Properties.Properties = append(c.Properties.Properties, properties...)
	}
}

// attributes are what a test has set with T.Attr, sorted by name, each with prefix in
// front.
func attributes(tc testjson.TestCase, prefix string) []junitProperty {
	var properties []junitProperty
	for _, key := range slices.Sorted(maps.Keys(tc.Attributes)) {
		properties = append(properties, junitProperty{Name: prefix + key, Value: tc.Attributes[key]})
	}
	return properties
}

func packageOutput(pkg *testjson.Package) string {
	var text bytes.Buffer
	_ = pkg.WriteOutputTo(&text, 0) // writing to a buffer never fails
	return text.String()
}

func named(name func(string) string, pkg string) string {
	if name == nil {
		return pkg
	}
	return name(pkg)
}

func sixDecimals(d time.Duration) string { return fmt.Sprintf("%f", d.Seconds()) }

// joined is strings.Join for bytes, without a separator.
func joined(lines []string) []byte {
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	text := make([]byte, 0, size)
	for _, line := range lines {
		text = append(text, line...)
	}
	return text
}
