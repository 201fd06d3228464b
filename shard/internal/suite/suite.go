// Package suite tells which tests the packages of a module have, from their
// source: nothing is built or run.
//
// What counts as a test, and the order, are the go command's own
// (cmd/go/internal/load, testFuncs.load) and package testing's (M.Run).
package suite

import (
	"fmt"
)

// Kind is what a test is to package testing, in the order of the constants.
type Kind string

// The kinds that run without -bench and -fuzz; a fuzz target runs its seeds.
const (
	KindTest    Kind = "test"
	KindFuzz    Kind = "fuzz"
	KindExample Kind = "example"
)

var kinds = []Kind{KindTest, KindFuzz, KindExample}

// Test is one top-level test of a test binary. Package p and package p_test may
// both have one of the same name: -run selects both or none, so they are one.
type Test struct {
	Name string
	Kind Kind
	// Files are the base names of the files that define it, one or two.
	Files []string
	// Line is where it is in the first of them, counted from 1.
	Line int
	// Group is the name in //gotestshard:group above it, empty for none.
	Group string
	// Serial is whether //gotestshard:serial is above it.
	Serial bool
}

// Package is one package that was listed, also when it has no tests.
type Package struct {
	ImportPath string
	// Dir is its folder, an absolute path.
	Dir string
	// Tests are in the order in which a test binary runs them without -shuffle.
	Tests []Test
	Marks
	// Hides is why more or other tests than Tests may run, or not once each, such
	// as "TestMain passes its *testing.M to goleak.VerifyTestMain", empty when the
	// source shows them all.
	Hides string
	// Whole is why all tests must run in one process, such as "a_test.go uses
	// testing.RunTests, which obeys the -run and -skip of its process", empty when
	// they need not.
	Whole string
	// WholeCovered is that for runs that measure the coverage, beside Whole.
	WholeCovered string
	// Problem is why the go command would not run this package. Tests are then
	// those that could be read.
	Problem error
}

// Marks are the directives that are not about one test.
type Marks struct {
	// Serial is whether //gotestshard:serial is above the package clause of a test
	// file.
	Serial bool
	// Together is whether //gotestshard:together is.
	Together bool
	// Groups are those of the tests, where only directives are looked for.
	Groups []string
	// Warnings are about directives that have no effect.
	Warnings []Warning
}

// Warning is about one directive that has no effect.
type Warning struct {
	// File is an absolute path.
	File string
	// Line is counted from 1.
	Line int
	// Text says what is wrong and what to do.
	Text string
}

// String returns the warning as file:line: text.
func (w Warning) String() string { return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Text) }
