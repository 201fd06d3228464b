// Package observe handles the events of a run. It shows each event, and records what the
// reports need later, mainly data that testjson does not keep.
package observe

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/files"
	"github.com/gotestshard/gotestshard/shard/internal/live"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/quarantine"
	"github.com/gotestshard/gotestshard/shard/internal/scan"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// Handler handles every event: it shows it, writes it to the event files and counts it.
// ScanTestOutput calls Event and Err on two goroutines.
type Handler struct {
	provider  ci.Provider // of the log
	formatter format.Formatter
	errPrefix func() string
	errOut    io.Writer
	errLock   sync.Mutex // testjson reports lines of both streams as errors
	events    *os.File   // --jsonfile, nil for none
	timing    *os.File   // --jsonfile-timing-events, nil for none
	failed    *failureFile
	Tally     *Tally
	hide      bool // whether parents of failed tests are not counted
	failures  failures
	Shown     *Shown
	benches   bool // whether the results of benchmarks are shown after what the format shows
	bench     benchmarks
	limit     format.Limit  // of the output of a test
	rest      string        // where all of it is
	Running   engine.Halter // nil if an error of Event ends the tests, as in gotestsum
	Halted    error         // why Running was halted
	long      outputMover
	passed    passedTests
	Keep      bool              // whether passed tests are needed after the run
	noting    bool              // whether Complete is needed
	Complete  map[string]bool   // packages that ran all their tests
	Verdicts  map[string]string // the last verdict of m.Run by package, PASS or FAIL
	Joins     bool              // whether consecutive output may be joined into one event
	Output    *Outputs          // nil if not needed
	Builds    *BuildNotes       // nil if not needed
	JUnit     *JUnitNotes       // nil for none
	CI        *CINotes          // nil for none
	Tests     *TestNotes        // nil if not needed
	Record    *Recording        // nil for none
	Live      *live.State       // nil for none
	Active    func()            // called for each event and line of standard error, nil for nothing
	Accounted Accounted
	Named     *Named // nil for none
	// Quarantine is nil for none, and Quarantined are tests whose failures do not count.
	Quarantine  *quarantine.Rules
	Quarantined []testjson.TestCase
	stream      *stream.Joined // the scanned stream
	line        []byte
}

