package merge

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/coverage"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// playback replays the runs of several nodes as if the tests ran in this process: gotestshard
// merge. It reads the files one after another, so that only one line of them is in memory.
// A package that is in several files is still one package.
//
//	headers → which files count
//	first attempts of all parts, one after another → stdout, stderr
//	reruns, attempt by attempt → replay
//	what is missing → replay, exit code
type playback struct {
	opts  option.Options
	parts []*mergePart // in the order of their numbers
	log   io.Writer

	total    int  // how many parts there are
	planned  bool // whether the whole plan was read
	check    *planCheck
	timings  *history.Run
	coverage coverage.Profiles

	merge *stream.Merge
	out   *mergeStream
	errs  *engine.ErrLines
	close sync.Once   // of errs
	ended atomic.Bool // whether it was interrupted
}

// mergePart is one part of the merged run, with the data that its file has after the events.
type mergePart struct {
	partFile
	single   bool // whether it is shown as the run itself
	shards   []report.Shard
	attempts int         // number of reruns of failed tests
	end      *result.End // nil for a file that is cut or damaged
	err      error       // why reading ended early
	covered  bool
}

// open opens the files. It also returns the options of the merged run, some of which come
// from the files.
func open(opts option.Options, stderr io.Writer) (*playback, option.Options, error) {
	if units := opts.Merge.Units; units != nil && len(opts.Merge.Files) == 0 {
		return nil, opts, noUnits(units)
	}
	files, notes, err := openParts(opts.Merge.Files, opts.Outputs())
	for _, note := range notes {
		_, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", note)
	}
	if err != nil {
		return nil, opts, err
	}
	e := &playback{opts: opts, log: stderr, total: files[0].Parts, check: newPlanCheck(), timings: history.NewRun(), errs: engine.NewErrLines(1)}
	if opts.Merge.Single && len(files) > 1 {
		return nil, opts, fmt.Errorf("%s has result files of several parts; show one of them, or use gotestshard merge", opts.Merge.Files[0])
	}
	merge := *opts.Merge
	var sources []stream.Source
	for _, file := range files {
		part := &mergePart{partFile: file, single: merge.Single || merge.Units != nil && merge.Units.Own}
		e.parts = append(e.parts, part)
		sources = append(sources, e.source(part))
		merge.Workers = append(merge.Workers, part.workers()...)
	}
	if names := leftOut(files); len(names) > 0 {
		e.opts.LeftOut, e.opts.NoTests = names, option.NoTestsPass // as on a node: nothing may be left to run
	}
	if merge.Units != nil {
		merge.Workers = inOrder(merge.Workers)
		e.readPlan(merge.Units.Plan)
	}
	e.opts.Merge = &merge
	if merge.Single {
		e.opts.Command = e.parts[0].Command
		e.opts.Args = option.GoTestArgs(e.opts.Command, option.Call{Environ: opts.Environ}) // for the commands that run its tests again
	}
	if merge.AutoPrefix {
		e.opts.WorkerPrefix = len(merge.Workers) > 1
	}
	e.merge = stream.NewMerge(sources)
	e.out = newMergeStream(e)
	return e, e.opts, nil
}

// workers returns the names of the part's workers in the merged run.
func (p *mergePart) workers() []string {
	switch {
	case p.single:
		return p.Workers
	case len(p.Workers) == 0:
		return []string{p.worker("")}
	}
	var names []string
	for _, name := range p.Workers {
		names = append(names, p.worker(name))
	}
	return names
}

// worker returns the names in the merged run for the workers of an event of the part, which
// are one or several names joined by commas. A part without workers counts as one worker.
func (p *mergePart) worker(own string) string {
	if len(p.Workers) == 0 && !p.single {
		return p.lane()
	}
	var names []string
	for name := range strings.SplitSeq(own, ",") {
		switch {
		case !slices.Contains(p.Workers, name):
		case p.single:
			names = append(names, name)
		default:
			names = append(names, fmt.Sprintf("%s/%s", p.lane(), name))
		}
	}
	return strings.Join(names, ",")
}

// node returns the name of the part's node in the reports, empty if it is the only one.
func (p *mergePart) node() string {
	if p.single {
		return ""
	}
	return p.lane()
}

// lane returns the name of the part's node, or without one the number of the part.
func (p *mergePart) lane() string { return cmp.Or(p.Node, fmt.Sprint(p.Part)) }

