// Package reports makes of what was noted of a run what people and other programs read
// after it: the summary, the files, and what a CI is told at the end. Package format/report
// writes the files.
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
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Summary writes what there is to say at the end of a run.
type Summary struct {
	Opts           option.Options
	Stdout, Stderr io.Writer
	// Flaky are the tests to be told apart from failed ones, nil for none.
	Flaky observe.Flaky
	// Warnings is whether what the commands wrote to standard error was no
	// error, since they ended well.
	Warnings bool
	TableErr error // of writing the shard table
	Noted    *observe.Handler
	Ok       bool // whether the run ended well
	Attempts int  // how often failed tests ran again
	// Elapsed is how long what is reported took, 0 for as long as this process.
	Elapsed       time.Duration
	Started       time.Time // zero for when this process began to read
	GoVersionText string    // empty for what the go command says
	Reporting     *Reporting
}

func (s *Summary) elapsedOf(exec *testjson.Execution) time.Duration {
	return cmp.Or(s.Elapsed, exec.Elapsed())
}

func (s *Summary) Write(execution *testjson.Execution, shards report.Shards) error {
	out := s.Out()
	s.Noted.CI.BeginSummary()
	if len(shards.Shards) > 1 && !s.Opts.HideShards {
		if err := shards.WriteTable(out); err != nil {
			s.TableErr = fmt.Errorf("writing the summary: %w", err)
		}
	}
	s.writeTests(out, execution)
	err := s.WriteFiles(execution, shards)
	if err != nil && !s.Opts.Distributed() {
		return err // as gotestsum ends it
	}
	if postErr := s.postRun(execution); postErr != nil {
		err = errors.Join(err, fmt.Errorf("post run command failed: %w", postErr))
	}
	return err
}

// WriteFiles writes the reports, and what a CI is told at the end.
func (s *Summary) WriteFiles(execution *testjson.Execution, shards report.Shards) error {
	var errs []error
	if err := s.writeJUnit(execution); err != nil {
		errs = append(errs, fmt.Errorf("failed to write junit file: %w", err))
		if !s.Opts.Distributed() {
			return errs[0]
		}
	}
	if s.Opts.ShardReport != "" {
		if err := files.Write(s.Opts.ShardReport, shards.WriteJSON); err != nil {
			errs = append(errs, fmt.Errorf("writing --shard-report: %w", err))
		}
	}
	return errors.Join(append(errs, s.finishCI(execution, shards))...)
}

func (s *Summary) startedOf(exec *testjson.Execution) time.Time {
	if s.Started.IsZero() {
		return exec.Started()
	}
	return s.Started
}

// Errors is how many errors there were.
func (s *Summary) Errors(execution *testjson.Execution) int {
	if s.Warnings {
		return 0
	}
	return len(execution.Errors())
}

// postRun runs --post-run-command with gotestsum's variables.
func (s *Summary) postRun(execution *testjson.Execution) error {
	if len(s.Opts.PostRunCommand) == 0 {
		return nil
	}
	s.Opts.Debugf(s.Stderr, "exec: %s", s.Opts.PostRunCommand)
	stdout := s.Stdout
	if s.Opts.Format == format.JSON {
		stdout = s.Stderr
	}
	env := append(slices.Clone(s.Opts.Environ),
		"GOTESTSUM_JSONFILE="+s.Opts.JSONFile,
		"GOTESTSUM_JSONFILE_TIMING_EVENTS="+s.Opts.JSONFileTimingEvents,
		"GOTESTSUM_JUNITFILE="+s.Opts.JUnit.File,
		fmt.Sprintf("GOTESTSUM_ELAPSED=%.3fs", s.elapsedOf(execution).Seconds()),
		fmt.Sprintf("TESTS_TOTAL=%d", execution.Total()),
		fmt.Sprintf("TESTS_FAILED=%d", len(execution.Failed())),
		fmt.Sprintf("TESTS_SKIPPED=%d", len(execution.Skipped())),
		fmt.Sprintf("TESTS_ERRORS=%d", s.Errors(execution)),
	)
	start := process.StartUnmarked // as gotestsum starts it
	if s.Opts.Distributed() {
		start = process.Start
	}
	p, err := start(func() *exec.Cmd {
		cmd := exec.Command(s.Opts.PostRunCommand[0], s.Opts.PostRunCommand[1:]...)
		cmd.Stdout, cmd.Stderr, cmd.Env = stdout, s.Stderr, env
		return cmd
	})
	if err != nil {
		return err
	}
	return command.Supervise(p, s.Reporting.stop).Await()
}

// Out is where the summary goes: with the json format standard output has the
// stream and nothing else, and standard error is for a person only when it is
// a terminal (a gotestsum --raw-command around it counts its lines as errors).
func (s *Summary) Out() io.Writer {
	switch {
	case s.Opts.Format != format.JSON:
		return s.Stdout
	case s.Opts.Terminal:
		return s.Stderr
	default:
		return io.Discard
	}
}
