package shard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// junitNotes are what a JUnit file needs that testjson does not keep. They are
// taken only for what gotestsum's own file does not have.
type junitNotes struct {
	opts    option.JUnit
	workers map[string][]string // of each package, nil without workers
	builds  *buildNotes
	passed  map[string]map[int]*spooledOutput // what passed tests printed, nil unless it is asked for
	spool   *caseSpool                        // nil when all that passed is kept in memory
}

// spoolsCases is whether tests that passed go to a file while events come: those of
// many nodes are too many. The other form sorts them by their start, and has their
// output.
func spoolsCases(opts option.Options) bool {
	return opts.Merge != nil && opts.JUnit.File != "" && opts.JUnit.Style == option.JUnitGotestsum
}

// spooled is where tests that passed go, nil for nowhere.
func (n *junitNotes) spooled() *caseSpool {
	if n == nil {
		return nil
	}
	return n.spool
}

// newJUnitNotes returns nil when there is nothing to note.
func newJUnitNotes(opts option.Options) *junitNotes {
	if opts.JUnit.File == "" || !opts.Distributed() && opts.JUnit.Style != option.JUnitSurefire {
		return nil
	}
	n := &junitNotes{opts: opts.JUnit, builds: newBuildNotes()}
	if opts.Distributed() {
		n.workers = map[string][]string{}
	}
	if spoolsCases(opts) {
		n.spool = newCaseSpool()
	}
	if opts.JUnit.Style == option.JUnitSurefire {
		n.passed = map[string]map[int]*spooledOutput{}
	}
	return n
}

// add takes in an event that exec includes already, and its worker.
func (n *junitNotes) add(event testjson.TestEvent, exec *testjson.Execution, worker string) {
	if n == nil {
		return
	}
	n.addWorker(event, exec, worker)
	n.builds.add(event)
}

// addWorker notes who ran a package, and gives each test case the worker as one
// of its attributes, which become properties.
func (n *junitNotes) addWorker(event testjson.TestEvent, exec *testjson.Execution, worker string) {
	if n.workers == nil || worker == "" {
		return
	}
	for name := range strings.SplitSeq(worker, ",") {
		if !slices.Contains(n.workers[event.Package], name) {
			n.workers[event.Package] = append(n.workers[event.Package], name)
		}
	}
	if tc := endedCase(event, exec); tc != nil {
		if tc.Attributes == nil {
			tc.Attributes = map[string]string{}
		}
		tc.Attributes[report.WorkerProperty] = worker
	}
}

// endedCase returns the test case that event has ended, nil for none.
func endedCase(event testjson.TestEvent, exec *testjson.Execution) *testjson.TestCase {
	if event.Test == "" {
		return nil
	}
	pkg := exec.Package(event.Package)
	var cases []testjson.TestCase
	switch event.Action {
	case testjson.ActionPass:
		cases = pkg.Passed
	case testjson.ActionSkip:
		cases = pkg.Skipped
	case testjson.ActionFail:
		cases = pkg.Failed
	}
	for i := len(cases) - 1; i >= 0; i-- { // testjson ends several at once when a stream stops
		if cases[i].Test.Name() == event.Test {
			return &cases[i]
		}
	}
	return nil
}

// keeps notes what the test printed that event has ended, and returns whether it is
// asked for later.
func (n *junitNotes) keeps(output *spooledOutput, event testjson.TestEvent, exec *testjson.Execution) bool {
	if n == nil || n.passed == nil || event.Action != testjson.ActionPass {
		return false
	}
	if n.passed[event.Package] == nil {
		n.passed[event.Package] = map[int]*spooledOutput{}
	}
	n.passed[event.Package][endedCase(event, exec).ID] = output
	return true
}

// writeJUnit writes the JUnit file.
func (s *summary) writeJUnit(execution *testjson.Execution, notes *junitNotes, output *outputNotes) (err error) {
	opts := s.opts.JUnit
	if opts.File == "" {
		return nil
	}
	junit := report.JUnit{
		ProjectName:       opts.ProjectName,
		SuiteName:         opts.SuiteName,
		ClassName:         opts.ClassName,
		HideEmptyPackages: opts.HideEmptyPackages,
		HideSkippedTests:  opts.HideSkippedTests,
		Errors:            s.errors(execution),
		Elapsed:           s.elapsedOf(execution),
	}
	if notes != nil {
		junit.Workers, junit.BuildErrors = notes.workers, notes.builds.all()
		if notes.passed != nil {
			junit.PassedOutput = func(pkg string, id int) string { return output.text(notes.passed[pkg][id]) }
		}
		if notes.spool != nil {
			junit.Passed = notes.spool.of
			defer func() { err = errors.Join(err, notes.spool.close()) }()
		}
	}
	file, err := createFile(opts.File)
	if err != nil {
		return fmt.Errorf("failed to open JUnit file: %w", err)
	}
	junit.GoVersion = s.goVersion(s.reporting.ctx)
	write := junit.WriteGotestsum
	if opts.Style == option.JUnitSurefire {
		junit.Failures = s.failures(execution, junit.BuildErrors)
		write = junit.WriteSurefire
	}
	return errors.Join(write(file, execution), file.Close())
}

// goVersion is what the go command says of itself, without a process when
// GOVERSION says it.
func (s *summary) goVersion(ctx context.Context) string {
	if s.goVersionText != "" {
		return s.goVersionText
	}
	if version, ok := os.LookupEnv("GOVERSION"); ok {
		return version
	}
	debugf(s.opts, s.stderr, "exec: go version")
	out, _, err := process.Ask(ctx, func() *exec.Cmd { return exec.Command("go", "version") })
	if err != nil {
		_, _ = fmt.Fprintf(s.stderr, "%sFailed to lookup go version for junit xml: %v\n", color.YellowString("WARN "), err)
		return "unknown"
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "go version ")
}
