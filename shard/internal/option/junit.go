package option

import (
	"fmt"
	"path"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
)

// JUnit is what the JUnit file is to be like.
type JUnit struct {
	File        string // its name, empty for none
	ProjectName string
	Style       string // JUnitGotestsum or JUnitSurefire
	// SuiteName and ClassName turn a package's import path into a name, nil for
	// the path itself.
	SuiteName, ClassName func(pkg string) string
	HideEmptyPackages    bool
	HideSkippedTests     bool
}

// The values of JUnit.Style.
const (
	JUnitGotestsum = "gotestsum"
	JUnitSurefire  = "surefire"
)

func (j *JUnit) flags() []flag {
	return []flag{
		{name: "junitfile-style", to: choice(&j.Style, "style", JUnitGotestsum, JUnitSurefire), value: JUnitGotestsum, merge: true,
			help: "style of the JUnit file: gotestsum, or surefire (valid for Jenkins; with flaky tests, build errors and the output of passed tests)"},

		{name: "junitfile", task: taskReports, example: `"junit.xml"`, to: &j.File, env: "JUNITFILE", upstream: true, merge: true, help: "write a JUnit XML file"},
		{name: "junitfile-testsuite-name", to: &packageNameValue{&j.SuiteName}, upstream: true, merge: true,
			help: "format the testsuite name field as: " + packageNameForms},
		{name: "junitfile-testcase-classname", to: &packageNameValue{&j.ClassName}, upstream: true, merge: true,
			help: "format the testcase classname field as: " + packageNameForms},
		{name: "junitfile-project-name", to: &j.ProjectName, env: "JUNITFILE_PROJECT_NAME", upstream: true, merge: true,
			help: "name of the project used in the junit.xml file"},
		{name: "junitfile-hide-empty-pkg", to: &j.HideEmptyPackages, env: "JUNIT_HIDE_EMPTY_PKG", upstream: true, merge: true,
			help: "omit packages with no tests from the junit.xml file"},
		{name: "junitfile-hide-skipped-tests", to: &j.HideSkippedTests, env: "JUNIT_HIDE_SKIPPED_TESTS", upstream: true, merge: true,
			help: "omit skipped tests from the junit.xml file"},
	}
}

const packageNameForms = "full, relative, short"

// packageNameValue says how a package is named in the JUnit file. As in
// gotestsum, full leaves an earlier choice as it is.
type packageNameValue struct{ to *func(string) string }

func (v *packageNameValue) String() string { return "full" }
func (v *packageNameValue) Type() string   { return "field-format" }

func (v *packageNameValue) Set(text string) error {
	switch text {
	case "full":
	case "relative":
		*v.to = testjson.RelativePackagePath
	case "short":
		*v.to = path.Base
	default:
		return fmt.Errorf("invalid value: %v, %smust be one of: %s", text, plain.Suggest(text, strings.Split(packageNameForms, ", ")), packageNameForms)
	}
	return nil
}
