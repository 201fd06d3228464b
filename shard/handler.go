package shard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// handler is told of every event: it shows it, writes it to the event files
// and counts it. ScanTestOutput calls Event and Err on two goroutines.
type handler struct {
	formatter format.Formatter
	errPrefix func() string
	errOut    io.Writer
	errLock   sync.Mutex // testjson reports lines of both streams as errors
	events    *os.File   // --jsonfile, nil for none
	timing    *os.File   // --jsonfile-timing-events, nil for none
	tally     *tally
	failures  failures
	running   halter // nil for what is ended by an error of Event, as in gotestsum
	halted    error  // why running was halted
	passed    passedTests
	keep      bool              // tests that passed are asked for after the run
	noting    bool              // whether complete is asked for
	complete  map[string]bool   // packages whose tests got to their end
	verdicts  map[string]string // the last of m.Run of each package, PASS or FAIL
	joins     bool              // whether output that comes in a row may be one event
	output    *outputNotes      // nil when nobody asks for it
	builds    *buildNotes       // nil when nobody asks for them
	junit     *junitNotes       // nil for none
	ci        *ciNotes          // nil for none
	record    *recording        // nil for none
	accounted accounted
	stream    *stream.Joined // what is scanned, nil when each line is an event
	line      []byte
}

func newHandler(opts option.Options, engine engine, record *recording, stdout, stderr io.Writer) (*handler, error) {
	formatOptions := format.Options{FormatOptions: opts.FormatOptions}
	h := &handler{
		errPrefix: func() string { return "" },
		errOut:    stderr,
		tally:     newTally(),
		failures:  failures{limit: opts.MaxFails},
		keep:      opts.JUnit.File != "" && !spoolsCases(opts) || opts.RerunFails > 0,
		noting:    opts.RerunFailsStrict,
		complete:  map[string]bool{},
		verdicts:  map[string]string{},
		joins:     !format.ShowsEvents(opts.Format),
		junit:     newJUnitNotes(opts),
		record:    record,
	}
	builds := newBuildNotes()
	h.ci = newCINotes(opts, &failureOutputs{builds: builds}, stdout)
	if h.junit != nil || h.ci != nil {
		h.builds = builds
	}
	if h.junit != nil && h.junit.passed != nil || h.ci != nil && h.ci.messages != nil {
		h.output = newOutputNotes()
	}
	h.running, _ = engine.(halter)
	if _, ok := engine.(lister); ok && opts.Dist.Splits() {
		h.accounted.results = map[string]map[string]bool{}
	}
	formatOptions.Sections = h.ci.sections()
	if opts.WorkerPrefix {
		formatOptions.Workers = opts.ShardNames()
		if len(opts.Shards) > 0 {
			prefixes := format.NewPrefixes(formatOptions.Workers)
			h.errPrefix = func() string { return prefixes.Of(engine.errSource()) }
		}
	}
	var err error
	if h.formatter, err = format.New(stdout, opts.Format, formatOptions); err != nil {
		return nil, err
	}
	switch opts.Format {
	case "dots", "dots-v1", "dots-v2":
		// As in gotestsum: the lines would tear the dots apart, and the summary
		// has them.
		h.errOut = io.Discard
	}
	if h.events, err = createOptional(opts.JSONFile); err != nil {
		return nil, err
	}
	if h.timing, err = createOptional(opts.JSONFileTimingEvents); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// joined returns a stream for testjson to read, in which output that comes in a row is
// one event. The formats that show each event as it is get each line.
func (h *handler) joined(in io.Reader) io.Reader {
	if !h.joins {
		return in
	}
	h.stream = stream.NewJoined(in)
	return h.stream
}

// lines are the lines as they came that an event was made of, without the last newline.
// testjson makes some events up, which have none.
func (h *handler) lines(event testjson.TestEvent) []byte {
	if h.stream != nil && len(event.Bytes()) > 0 {
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
	file, err := createFile(name)
	if err != nil {
		return nil, fmt.Errorf("failed to create file: %w", err)
	}
	return file, nil
}

// Event implements testjson.EventHandler.
func (h *handler) Event(event testjson.TestEvent, exec *testjson.Execution) error {
	if exec.Package(event.Package) == nil {
		return nil // see forgetNameless
	}
	lines := h.lines(event)
	if err := h.writeLines(h.events, lines); err != nil {
		return err
	}
	if err := h.record.events(lines); err != nil {
		return err
	}
	if event.Action.IsTerminal() {
		if err := h.writeLines(h.timing, lines); err != nil {
			return err
		}
	}
	if err := h.formatter.Format(event, lines, exec); err != nil {
		return fmt.Errorf("failed to format event: %w", err)
	}
	h.tally.add(event, exec)
	h.accounted.add(event)
	if h.noting {
		h.noteComplete(event)
	}
	if event.Test == "" && (event.Output == "PASS\n" || event.Output == "FAIL\n") {
		h.verdicts[event.Package] = event.Output[:len("PASS")]
	}
	worker := h.tally.workerOf(event)
	ended := h.output.add(event)
	h.builds.add(event)
	h.junit.add(event, exec, worker)
	h.ci.add(event, exec, worker, func() string { return h.output.excerpt(ended) })
	if ended != nil && !h.junit.keeps(ended, event, exec) {
		h.output.spool.drop(ended)
	}
	if !h.keep {
		h.passed.forget(event, exec, h.junit.spooled())
	}
	return h.stopAt(h.failures.add(event, exec))
}

// stopAt stops the tests where a limit is reached.
func (h *handler) stopAt(limit error) error {
	if limit == nil || h.running == nil {
		return limit
	}
	if h.halted == nil {
		h.halted = limit
		h.running.halt(fmt.Errorf("%d failed (--max-fails)", h.failures.total))
	}
	return nil
}

// noteComplete notes which packages said, after their last test, what the tests
// came to. One that ends without did not get to all of them: a test ended the
// process.
func (h *handler) noteComplete(event testjson.TestEvent) {
	switch {
	case event.Action == testjson.ActionRun && !split.IsOutsideTests(event.Test):
		delete(h.complete, event.Package)
	case event.Test != "" || event.Action != testjson.ActionOutput:
	case event.Output == "PASS\n" || event.Output == "FAIL\n":
		h.complete[event.Package] = true
	}
}

// writeLines writes an event's lines.
func (h *handler) writeLines(file *os.File, lines []byte) error {
	if file == nil || len(lines) == 0 {
		return nil
	}
	h.line = append(append(h.line[:0], lines...), '\n')
	if _, err := file.Write(h.line); err != nil {
		return fmt.Errorf("failed to write JSON file: %w", err)
	}
	return nil
}

// Err implements testjson.EventHandler for a line of standard error. It returns
// nil: a line that cannot be shown is no reason to stop the tests.
func (h *handler) Err(text string) error {
	h.errLock.Lock()
	defer h.errLock.Unlock()
	h.record.errLine(text)
	_, _ = fmt.Fprintf(h.errOut, "%s%s\n", h.errPrefix(), text)
	return nil
}

func (h *handler) close() error {
	errs := []error{h.formatter.Close()}
	for _, file := range []*os.File{h.events, h.timing} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}
