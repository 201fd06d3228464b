// Package merge replays the results of several nodes as one run: gotestshard merge.
package merge

import (
	"errors"
	"io"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
	"github.com/gotestshard/gotestshard/shard/internal/rerun"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Run makes one report from the results of several nodes. It returns the error that a run of
// all of them on a single node would return.
func Run(opts option.Options, stdout, stderr io.Writer) error {
	interrupts := signals.Start(true)
	defer interrupts.Stop()
	_, err := Until(interrupts, opts, stdout, stderr)
	return err
}

// Until is Run with the given signals. The execution is nil if no file could be used.
func Until(interrupts *signals.Watch, opts option.Options, stdout, stderr io.Writer) (*testjson.Execution, error) {
	p, opts, err := open(opts, stderr)
	switch {
	case err != nil && interrupts.Received() != 0:
		return nil, exit.Signalled(interrupts.Received())
	case err != nil:
		return nil, err
	}
	interrupts.PassTo(p)
	noted, err := observe.New(opts, nil, nil, stdout, stderr)
	if err != nil {
		return nil, err
	}
	outcome := p.outcome(noted, opts.Merge.Single, opts.RunID)
	if outcome.Attempts > 0 {
		outcome.RerunErr = rerun.WriteReport(opts.RerunFailsReport, opts.Distributed(), outcome.Execution)
	}
	return outcome.Execution, outcome.Report(interrupts, opts, stdout, stderr)
}

// outcome replays the runs and returns what the reports need. single is whether it is one run.
func (e *playback) outcome(noted *observe.Handler, single bool, runID string) reports.Outcome {
	outcome := e.play(noted)
	outcome.CloseErr = errors.Join(noted.Close(), e.finish())
	outcome.Started, outcome.GoVersion, outcome.Module = e.started(), e.goVersion(), e.parts[0].Module
	outcome.Origins = e.origins()
	if !single || len(e.parts[0].Workers) > 0 { // otherwise the events show it, as they did during the run
		outcome.Elapsed = e.wall()
	}
	outcome.Counted = noted.Count(outcome.Execution)
	outcome.Shards = noted.Tally.Report(outcome.Counted, e.shards(), report.Shards{RunID: runID, Wall: e.wall(), Build: e.build()})
	return outcome
}

// Rewrite writes the files of reports of the run of one file, with why its tests failed.
func Rewrite(interrupts *signals.Watch, opts option.Options, diagnoses []report.Diagnosis, stderr io.Writer) error {
	p, opts, err := open(opts, stderr)
	if err != nil {
		return err
	}
	interrupts.PassTo(p)
	noted, err := observe.New(opts, nil, nil, io.Discard, io.Discard)
	if err != nil {
		return err
	}
	outcome := p.outcome(noted, opts.Merge.Single, opts.RunID)
	outcome.Counted.All.Errors = observe.CountErrors(outcome.Execution)
	outcome.Diagnoses = diagnoses
	if opts.Merge.Here {
		outcome.GoVersion = ""
	}
	return errors.Join(outcome.Own, outcome.CloseErr, outcome.ReportFiles(interrupts, opts, io.Discard, stderr))
}

// Played is a run that was replayed without showing it.
type Played struct {
	Execution *testjson.Execution
	Noted     *observe.Handler
	Header    result.Header
	End       *result.End // nil for a file that is cut off
}

// Play replays the run of one file.
func Play(interrupts *signals.Watch, opts option.Options, stderr io.Writer) (Played, error) {
	p, opts, err := open(opts, stderr)
	if err != nil {
		return Played{}, err
	}
	interrupts.PassTo(p)
	noted, err := observe.New(opts, nil, nil, io.Discard, io.Discard)
	if err != nil {
		return Played{}, err
	}
	noted.Keep = true
	outcome := p.play(noted)
	return Played{outcome.Execution, noted, p.parts[0].Header, p.parts[0].end}, errors.Join(outcome.Own, noted.Close())
}

// play replays the first attempts and then the reruns, and reports what is missing.
func (e *playback) play(noted *observe.Handler) reports.Outcome {
	noted.Shown.Interrupted = e.interrupted
	exec, err := noted.Scan(testjson.ScanConfig{Stdout: e.out, Stderr: e.errs, Stop: e.abandon})
	outcome := reports.Outcome{Execution: exec, Noted: noted, Err: e.exit(), Own: err}
	if outcome.Own != nil {
		return outcome
	}
	for _, part := range e.parts {
		outcome.Attempts = max(outcome.Attempts, part.attempts)
	}
	outcome.Own = e.replay(noted, exec, outcome.Attempts)
	if outcome.Own == nil && !e.ended.Load() {
		outcome.Err, outcome.Own = e.missing(noted, exec, outcome.Attempts, outcome.Err)
	}
	if noted.CI != nil {
		noted.CI.Coverage.Correct(e.check.nodes(), &e.coverage)
	}
	return outcome
}
