package shard

import (
	"io"
	"iter"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/coverage"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/option"
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
type knowing interface{ known() known }

// known is what an engine knows of a run that has ended; what is zero is not known.
type known struct {
	measured []history.Measured
	advice   *report.Advice
	coverage func() *coverage.Profiles // of all attempts together
	wall     time.Duration
	started  time.Time
	version  string // of go
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

// rerunUnit is what one test process runs again.
type rerunUnit struct {
	gotest.Rerun
	// tests are those that have to pass in it.
	tests []testjson.TestCase
	// unrun are those among them that have not run yet, so that a skip is no change for
	// the worse.
	unrun map[string]bool
	// outside is whether it also has to end well outside its tests, since that was a
	// failure of its own (split.OutsideTests).
	outside bool
}

// refuseFailFast is for the -failfast that gotestsum does not see, such as that
// of GOFLAGS.
func refuseFailFast(opts option.Options, settings gotest.Settings) error {
	if opts.RerunFails > 0 && settings.FailFast {
		return option.ErrFailFast
	}
	return nil
}
