package result

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// The kinds of records, each the value of the key "gotestshard".
const (
	kindHeader   = "result"
	kindPlan     = "plan"
	kindStderr   = "stderr"
	kindRerun    = "rerun"
	kindShard    = "shard"
	kindCoverage = "coverage"
	kindTimings  = "timings"
	kindEnd      = "end"
)

// recordStart is the beginning of a record's line.
const recordStart = `{"gotestshard":"`

// longestList is how many bytes of names a list may have before it continues in another
// line.
const longestList = 32 << 10

// flushAfter is how long data may stay in memory. It is the part that is missing from the
// file of a killed node.
const flushAfter = time.Second

// Writer writes a file. Several goroutines may call its methods. The first error is kept
// and returned by all later calls.
type Writer struct {
	mu     sync.Mutex
	text   *bufio.Writer // what is to be compressed, so that this is not done for each line
	zipped *gzip.Writer
	out    *bufio.Writer // gzip writes a few bytes at a time
	timer  *time.Timer   // for the next flush, nil if none is pending
	err    error
	ended  bool
}

// blockSize is how much is compressed or written at once, in bytes.
const blockSize = 32 << 10

// NewWriter writes the header to out at once.
func NewWriter(out io.Writer, header Header) (*Writer, error) {
	blocks := bufio.NewWriterSize(out, blockSize)
	zipped, err := gzip.NewWriterLevel(blocks, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	w := &Writer{text: bufio.NewWriterSize(zipped, blockSize), zipped: zipped, out: blocks}
	record := struct {
		Version int `json:"version"`
		Header
	}{Version, header}
	if err := w.record(kindHeader, record); err != nil {
		return nil, err
	}
	w.flush()
	return w, w.err
}

// Event writes an event, a line of JSON without a newline.
func (w *Writer) Event(line []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if bytes.HasPrefix(line, []byte(recordStart)) { // a test's output must not be taken for a record
		line = append([]byte("{ "), line[1:]...)
	}
	return w.line(line)
}

// line writes one line. w.mu is held.
func (w *Writer) line(line []byte) error {
	switch {
	case w.err != nil:
		return w.err
	case w.ended:
		return errors.New("the result file has ended")
	case len(line) >= longestLine:
		w.err = fmt.Errorf("a line of %d bytes is too long for a result file", len(line))
		return w.err
	}
	_, _ = w.text.Write(line) // the next call returns the error
	w.err = w.text.WriteByte('\n')
	if w.timer == nil && w.err == nil {
		w.timer = time.AfterFunc(flushAfter, w.flush)
	}
	return w.err
}

func (w *Writer) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	if w.err == nil && !w.ended {
		w.err = cmp.Or(w.text.Flush(), w.zipped.Flush(), w.out.Flush())
	}
}

