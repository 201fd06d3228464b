package tool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

const reportHelp = `Usage: %[1]s [flags] [FILE ...]

Make reports of what go test -json printed, also through gotestsum's or gotestshard's --jsonfile. Without
a FILE, or with -, the standard input is read.

Flags:
%[2]s`

// runReport makes the reports of a run from its events.
func runReport(name string, args []string, call option.Call, stdout, stderr io.Writer) error {
	opts := option.Options{Call: call}
	opts.CI = ci.None
	opts.Format = "none"
	flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Usage = func() {}
	flags.StringVar(&opts.HTML, "html", "", "write one HTML page to `FILE`")
	flags.StringVar(&opts.Trace, "trace", "", "write when each test ran to `FILE`, for ui.perfetto.dev")
	flags.StringVar(&opts.SVG, "svg", "", "write the timeline to `FILE` as a picture")
	switch err := flags.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		_, err := fmt.Fprintf(stdout, reportHelp, name, flags.FlagUsages())
		return err
	case err != nil:
		return fmt.Errorf("%w; see '%s --help'", err, name)
	case !opts.ShowsTests():
		return fmt.Errorf("nothing to write: give --html, --trace or --svg a file; see '%s --help'", name)
	}
	files, err := openEvents(flags.Args(), call.Stdin)
	if err != nil {
		return err
	}
	opts.RerunFails = 1 // the events may have reruns
	noted, err := observe.New(opts, nil, nil, io.Discard, io.Discard)
	if err != nil {
		return err
	}
	exec, attempts, err := scanAttempts(noted, files)
	if err != nil {
		return fmt.Errorf("reading the events: %w", errors.Join(err, noted.Close()))
	}
	if len(exec.Packages()) == 0 {
		return errors.New("there are no events: give it what go test -json printed")
	}
	interrupts := signals.Start(false) // before, a signal ends the program at once
	defer interrupts.Stop()
	first, last := noted.Tests.Times()
	// An Elapsed of 0 would be that of reading the events.
	outcome := reports.Outcome{
		Execution: exec, Noted: noted, Counted: noted.Count(exec), Attempts: attempts,
		Started: first, Elapsed: max(last.Sub(first), 1), GoVersion: "unknown", CloseErr: noted.Close(),
	}
	err = errors.Join(outcome.CloseErr, outcome.ReportFiles(interrupts, opts, stdout, stderr))
	if sig := interrupts.Received(); sig != 0 {
		return exit.Signalled(sig)
	}
	return err
}

// scanAttempts reads the events of all files, and returns how many reruns they have. Different
// files are not reruns of each other.
func scanAttempts(noted *observe.Handler, files []io.Reader) (exec *testjson.Execution, reruns int, err error) {
	noted.Keep = false
	for _, file := range files {
		parts := newAttempts(file)
		for {
			attempt, events := parts.next()
			if events == nil {
				break
			}
			noted.Keep = noted.Keep || attempt > 0 // a test that failed and passes now is flaky
			reruns = max(reruns, attempt)
			exec, err = noted.Scan(testjson.ScanConfig{RunID: attempt, Stdout: events, Execution: exec, IgnoreNonJSONOutputLines: true})
			if err != nil {
				return exec, reruns, err
			}
		}
	}
	return exec, reruns, nil
}

// openEvents returns the events of each file. The files are closed when this process ends.
func openEvents(names []string, stdin io.Reader) ([]io.Reader, error) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	var all []io.Reader
	for _, name := range names {
		in := stdin
		if name != "-" {
			file, err := os.Open(name)
			if err != nil {
				return nil, fmt.Errorf("reading events: %w", err)
			}
			in = file
		}
		all = append(all, io.MultiReader(in, strings.NewReader("\n"))) // a file may end within a line
	}
	return all, nil
}
