package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// The failed test in the reports of a run that ended before its tests. Without it, the
// reports would look as if everything had passed.
const (
	unstartedPackage = "gotestshard"
	unstartedTest    = "no test was run"
)

// reportUnstarted writes the reports of a run that ended before its tests because of err or
// a signal. As under gotestsum, a plain run without --setup has no reports then.
func reportUnstarted(interrupts *signals.Watch, opts option.Options, err error, stdout, stderr io.Writer) error {
	if !opts.Distributed() && len(opts.Setup) == 0 {
		return nil
	}
	reason := fmt.Sprintf("ERROR %v\n", err)
	if sig := interrupts.Received(); sig != 0 {
		reason = fmt.Sprintf("ERROR the run was ended by a signal (%v)\n", sig)
	}
	opts.Format, opts.JSONFile, opts.JSONFileTimingEvents = "none", "", ""
	noted, newErr := observe.New(opts, nil, nil, stdout, stderr)
	if newErr != nil {
		return newErr
	}
	exec, scanErr := noted.Scan(testjson.ScanConfig{Stdout: unstartedStream(reason, time.Now()), Stderr: bytes.NewReader(nil)})
	outcome := reports.Outcome{Execution: exec, Noted: noted, Counted: noted.Count(exec), Shards: report.Shards{RunID: opts.RunID}}
	return errors.Join(scanErr, noted.Close(), outcome.ReportFiles(interrupts, opts, stdout, stderr))
}

// unstartedStream returns the events of a test that failed for a reason.
func unstartedStream(reason string, now time.Time) io.Reader {
	var stream bytes.Buffer
	lines := json.NewEncoder(&stream)
	for _, event := range []testjson.TestEvent{
		{Action: testjson.ActionRun, Test: unstartedTest},
		{Action: testjson.ActionOutput, Test: unstartedTest, Output: reason},
		{Action: testjson.ActionFail, Test: unstartedTest},
		{Action: testjson.ActionFail},
	} {
		event.Time, event.Package = now, unstartedPackage
		_ = lines.Encode(event) // cannot fail
	}
	return &stream
}
