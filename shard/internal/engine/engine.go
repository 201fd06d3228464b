// Package engine defines engines, which produce the stream of events of a run, and the
// optional interfaces that only some of them implement. It contains the engines without
// workers.
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
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Invocation is one or several running commands.
type Invocation interface {
	// Stdout is the stream of go test -json lines. Stderr is all other output. Both end
	// when everything has been run.
	Stdout() io.Reader
	Stderr() io.Reader
	// Abandon ends the commands at once, when stdout is no longer read.
	Abandon()
	// StreamError returns an error of stdout itself. It is called after Wait.
	StreamError() error
	// Wait is called after both streams have ended. It returns how the commands ended, as
	// an error with their exit code.
	Wait() error
}

// Engine runs the tests: it starts commands and joins their output. Optional features have
// their own interfaces.
type Engine interface {
	Invocation
	signals.Stopper
	// ErrSource returns the source of the line of stderr that is being handled.
	ErrSource() string
	// Shards returns what each shard ran, nil for a plain run.
	Shards() []report.Shard
}

// Rerunner is an engine that can rerun tests after a run has ended.
type Rerunner interface {
	Engine
	// Rerun starts one invocation for each unit, in that order. The caller waits for an
	// invocation before it asks for the next one. Invocations that are still running when
	// the caller stops the sequence are ended.
	Rerun(units []Unit) iter.Seq2[Invocation, error]
}

// Halter can stop all tests so that each still has an end: running tests end as skipped,
// the others do not run. The stream must still be read to its end.
type Halter interface{ Halt(why error) }

// Lister is an engine that listed the tests of some packages before they ran, and
// distributes them itself.
type Lister interface {
	// Listed returns the top-level tests of those packages, by import path.
	Listed() map[string][]string
}

// ExitCoder is an engine that knows the exit code of a package's test process.
type ExitCoder interface{ ExitCode(pkg string) int }

// Starter is an engine that knows of which packages it started the test binary.
type Starter interface{ Started(pkg string) bool }

// Planner is an engine that runs one part of a plan, if it returns any parts.
type Planner interface{ PlannedParts() []plan.Part }

// Measurer is an engine that measures the durations of tests, and knows where go test
// writes their coverage.
type Measurer interface {
	Measured() (run *history.Run, coverProfile string)
}

// Sequencer is an engine that knows which tests the processes of split packages ran.
type Sequencer interface {
	// Processes are those that have ended, by the name of the worker.
	Processes() map[string][]result.ShardProcess
}

// Knowing is an engine that knows more about a run than its events show.
type Knowing interface{ Known() Known }

// Known is what an engine knows about a finished run.
type Known struct {
	Measured []history.Measured
	Advice   *report.Advice
	Coverage func() *coverage.Profiles // of all attempts together
}

// Drain reads the remaining output of a killed engine, so that it can end.
func Drain(engine Invocation) {
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(io.Discard, engine.Stderr()) })
	reading.Go(func() { _, _ = io.Copy(io.Discard, engine.Stdout()) })
	reading.Wait()
	_ = engine.Wait()
}

// OwnError returns the error that ended the reading of the stream. If the stream has its
// own error, it is returned without testjson's text around it.
func OwnError(engine Invocation, scanErr error) error {
	if err := engine.StreamError(); err != nil && scanErr != nil {
		return err
	}
	return scanErr
}

// Unit is what one test process reruns.
type Unit struct {
	gotest.Rerun
	// Tests are those that must pass in it.
	Tests []testjson.TestCase
	// Unrun are those of them that have not run yet, so a skip does not make their result
	// worse.
	Unrun map[string]bool
	// Outside is whether the process must also succeed outside its tests, because it failed
	// there (split.OutsideTests).
	Outside bool
}

// RefuseFailFast is for a -failfast that gotestsum does not see, such as that of GOFLAGS.
func RefuseFailFast(reruns option.Reruns, settings gotest.Settings) error {
	if reruns.RerunFails > 0 && settings.FailFast {
		return option.ErrFailFast
	}
	return nil
}
