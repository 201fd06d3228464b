// Package reports turns the recorded results of a run into the output that people and other
// programs read afterwards: the summary, the files, and the messages for a CI. Package
// format/report writes the files.
package reports

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/command"
	"github.com/gotestshard/gotestshard/shard/internal/files"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// summary writes the output at the end of a run.
type summary struct {
	Outcome
	opts           option.Options
	stdout, stderr io.Writer
	reporting      *reporting
	// flaky are the tests to show separately from failed ones, nil for none.
	flaky observe.Flaky
	// warnings is whether the standard error of the commands is shown as warnings instead
	// of errors, because the commands succeeded.
	warnings bool
	ok       bool       // whether the run passed
	tableErr error      // of writing the shard table
	found    *annotator // once it is needed
}

// places returns where in the source the failures are.
func (s *summary) places(exec *testjson.Execution) annotator {
	if s.found == nil {
		outputs := &observe.FailureOutputs{Builds: s.Noted.Builds, Release: s.Noted.ReleaseOutput}
		if outputs.Builds == nil {
			outputs.Builds = observe.NewBuildNotes()
		}
		found := newAnnotator(s.opts, outputs, exec, observe.FindFlaky(exec))
		found.noted = s.Noted
		s.found = &found
	}
	return *s.found
}

// origins returns where what is shown comes from, at least one.
func (s *summary) origins(exec *testjson.Execution) []node.Job {
	if s.Origins == nil {
		s.Origins = []node.Job{observe.Origin(s.opts.Environ, s.places(exec).tree)}
	}
	return s.Origins
}

func (s *summary) elapsedOf(exec *testjson.Execution) time.Duration {
	return cmp.Or(s.Elapsed, exec.Elapsed())
}

func (s *summary) write(execution *testjson.Execution, shards report.Shards) error {
	if s.opts.Unit != nil { // the node sums up all that it ran
		return s.writeFiles(execution, shards)
	}
	out := SummaryOut(s.opts.Format, s.opts.Terminal, s.stdout, s.stderr)
	s.Noted.CI.BeginSummary()
	if len(shards.Shards) > 1 && !s.opts.HideShards && s.opts.Format != format.Failures {
		if err := shards.WriteTable(out); err != nil {
			s.tableErr = fmt.Errorf("writing the summary: %w", err)
		}
	}
	s.writeTests(out, execution)
	s.Noted.ReleaseOutput()
	err := s.writeFiles(execution, shards)
	if err != nil && !s.opts.Distributed() {
		return err // as in gotestsum
	}
	if postErr := s.postRun(execution); postErr != nil {
		err = errors.Join(err, fmt.Errorf("post run command failed: %w", postErr))
	}
	return err
}

// writeFiles writes the report files and the messages for a CI.
func (s *summary) writeFiles(execution *testjson.Execution, shards report.Shards) error {
	var errs []error
	if err := s.writeJUnit(execution); err != nil {
		errs = append(errs, fmt.Errorf("failed to write junit file: %w", err))
		if !s.opts.Distributed() {
			return errs[0]
		}
	}
	s.Noted.ReleaseOutput()
	if s.opts.ShardReport != "" {
		if err := files.Write(s.opts.ShardReport, shards.WriteJSON); err != nil {
			errs = append(errs, fmt.Errorf("writing --shard-report: %w", err))
		}
	}
	return errors.Join(append(errs, s.finishCI(execution, shards))...)
}

func (s *summary) startedOf(exec *testjson.Execution) time.Time {
	if s.Started.IsZero() {
		return exec.Started()
	}
	return s.Started
}

// errorCount returns the number of errors.
func (s *summary) errorCount(execution *testjson.Execution) int {
	if s.warnings || s.opts.OwnSummary() {
		return s.Counted.All.Errors
	}
	return len(execution.Errors())
}

// postRun runs --post-run-command with gotestsum's variables.
func (s *summary) postRun(execution *testjson.Execution) error {
	if len(s.opts.PostRunCommand) == 0 {
		return nil
	}
	s.opts.Debugf(s.stderr, "exec: %s", s.opts.PostRunCommand)
	stdout := s.stdout
	if s.opts.Format == format.JSON {
		stdout = s.stderr
	}
	tests, failed, skipped := execution.Total(), len(execution.Failed()), len(execution.Skipped())
	if s.opts.OwnSummary() {
		tests, failed, skipped = s.Counted.All.Tests, s.Counted.All.Failed, s.Counted.All.Skipped
	}
	env := append(slices.Clone(s.opts.Environ),
		"GOTESTSUM_JSONFILE="+s.opts.JSONFile,
		"GOTESTSUM_JSONFILE_TIMING_EVENTS="+s.opts.JSONFileTimingEvents,
		"GOTESTSUM_JUNITFILE="+s.opts.JUnit.File,
		fmt.Sprintf("GOTESTSUM_ELAPSED=%.3fs", s.elapsedOf(execution).Seconds()),
		fmt.Sprintf("TESTS_TOTAL=%d", tests),
		fmt.Sprintf("TESTS_FAILED=%d", failed),
		fmt.Sprintf("TESTS_SKIPPED=%d", skipped),
		fmt.Sprintf("TESTS_ERRORS=%d", s.errorCount(execution)),
	)
	start := process.StartUnmarked // as gotestsum starts it
	if s.opts.Distributed() {
		start = process.Start
	}
	p, err := start(func() *exec.Cmd {
		cmd := exec.Command(s.opts.PostRunCommand[0], s.opts.PostRunCommand[1:]...)
		cmd.Stdout, cmd.Stderr, cmd.Env = stdout, s.stderr, env
		return cmd
	})
	if err != nil {
		return err
	}
	return command.Supervise(p, s.reporting.stop).Await()
}