// New returns a handler for the events of an engine, nil for none. It shows them on stdout,
// and lines of standard error on stderr. Close must be called.
func New(opts option.Options, running engine.Engine, record *Recording, stdout, stderr io.Writer) (*Handler, error) {
	merges := opts.Merge != nil
	h := &Handler{
		provider:  opts.CI,
		errPrefix: func() string { return "" },
		errOut:    stderr,
		Tally:     newTally(opts.RerunFails > 0 || merges),
		hide:      opts.HideFailedParents,
		failures:  failures{limit: opts.MaxFails},
		Shown:     newShown(opts.Display, opts.Stdout, len(opts.ShardNames()), stdout),
		bench:     benchmarks{},
		Keep:      opts.JUnit.File != "" && !spoolsCases(opts.JUnit, merges) || opts.RerunFails > 0 || opts.Narrow != nil,
		noting:    opts.RerunFailsStrict,
		Complete:  map[string]bool{},
		Verdicts:  map[string]string{},
		Joins:     !format.ShowsEvents(opts.Format),
		JUnit:     newJUnitNotes(opts.JUnit, opts.Distributed(), merges),
		Tests:     newTestNotes(opts.Reports),
		Record:    record,
		Named:     newNamed(opts.Tables.Tests, opts.Distribution, merges),

		Quarantine: quarantine.New(opts, failFast(opts.Args, opts.Environ)),
	}
	builds := NewBuildNotes()
	outputs := &FailureOutputs{Builds: builds, Release: h.ReleaseOutput}
	h.CI = newCINotes(ci.LogOf(stdout), opts.ForPeople(), opts.RerunFails > 0, outputs)
	if h.JUnit != nil || h.CI != nil || opts.OwnSummary() {
		h.Builds = builds
	}
	if h.JUnit != nil && h.JUnit.Passed != nil || h.CI != nil && h.CI.Messages != nil {
		h.Output = newOutputs()
	}
	h.Running, _ = running.(engine.Halter)
	if _, ok := running.(engine.Lister); ok && opts.Dist.Splits() {
		h.Accounted.results = map[string]map[string]bool{}
	}
	var err error
	if h.formatter, err = h.newFormatter(opts, running); err != nil {
		return nil, err
	}
	switch opts.Format {
	case "dots", "dots-v1", "dots-v2", format.Failures:
		// As in gotestsum: the lines would separate the dots, and the summary also
		// has them.
		h.errOut = io.Discard
	}
	if h.events, err = createOptional(opts.JSONFile); err != nil {
		return nil, err
	}
	if h.timing, err = createOptional(opts.JSONFileTimingEvents); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	if h.failed, err = openFailureFile(opts.FailuresFile); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// newFormatter returns the format for the handler, and sets what it needs of it.
func (h *Handler) newFormatter(opts option.Options, running engine.Engine) (format.Formatter, error) {
	formatOptions := format.Options{FormatOptions: opts.FormatOptions, Width: h.Shown.width}
	if formatOptions.Sections = h.CI.sections(); formatOptions.Sections != nil {
		formatOptions.Silent = failedBySubtests
	}
	if opts.WorkerPrefix {
		formatOptions.Workers = opts.ShardNames()
		if len(opts.Shards) > 0 {
			prefixes := format.NewPrefixes(formatOptions.Workers)
			h.errPrefix = func() string { return prefixes.Of(running.ErrSource()) }
		}
	}
	cuts := opts.OwnSummary() && opts.Merge == nil // gotestshard last shows all of it
	h.limit, h.rest = h.Shown.limit(cuts, opts.CI), opts.WholeOutput()
	formatOptions.Limit, formatOptions.Rest = h.limit, h.rest
	if opts.OwnSummary() {
		formatOptions.Unended = h.Shown.Took
	}
	h.benches = opts.OwnSummary() && format.NamesTests(opts.Format)
	if h.benches || h.Shown.atOnce {
		formatOptions.More = h.more
	}
	return format.New(h.Shown.out, opts.Format, formatOptions)
}

// Scan reads a stream of events, and standard error, to their ends. The handler is h, or a
// handler of the caller that passes its events on to h.
func (h *Handler) Scan(config testjson.ScanConfig) (*testjson.Execution, error) {
	if config.Handler == nil {
		config.Handler = h
	}
	// Formats that show each event unchanged get each line as an event.
	h.stream = stream.NewJoined(h.Quarantine.Reader(eventStream(h.provider, config.Stdout)), h.Joins)
	exec, err := scan.Scan(config, h.stream.Next)
	forgetNameless(exec)
	sortUnended(exec)
	return exec, err
}

// lines returns the original lines of an event, without the last newline. Events that
// testjson has added have no lines.
func (h *Handler) lines(event testjson.TestEvent) []byte {
	if len(event.Bytes()) > 0 {
		if lines := h.stream.Lines(); lines != nil {
			return lines
		}
	}
	return format.Line(event)
}

func createOptional(name string) (*os.File, error) {
	if name == "" {
		return nil, nil
	}
	file, err := files.Create(name)
	if err != nil {
		return nil, fmt.Errorf("failed to create file: %w", err)
	}
	return file, nil
}

// Event implements testjson.EventHandler.
func (h *Handler) Event(event testjson.TestEvent, exec *testjson.Execution) error {
	if exec.Package(event.Package) == nil {
		return nil // see forgetNameless
	}
	if h.Active != nil {
		h.Active()
	}
	lines := h.lines(event)
	if err := h.writeLines(h.events, lines); err != nil {
		return err
	}
	if err := h.failed.add(event, lines); err != nil {
		return err
	}
	if err := h.Record.events(lines); err != nil {
		return err
	}
	if event.Action.IsTerminal() {
		if err := h.writeLines(h.timing, lines); err != nil {
			return err
		}
	}
	h.Shown.begin()
	if err := h.formatter.Format(event, lines, exec); err != nil {
		return fmt.Errorf("failed to format event: %w", err)
	}
	h.Shown.add(event, exec)
	worker := h.Tally.add(event, exec)
	h.Accounted.add(event)
	h.Named.add(event)
	if h.noting {
		h.noteComplete(event)
	}
	if event.Test == "" && (event.Output == "PASS\n" || event.Output == "FAIL\n") {
		h.Verdicts[event.Package] = event.Output[:len("PASS")]
	}
	h.Live.Note(event, worker)
	ended := h.Output.add(event)
	h.Builds.add(event)
	h.JUnit.add(event, exec, worker)
	quarantined := event.Action == testjson.ActionSkip && quarantine.IsMarked(lines)
	if tc := endedCase(event, exec); quarantined && tc != nil {
		h.Quarantined = append(h.Quarantined, *tc)
	}
	h.Tests.add(event, worker, quarantined)
	h.CI.add(event, exec, worker, func() string { return h.Output.excerpt(ended) })
	if ended != nil && !h.JUnit.keeps(ended, event, exec) {
		h.Output.spool.drop(ended)
	}
	h.long.add(event, exec)
	if !h.Keep {
		h.passed.forget(event, exec, h.JUnit.spooled())
	}
	return h.stopAt(h.failures.add(event, exec))
}

// stopAt stops the tests if a limit is reached.
func (h *Handler) stopAt(limit error) error {
	if limit == nil || h.Running == nil {
		return limit
	}
	if h.Halted == nil {
		h.Halted = limit
		h.Running.Halt(fmt.Errorf("%d failed (--max-fails)", h.failures.total))
	}
	return nil
}

// noteComplete records which packages printed PASS or FAIL after their last test. A package
// that ends without such a line did not run all its tests, because a test ended the process.
func (h *Handler) noteComplete(event testjson.TestEvent) {
	switch {
	case event.Action == testjson.ActionRun && !split.IsOutsideTests(event.Test):
		delete(h.Complete, event.Package)
	case event.Test != "" || event.Action != testjson.ActionOutput:
	case event.Output == "PASS\n" || event.Output == "FAIL\n":
		h.Complete[event.Package] = true
	}
}

// Count returns the figures of all that ran so far.
func (h *Handler) Count(exec *testjson.Execution) Counted {
	hidden := func(testjson.TestCase) bool { return false }
	if h.hide {
		hidden = FailedParents(exec)
	}
	counted := h.Tally.Count(exec, hidden)
	counted.All.Quarantined = len(h.QuarantinedTests())
	return counted
}

// ReleaseOutput lets the system drop long output from memory that a report has read.
func (h *Handler) ReleaseOutput() { h.long.file.Release() }

// writeLines writes the lines of an event.
func (h *Handler) writeLines(file *os.File, lines []byte) error {
	if file == nil || len(lines) == 0 {
		return nil
	}
	h.line = append(append(h.line[:0], lines...), '\n')
	if _, err := file.Write(h.line); err != nil {
		return fmt.Errorf("failed to write JSON file: %w", err)
	}
	return nil
}

// Err implements testjson.EventHandler for a line of standard error. It returns nil, so that
// the tests continue even if a line cannot be shown.
func (h *Handler) Err(text string) error {
	if h.Active != nil {
		h.Active()
	}
	h.errLock.Lock()
	defer h.errLock.Unlock()
	h.Record.errLine(text)
	_, _ = fmt.Fprintf(h.errOut, "%s%s\n", h.errPrefix(), text)
	h.Shown.addLine(text)
	return nil
}

// Close shows the output that the format still buffers, and closes the event files.
func (h *Handler) Close() error {
	h.long.file.Close()
	errs := []error{h.formatter.Close(), h.failed.Close()}
	for _, file := range []*os.File{h.events, h.timing} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}
