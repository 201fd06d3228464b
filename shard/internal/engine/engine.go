// Package engine has what produces the stream of events of a run: what an engine is, what
// only some can do, and the engines without workers.
package engine

import (
	"io"
	"iter"
	"sync"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/coverage"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Invocation is one or several commands while they run.
type Invocation interface {
	// Stdout is the stream of go test -json lines, stderr what is beside it.
	// Both end when everything has been run.
	Stdout() io.Reader
	Stderr() io.Reader
	// Abandon ends the commands at once, when nobody reads stdout any more.
	Abandon()
	// StreamError is what went wrong with stdout itself; it is called after wait.
	StreamError() error
	// Wait is called after both streams have ended and returns how the commands
	// ended, as an error with their exit code.
	Wait() error
}

// Engine runs the tests: it starts commands and joins what they print. What only some
// can do is an interface of its own.
type Engine interface {
	Invocation
	signals.Stopper
	// ErrSource returns who wrote the line of stderr that is handled now.
	ErrSource() string
	// Shards returns what each shard ran, nil for a plain run.
	Shards() []report.Shard
}

// Rerunner is an engine that can run tests of a run that has ended again.
type Rerunner interface {
	Engine
	// Rerun starts one invocation for each unit, in that order; an invocation is
	// waited for before the next one is asked for. What is still running when the
	// sequence is left is ended.
	Rerun(units []Unit) iter.Seq2[Invocation, error]
}

// Halter can stop all tests in order, so that each still has an end: those that run end
// as skipped, the others do not run. The stream has to be read to its end.
type Halter interface{ Halt(why error) }

// Lister is an engine that has listed the tests of some packages before they ran, and
// shares them out itself.
type Lister interface {
	// Listed returns the top-level tests of those packages, by import path.
	Listed() map[string][]string
}

// ExitCoder is an engine that knows with which code the test process of a package ended.
type ExitCoder interface{ ExitCode(pkg string) int }

// Planner is an engine that runs one part of a plan, if it returns any.
type Planner interface{ PlannedParts() []plan.Part }

// Measurer is an engine that knows how long tests took, and where go test writes what
// they covered.
type Measurer interface {
	Measured() (run *history.Run, coverProfile string)
}

// Knowing is an engine that knows more of a run than its events tell.
type Knowing interface{ Known() Known }

// Known is what an engine knows of a run that has ended.
type Known struct {
	Measured []history.Measured
	Advice   *report.Advice
	Coverage func() *coverage.Profiles // of all attempts together
}

// Drain reads what an engine that was killed still says, so that it can end.
func Drain(engine Invocation) {
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(io.Discard, engine.Stderr()) })
	reading.Go(func() { _, _ = io.Copy(io.Discard, engine.Stdout()) })
	reading.Wait()
	_ = engine.Wait()
}

// OwnError returns the error that ended the reading of the stream: the
// stream's own where it has one, without testjson's words around it.
func OwnError(engine Invocation, scanErr error) error {
	if err := engine.StreamError(); err != nil && scanErr != nil {
		return err
	}
	return scanErr
}

// Unit is what one test process runs again.
type Unit struct {
	gotest.Rerun
	// Tests are those that have to pass in it.
	Tests []testjson.TestCase
	// Unrun are those among them that have not run yet, so that a skip is no change for
	// the worse.
	Unrun map[string]bool
	// Outside is whether it also has to end well outside its tests, since that was a
	// failure of its own (split.OutsideTests).
	Outside bool
}

// RefuseFailFast is for the -failfast that gotestsum does not see, such as that
// of GOFLAGS.
func RefuseFailFast(reruns option.Reruns, settings gotest.Settings) error {
	if reruns.RerunFails > 0 && settings.FailFast {
		return option.ErrFailFast
	}
	return nil
}
