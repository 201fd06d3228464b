package merge

import (
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

// playback plays what several nodes did as if it ran here: gotestshard merge.
// The files are read one after another, so that no more than a line of them is
// in memory; what several of them have of one package is still one package.
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
	planned  bool // whether all of the plan was read
	check    *planCheck
	timings  *history.Run
	coverage coverage.Profiles

	merge *stream.Merge
	out   *mergeStream
	errs  *engine.ErrLines
	close sync.Once   // of errs
	ended atomic.Bool // whether it was interrupted
}

// mergePart is one part of the whole and what its file said after the events.
type mergePart struct {
	partFile
	shards   []report.Shard
	attempts int         // how often failed tests ran again
	end      *result.End // nil for a file that is cut or damaged
	err      error       // what ended its reading early
	covered  bool
}

// open opens the files, and returns the options of the whole too, of which they have some.
func open(opts option.Options, stderr io.Writer) (*playback, option.Options, error) {
	files, notes, err := openParts(opts.Merge.Files, opts.Outputs())
	for _, note := range notes {
		_, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", note)
	}
	if err != nil {
		return nil, opts, err
	}
	e := &playback{opts: opts, log: stderr, total: files[0].Parts, check: newPlanCheck(), timings: history.NewRun(), errs: engine.NewErrLines(1)}
	merge := *opts.Merge
	var sources []stream.Source
	for _, file := range files {
		part := &mergePart{partFile: file}
		e.parts = append(e.parts, part)
		sources = append(sources, e.source(part))
		merge.Workers = append(merge.Workers, part.workers()...)
	}
	e.opts.Merge = &merge
	if merge.AutoPrefix {
		e.opts.WorkerPrefix = len(merge.Workers) > 1
	}
	e.merge = stream.NewMerge(sources)
	e.out = newMergeStream(e)
	return e, e.opts, nil
}

// workers are the names of a part's workers in the whole.
func (p *mergePart) workers() []string {
	if len(p.Workers) == 0 {
		return []string{p.worker("")}
	}
	var names []string
	for _, name := range p.Workers {
		names = append(names, p.worker(name))
	}
	return names
}

// worker returns the name in the whole of one or several workers, joined by
// commas, that an event of the part names. A run without workers has one, the
// part itself.
func (p *mergePart) worker(own string) string {
	if len(p.Workers) == 0 {
		return fmt.Sprint(p.Part)
	}
	var names []string
	for name := range strings.SplitSeq(own, ",") {
		if slices.Contains(p.Workers, name) {
			names = append(names, fmt.Sprintf("%d/%s", p.Part, name))
		}
	}
	return strings.Join(names, ",")
}

// source is what the merge of streams has to know of a part.
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
		return // it is none of those that the header names
	}
	i := slices.IndexFunc(p.shards, func(s report.Shard) bool { return s.Worker == worker })
	if i < 0 {
		p.shards = append(p.shards, report.Shard{Worker: worker, Node: fmt.Sprint(p.Part), Busy: piece.Busy})
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
			Package: run.Package, Started: run.Started, Completed: run.Completed, Failed: run.Failed, Rerun: run.Rerun,
		})
	}
}

// addCoverage takes in lines of a coverage profile, of which only the first piece
// has the mode.
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

// abandon ends the streams, which nobody reads any more.
func (e *playback) abandon() {
	e.ended.Store(true)
	e.close.Do(e.errs.Close)
}

// greatestCode is the highest that a process can end with everywhere: on Unix 256
// would be 0. Codes of Windows have 32 bits.
const greatestCode = 255

// exit returns how the nodes ended, as far as their codes say.
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
	return exit.Error{Code: code}
}

// finish writes what is of no run here: the coverage and the timings.
func (e *playback) finish() error {
	e.check = nil // what follows needs the room
	var errs []error
	if name := e.opts.Merge.CoverProfile; name != "" && e.coverage.Mode != "" && !e.ended.Load() {
		_ = os.MkdirAll(filepath.Dir(name), 0o755) // as for the other reports, whose error is that of the file
		if err := e.coverage.WriteFile(name); err != nil {
			errs = append(errs, fmt.Errorf("writing --coverprofile: %w", err))
		}
	}
	if name := e.opts.Merge.Timings; name != "" && !e.ended.Load() {
		errs = append(errs, e.saveTimings(name))
	}
	return errors.Join(errs...)
}

