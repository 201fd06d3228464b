package shard

import (
	"cmp"
	"io"
	"iter"
	"slices"
	"sync"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
)

// invocation is one or several commands while they run.
type invocation interface {
	// stdout is the stream of go test -json lines, stderr what is beside it.
	// Both end when everything has been run.
	stdout() io.Reader
	stderr() io.Reader
	// abandon ends the commands at once, when nobody reads stdout any more.
	abandon()
	// streamError is what went wrong with stdout itself; it is called after wait.
	streamError() error
	// wait is called after both streams have ended and returns how the commands
	// ended, as an error with their exit code.
	wait() error
}

// engine runs the tests: it starts commands and joins what they print. What only some
// can do is an interface of its own.
type engine interface {
	invocation
	stopper
	// errSource returns who wrote the line of stderr that is handled now.
	errSource() string
	// shards returns what each shard ran, nil for a plain run.
	shards() []report.Shard
}

// rerunner is an engine that can run tests of a run that has ended again.
type rerunner interface {
	engine
	// rerun starts one invocation for each unit, in that order; an invocation is
	// waited for before the next one is asked for. What is still running when the
	// sequence is left is ended.
	rerun(units []rerunUnit) iter.Seq2[invocation, error]
}

// knowing is an engine that knows more of a run than its events tell.
type knowing interface {
	// tell adds it to what is reported.
	tell(shards *report.Shards, s *summary)
}

// sortUnended puts the tests without an end, which testjson adds to the failed
// ones in no order, in the order of their starts.
func sortUnended(exec *testjson.Execution) {
	for _, name := range exec.Packages() {
		failed := exec.Package(name).Failed
		first := len(failed)
		for first > 0 && failed[first-1].Elapsed == neverFinished {
			first--
		}
		slices.SortFunc(failed[first:], func(a, b testjson.TestCase) int { return cmp.Compare(a.ID, b.ID) })
	}
}

// drain reads what an engine that was killed still says, so that it can end.
func drain(engine invocation) {
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(io.Discard, engine.stderr()) })
	reading.Go(func() { _, _ = io.Copy(io.Discard, engine.stdout()) })
	reading.Wait()
	_ = engine.wait()
}

// ownError returns the error that ended the reading of the stream: the
// stream's own where it has one, without testjson's words around it.
func ownError(engine invocation, scanErr error) error {
	if err := engine.streamError(); err != nil && scanErr != nil {
		return err
	}
	return scanErr
}

// forgetNameless removes failures of no package, after a scan. testjson makes up
// the end of a top-level test that it never saw, when a subtest of it failed; it
// knows neither its name nor its package then, and its formats and its summary
// panic.
func forgetNameless(exec *testjson.Execution) {
	if exec.Package("") != nil {
		return // what belongs to no package, such as build errors, is shown under that
	}
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		pkg.Failed = slices.DeleteFunc(pkg.Failed, func(tc testjson.TestCase) bool { return tc.Package == "" })
	}
}