// record writes a record with the keys of value.
func (w *Writer) record(kind string, value any) error {
	line := []byte(recordStart + kind + `"`)
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if len(text) > len("{}") {
		line = append(line, ',')
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.line(append(line, text[1:]...))
}

// Stderr writes a line of standard error.
func (w *Writer) Stderr(line string) error { return w.record(kindStderr, Text{line}) }

// Rerun marks the following events as those of another attempt, which counts from 1. It
// is called for each test process or command of the attempt.
func (w *Writer) Rerun(attempt int) error { return w.record(kindRerun, Rerun{attempt}) }

// Plan writes the whole plan.
func (w *Writer) Plan(parts []plan.Part) error {
	for i, part := range parts {
		if err := w.PlanOf(i+1, part); err != nil {
			return err
		}
	}
	return nil
}

// PlanOf writes the plan of one part.
func (w *Writer) PlanOf(number int, part plan.Part) error {
	if err := w.record(kindPlan, Plan{Part: number, Expected: part.Expected}); err != nil {
		return err
	}
	for _, pkg := range part.Packages {
		for first, rest := true, pkg.Tests; first || len(rest) > 0; first = false {
			n := listed(rest, func(test string) int { return len(test) })
			piece := Plan{Part: number, Package: pkg.Name, Whole: pkg.Whole, Rest: pkg.Rest, Tests: rest[:n]}
			if err := w.record(kindPlan, piece); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	return nil
}

// listed returns how many elements of list fit in a line, at least one.
func listed[T any](list []T, size func(T) int) int {
	bytes := 0
	for i, item := range list {
		if bytes += size(item) + 100; bytes > longestList && i > 0 {
			return i
		}
	}
	return len(list)
}

// Shard writes what a shard ran.
func (w *Writer) Shard(shard report.Shard) error {
	piece := Shard{Worker: shard.Worker, Busy: shard.Busy}
	if !shard.Started.IsZero() {
		piece.Started, piece.Completed = &shard.Started, &shard.Completed
	}
	packages, runs := shard.Packages, shard.Runs
	for first := true; first || len(packages) > 0 || len(runs) > 0; first = false {
		n := listed(packages, func(pkg report.Package) int { return len(pkg.Name) })
		piece.Packages, piece.Runs = nil, nil
		for _, pkg := range packages[:n] {
			piece.Packages = append(piece.Packages, ShardPackage{pkg.Name, pkg.Elapsed, pkg.Failed})
		}
		packages = packages[n:]
		n = listed(runs, func(run report.Run) int { return len(run.Package) + len(run.Build) + 120 })
		for _, run := range runs[:n] {
			piece.Runs = append(piece.Runs, ShardRun{run.Package, run.Started, run.Completed, run.Failed, run.Rerun, run.Build})
		}
		runs = runs[n:]
		if err := w.record(kindShard, piece); err != nil {
			return err
		}
	}
	return nil
}

// Processes writes which tests the processes of a worker ran, in one piece after another.
func (w *Writer) Processes(worker string, processes []ShardProcess) error {
	for _, process := range processes {
		piece := ShardProcess{Package: process.Package}
		for first, rest := true, process.Tests; first || len(rest) > 0; first = false {
			n := listed(rest, func(test string) int { return 2 * len(test) }) // Until may have it too
			piece.Tests, piece.Until = rest[:n], nil
			for _, test := range piece.Tests {
				if until, ok := process.Until[test]; ok {
					if piece.Until == nil {
						piece.Until = map[string]int{}
					}
					piece.Until[test] = until
				}
			}
			if err := w.record(kindShard, Shard{Worker: worker, Processes: []ShardProcess{piece}}); err != nil {
				return err
			}
			rest, piece.Continues = rest[n:], true
		}
	}
	return nil
}

// Coverage writes a coverage profile.
func (w *Writer) Coverage(profile io.Reader) error {
	lines := bufio.NewReader(profile)
	var text []byte
	for {
		line, err := lines.ReadSlice('\n')
		if len(text) > 0 && len(text)+len(line) > longestList || errors.Is(err, bufio.ErrBufferFull) {
			if err := w.record(kindCoverage, Text{string(text)}); err != nil {
				return err
			}
			text = text[:0]
		}
		text = append(text, line...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return errors.New("a line of more than 4096 bytes is not a line of a coverage profile")
		case err == io.EOF && len(text) > 0:
			return w.record(kindCoverage, Text{string(text)})
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// Timings writes the durations of the tests of a run.
func (w *Writer) Timings(run *history.Run) error {
	for record := range run.Records() {
		tests, subtests := record.Tests, record.Subtests
		for first := true; first || len(tests) > 0 || len(subtests) > 0; first = false {
			n := listed(tests, func(test history.RecordTest) int { return len(test.Test) + 50 })
			record.Tests, tests = tests[:n], tests[n:]
			record.Subtests = nil
			if len(tests) == 0 {
				n = listed(subtests, sizeOf)
				record.Subtests, subtests = subtests[:n], subtests[n:]
			}
			if err := w.record(kindTimings, record); err != nil {
				return err
			}
			record = history.Record{Package: record.Package}
		}
	}
	return nil
}

func sizeOf(subtests history.RecordSubtests) (size int) {
	for name := range subtests.Times {
		size += len(name) + 20
	}
	return size
}

// End writes the last line. Nothing may follow it.
func (w *Writer) End(end End) error {
	err := w.record(kindEnd, end)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	if w.ended || err != nil {
		return err
	}
	w.ended = true
	w.err = cmp.Or(w.text.Flush(), w.zipped.Close(), w.out.Flush())
	return w.err
}

// Abandon stops writing without a last line.
func (w *Writer) Abandon() {
	w.flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}