// source returns a part as a source of the merged stream.
func (e *playback) source(part *mergePart) stream.Source {
	return stream.Source{
		Name:   fmt.Sprintf("part %d", part.Part),
		Worker: part.worker,
		Saw:    func(action, pkg, test []byte) { e.check.saw(part.Part, action, pkg, test) },
		PassNonJSON: func(line []byte) {
			if part.err == nil && len(line) > 0 {
				part.err = fmt.Errorf("%w: a line is not a go test -json event: %.99q", result.ErrDamaged, line)
			}
		},
	}
}

func (p *mergePart) addShard(piece result.Shard) {
	worker := p.worker(piece.Worker)
	if worker == "" {
		return // the header does not list this worker
	}
	i := slices.IndexFunc(p.shards, func(s report.Shard) bool { return s.Worker == worker })
	if i < 0 {
		p.shards = append(p.shards, report.Shard{Worker: worker, Node: p.node(), Busy: piece.Busy})
		i = len(p.shards) - 1
		if piece.Started != nil && piece.Completed != nil {
			p.shards[i].Started, p.shards[i].Completed = *piece.Started, *piece.Completed
		}
	}
	for _, pkg := range piece.Packages {
		p.shards[i].Packages = append(p.shards[i].Packages, report.Package{Name: pkg.Package, Elapsed: pkg.Elapsed, Failed: pkg.Failed})
	}
	for _, run := range piece.Runs {
		p.shards[i].Runs = append(p.shards[i].Runs, report.Run{
			Package: run.Package, Started: run.Started, Completed: run.Completed, Failed: run.Failed, Rerun: run.Rerun, Build: run.Build,
		})
	}
}

// addCoverage adds lines of a coverage profile. Only the first piece of a profile has the
// mode.
func (e *playback) addCoverage(part *mergePart, text string) error {
	if part.covered {
		text = "mode: " + e.coverage.Mode + "\n" + text
	}
	part.covered = true
	if err := e.coverage.Add(strings.NewReader(text)); err != nil {
		return fmt.Errorf("%w: its coverage: %w", result.ErrDamaged, err)
	}
	return nil
}

// Interrupt, Kill and CleanUp implement signals.Stopper.
func (e *playback) Interrupt(os.Signal) { e.ended.Store(true) }
func (e *playback) Kill()               { e.ended.Store(true) }
func (e *playback) CleanUp() error      { return nil }

// abandon ends the streams, because they are not read to their ends.
func (e *playback) abandon() {
	e.ended.Store(true)
	e.close.Do(e.errs.Close)
}

// greatestCode is the highest exit code that works on all systems: on Unix, 256 would become
// 0. On Windows, codes have 32 bits.
const greatestCode = 255

// exit returns the error for the exit codes of the nodes.
func (e *playback) exit() error {
	code := 0
	for _, part := range e.parts {
		switch {
		case part.end != nil:
			code = max(code, min(part.end.ExitCode, greatestCode))
		default:
			code = max(code, exit.Failed)
		}
	}
	if code == 0 {
		return nil
	}
	reason := ""
	if part := e.parts[0]; part.single && part.end != nil && e.opts.Merge.Units == nil {
		reason = part.end.Reason // the run ends as it did
	}
	return exit.Error{Code: code, Reason: reason}
}

// finish writes the files that only a merge writes: the coverage and the timings.
func (e *playback) finish() error {
	e.check.forget() // the next steps need the memory
	var errs []error
	if name := e.opts.Merge.CoverProfile; name != "" && e.coverage.Mode != "" && !e.ended.Load() {
		_ = os.MkdirAll(filepath.Dir(name), 0o755) // writing the file reports the error
		if err := e.coverage.WriteFile(name); err != nil {
			errs = append(errs, fmt.Errorf("writing --coverprofile: %w", err))
		}
	}
	if name := e.opts.Merge.Timings; name != "" && !e.ended.Load() {
		errs = append(errs, e.saveTimings(name))
	}
	return errors.Join(errs...)
}

// saveTimings adds the measurements of all nodes to a history. A damaged history file is
// renamed, which does not fail the merge.
func (e *playback) saveTimings(name string) error {
	e.timings.Last()
	before, _ := os.Stat(name)
	warning := e.timings.Save(name, time.Now())
	if warning == nil {
		return nil
	}
	after, err := os.Stat(name)
	if err != nil || before != nil && os.SameFile(before, after) { // saving a history creates a new file
		return fmt.Errorf("writing --timings: %w", warning)
	}
	_, _ = fmt.Fprintf(e.log, "gotestshard: %v\n", warning)
	return nil
}

// leavesOut reports whether a node was to run tests of a package and left it out on purpose.
func (e *playback) leavesOut(planned result.Plan) bool {
	return slices.ContainsFunc(e.parts, func(part *mergePart) bool {
		return part.Part == planned.Part && part.LeavesOut(planned.Package)
	})
}
