// Package suite finds the tests of a module's packages in their source, without building
// or running anything.
//
// What counts as a test, and the order, follow the go command
// (cmd/go/internal/load, testFuncs.load) and package testing (M.Run).
package suite

import (
	"fmt"
)

// Kind is a kind of test in package testing, in the order of the constants.
type Kind string

// The kinds that run without -bench and -fuzz. A fuzz target runs its seeds.
const (
	KindTest    Kind = "test"
	KindFuzz    Kind = "fuzz"
	KindExample Kind = "example"
)

var kinds = []Kind{KindTest, KindFuzz, KindExample}

// Test is one top-level test of a test binary. If packages p and p_test both have a test of
// the same name, -run selects both or none, so they are one Test.
type Test struct {
	Name string
	Kind Kind
	// Files are the base names of the one or two files that define it.
	Files []string
	// Line is its line in the first of them, from 1.
	Line int
	// Group is the name in //gotestshard:group above it, empty for none.
	Group string
	// Serial is whether //gotestshard:serial is above it.
	Serial bool
	// Split is whether //gotestshard:split is above it.
	Split bool
}

// Package is a listed package, possibly without tests.
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
	// WholeCovered is a reason like Whole that applies only to runs that measure coverage.
	WholeCovered string
	// OwnEnd is why the process may fail after its tests by something that TestMain does, such
	// as "TestMain calls log.Fatal after m.Run", empty if its exit code is that of the tests.
	OwnEnd string
	// Problem is why the go command would not run this package. Tests are then those
	// that could be read.
	Problem error
}

// Marks are the directives that do not apply to a single test.
type Marks struct {
	// Serial is whether //gotestshard:serial is above the package clause of a test
	// file.
	Serial bool
	// Together is whether //gotestshard:together is.
	Together bool
	// Groups are the groups of the tests, set only by Directives.
	Groups []string
	// Warnings are about directives that have no effect.
	Warnings []Warning
}

// Warning reports a directive that has no effect.
type Warning struct {
	// File is an absolute path.
	File string
	// Line is counted from 1.
	Line int
	// Text is what is wrong and what to do.
	Text string
}

// String returns the warning as file:line: text.
func (w Warning) String() string { return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Text) }
