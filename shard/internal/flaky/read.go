package flaky

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/outcome"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// run is what a result file has.
type run struct {
	name   string // of the file
	header result.Header
	builds map[string]string // of test binaries, by package
	// ends are the results of tests in the order of the file.
	ends []outcome.End
}

// read reads a result file. If it is cut or damaged, it returns what comes before that, with a note.
func read(name string) (r run, note string, err error) {
	file, err := os.Open(name)
	if err != nil {
		return run{}, "", err
	}
	defer func() { _ = file.Close() }()
	reader, err := result.NewReader(file)
	switch {
	case errors.Is(err, result.ErrCut):
		return run{}, name + " ends before its header: its run was killed right after its start", nil
	case err != nil:
		return run{}, "", fmt.Errorf("%s: %w", name, err)
	}
	reader.SkipPlan, reader.SkipTimings, reader.SkipCoverage = true, true, true
	r = run{name: name, header: reader.Header, builds: map[string]string{}}
	switch err := r.read(reader); {
	case errors.Is(err, result.ErrCut), errors.Is(err, result.ErrDamaged):
		return r, fmt.Sprintf("%s: %v; what comes before that counts", name, err), nil
	case err != nil:
		return run{}, "", fmt.Errorf("%s: %w", name, err)
	}
	return r, "", nil
}

// read reads what follows the header. With an error, the run has what comes before it.
func (r *run) read(reader *result.Reader) error {
	scan := outcome.Scanner{Each: reader.Header.Dist == string(plan.Each)}
	defer func() { r.ends = scan.Ends }()
	for {
		record, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case record.Event != nil:
			scan.Line(record.Event)
		case record.Shard != nil:
			for _, process := range record.Shard.Runs {
				r.builds[process.Package] = process.Build
			}
		case record.End != nil && record.End.Interrupted != nil:
			scan.Ends = before(scan.Ends, *record.End.Interrupted)
		}
	}
}

// before returns the results without what failed after a signal, which may be the reason.
func before(ends []outcome.End, signal time.Time) []outcome.End {
	return slices.DeleteFunc(ends, func(e outcome.End) bool { return e.Failed && !e.At.Before(signal) })
}
