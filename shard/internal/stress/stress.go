// Package stress runs tests again and again to find out how often they fail: gotestshard
// stress.
//
//	run: one build → its workers repeat each test binary → tally → groups of failures, rates
//	--changed: git, and the source of test files → the tests that are repeated
package stress

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/run"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// progressEvery is how often a line says how far it is.
const progressEvery = 5 * time.Second

// Run runs gotestshard stress; args are those after "stress".
func Run(args []string, call option.Call, stdout, stderr io.Writer) error {
	asked, err := option.ParseStress(args, call)
	switch {
	case errors.Is(err, option.ErrHelp):
		return option.Stress{Options: option.Options{Call: call}}.WriteHelp(stdout)
	case err != nil:
		return err
	}
	interrupts := signals.Start(true)
	t := newTally(asked, time.Now)
	t.found = func(line string) { _, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", plain.Line(line)) }
	if asked.Changed != "" {
		t.only, err = changed(interrupts.Ctx, asked)
		if sig := interrupts.Received(); sig != 0 {
			err = exit.Signalled(sig)
		}
		if err != nil || len(t.only) == 0 {
			interrupts.Stop()
			if err == nil {
				t.found(fmt.Sprintf("no test was added or edited since %s", asked.Changed))
			}
			return err
		}
		t.found("changed since " + asked.Changed + ": " + named(t.only))
		asked.Options = asked.WithGoTest(gotest.Args(asked.Args).WithPackages(slices.Sorted(maps.Keys(t.only))))
	}
	asked.Repeat = t
	done := t.progress(progressEvery)
	execution, err := run.Until(interrupts, asked.Options, io.Discard, stderr)
	done()
	return conclude(t, execution, err, stdout, stderr)
}

// conclude writes the results and returns the error for the exit code. err is how the run ended:
// its processes do not count in it.
func conclude(t *tally, execution *testjson.Execution, err error, stdout, stderr io.Writer) error {
	if execution != nil && exit.Code(err) == exit.Failed { // what could not be built
		for _, line := range execution.Errors() {
			_, _ = fmt.Fprintln(stderr, strings.TrimRight(line, "\n"))
		}
	}
	if err == nil && t.err == nil && t.failed() == 0 && t.runs() == 0 { // the text would be about processes that passed
		return exit.Error{Code: exit.Failed, Reason: "no test ran: the packages have no tests, -run and -skip leave none, or all of them are skipped"}
	}
	if _, writeErr := io.WriteString(stdout, t.text()); err == nil {
		err = writeErr
	}
	switch {
	case err != nil:
		return err
	case t.err != nil:
		return t.err
	case t.failed() > 0:
		return exit.Error{Code: exit.Failed}
	}
	return nil
}
