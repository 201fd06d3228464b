package shard

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/term"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// summary writes what there is to say at the end of a run.
type summary struct {
	opts           option.Options
	stdout, stderr io.Writer
	// flaky are the tests to be told apart from failed ones, nil for none.
	flaky flakyTests
	// warnings is whether what the commands wrote to standard error was no
	// error, since they ended well.
	warnings bool
	tableErr error // of writing the shard table
	noted    *handler
	ok       bool // whether the run ended well
	attempts int  // how often failed tests ran again
	// elapsed is how long what is reported took, 0 for as long as this process.
	elapsed       time.Duration
	started       time.Time // zero for when this process began to read
	goVersionText string    // empty for what the go command says
	reporting     *reporting
}

func (s *summary) elapsedOf(exec *testjson.Execution) time.Duration {
	return cmp.Or(s.elapsed, exec.Elapsed())
}

func (s *summary) write(execution *testjson.Execution, shards report.Shards) error {
	out := s.out()
	s.noted.ci.beginSummary()
	if len(shards.Shards) > 1 && !s.opts.HideShards {
		if err := shards.WriteTable(out); err != nil {
			s.tableErr = fmt.Errorf("writing the summary: %w", err)
		}
	}
	s.writeTests(out, execution)
	err := s.writeFiles(execution, shards)
	if err != nil && !s.opts.Distributed() {
		return err // as gotestsum ends it
	}
	if postErr := s.postRun(execution); postErr != nil {
		err = errors.Join(err, fmt.Errorf("post run command failed: %w", postErr))
	}
	return err
}

// writeFiles writes the reports, and what a CI is told at the end.
func (s *summary) writeFiles(execution *testjson.Execution, shards report.Shards) error {
	var errs []error
	if err := s.writeJUnit(execution); err != nil {
		errs = append(errs, fmt.Errorf("failed to write junit file: %w", err))
		if !s.opts.Distributed() {
			return errs[0]
		}
	}
	if s.opts.ShardReport != "" {
		if err := writeFile(s.opts.ShardReport, shards.WriteJSON); err != nil {
			errs = append(errs, fmt.Errorf("writing --shard-report: %w", err))
		}
	}
	return errors.Join(append(errs, s.finishCI(execution, shards))...)
}

func (s *summary) startedOf(exec *testjson.Execution) time.Time {
	if s.started.IsZero() {
		return exec.Started()
	}
	return s.started
}

// errors is how many errors there were.
func (s *summary) errors(execution *testjson.Execution) int {
	if s.warnings {
		return 0
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
	env := append(os.Environ(),
		"GOTESTSUM_JSONFILE="+s.opts.JSONFile,
		"GOTESTSUM_JSONFILE_TIMING_EVENTS="+s.opts.JSONFileTimingEvents,
		"GOTESTSUM_JUNITFILE="+s.opts.JUnit.File,
		fmt.Sprintf("GOTESTSUM_ELAPSED=%.3fs", s.elapsedOf(execution).Seconds()),
		fmt.Sprintf("TESTS_TOTAL=%d", execution.Total()),
		fmt.Sprintf("TESTS_FAILED=%d", len(execution.Failed())),
		fmt.Sprintf("TESTS_SKIPPED=%d", len(execution.Skipped())),
		fmt.Sprintf("TESTS_ERRORS=%d", s.errors(execution)),
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
	return supervise(p, s.reporting.stop).wait()
}

// out is where the summary goes: with the json format standard output has the
// stream and nothing else, and standard error is for a person only when it is
// a terminal (a gotestsum --raw-command around it counts its lines as errors).
func (s *summary) out() io.Writer {
	switch {
	case s.opts.Format != format.JSON:
		return s.stdout
	case term.IsTerminal(int(os.Stderr.Fd())):
		return s.stderr
	default:
		return io.Discard
	}
}