// saveTimings adds what all nodes measured to a history. A file there that is
// damaged is set aside, which is no reason to fail.
func (e *playback) saveTimings(name string) error {
	e.timings.Last()
	before, _ := os.Stat(name)
	warning := e.timings.Save(name, time.Now())
	if warning == nil {
		return nil
	}
	after, err := os.Stat(name)
	if err != nil || before != nil && os.SameFile(before, after) { // a history that is saved is a new file
		return fmt.Errorf("writing --timings: %w", warning)
	}
	_, _ = fmt.Fprintf(e.log, "gotestshard: %v\n", warning)
	return nil
}

// Shards are the workers of all parts. Of a part that is cut nobody says when
// they worked.
func (e *playback) shards() []report.Shard {
	var all []report.Shard
	for _, part := range e.parts {
		for _, worker := range part.workers() {
			i := slices.IndexFunc(part.shards, func(s report.Shard) bool { return s.Worker == worker })
			switch {
			case i >= 0:
				all = append(all, part.shards[i])
			case len(part.Workers) == 0 && part.end != nil:
				all = append(all, report.Shard{
					Worker: worker, Node: worker, Busy: part.end.Wall, Started: part.Started, Completed: part.Started.Add(part.end.Wall),
				})
			default:
				all = append(all, report.Shard{Worker: worker, Node: fmt.Sprint(part.Part)})
			}
		}
	}
	return all
}

// wall is how long the run took for who waited for all nodes at once: as long as
// the longest of them.
func (e *playback) wall() time.Duration {
	var longest time.Duration
	for _, part := range e.parts {
		if part.end != nil {
			longest = max(longest, part.end.Wall)
		}
	}
	return longest
}

// started is when the first of the nodes began.
func (e *playback) started() time.Time {
	first := e.parts[0].Started
	for _, part := range e.parts[1:] {
		if part.Started.Before(first) {
			first = part.Started
		}
	}
	return first
}

// goVersion is what the nodes said, empty when none did.
func (e *playback) goVersion() string {
	for _, part := range e.parts {
		if part.Go != "" {
			return part.Go
		}
	}
	return ""
}

// problems says what is missing, and of which kind the worst of it is.
func (e *playback) problems() (problems []string, code int) {
	say := func(atLeast int, form string, args ...any) {
		problems, code = append(problems, fmt.Sprintf(form, args...)), max(code, atLeast)
	}
	there := map[int]bool{}
	for _, part := range e.parts {
		there[part.Part] = true
	}
	if n := e.opts.Merge.Expect; n > 0 && n != e.total {
		say(exit.Failed, "--expect %d: the files are of %s", n, counted(e.total, "part"))
	}
	for number := 1; number <= e.total; number++ {
		if !there[number] {
			say(exit.Failed, "part %d of %d is missing: it has no result file%s", number, e.total, e.check.untested(number))
		}
	}
	whole := map[int]bool{}
	for _, part := range e.parts {
		switch {
		case part.err == nil && part.end != nil:
			whole[part.Part] = true
			switch end := part.end; {
			case end.Reason != "":
				say(0, "part %d of %d ended with exit code %d: %s", part.Part, e.total, end.ExitCode, end.Reason)
			case end.ExitCode > exit.Failed:
				say(0, "part %d of %d ended with exit code %d", part.Part, e.total, end.ExitCode)
			}
		case part.err == nil || errors.Is(part.err, result.ErrCut):
			say(exit.Failed, "part %d of %d is incomplete: %s is cut off, as when its node is killed%s",
				part.Part, e.total, part.name, e.check.untested(part.Part))
		default:
			say(exit.OwnError, "part %d of %d is incomplete: %s: %v%s", part.Part, e.total, part.name, part.err, e.check.untested(part.Part))
		}
	}
	for _, problem := range e.check.problems(func(part int) bool { return whole[part] }) {
		say(exit.Failed, "%s", problem)
	}
	if name := e.opts.Merge.CoverProfile; name != "" && e.coverage.Mode == "" {
		say(exit.Failed, "--coverprofile %s is not written: no part has coverage; give the nodes go test's -coverprofile", name)
	}
	return problems, code
}
