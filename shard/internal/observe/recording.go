package observe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/files"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/kept"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// Recording writes the file of --result during a run, and the same to the file that
// gotestshard last reads. A nil Recording writes nothing.
type Recording struct {
	ctx     context.Context // of queries to the go command
	opts    option.Options
	file    *os.File   // of --result, nil for none
	kept    *kept.File // nil for none
	notKept error      // why there is none although there should be
	running engine.Engine
	changed *result.Changed // nil if the run leaves nothing out
	started time.Time
	writer  *result.Writer // nil before Begin

	failed error // of writing, already returned as the error of the run

	mu  sync.Mutex
	err error // of writing a line of standard error

	// Data for the end of the file.
	end          result.End
	shards       []report.Shard
	timings      *history.Run
	coverProfile string
	before       fs.FileInfo // of the coverage profile, nil for none
}

// OpenRecording returns nil if there is nothing to write.
func OpenRecording(ctx context.Context, opts option.Options) (*Recording, error) {
	if opts.Result == "" && !opts.Keep && opts.Unit == nil {
		return nil, nil
	}
	r := &Recording{ctx: ctx, opts: opts, started: time.Now()}
	if opts.Result != "" {
		var err error
		if r.file, err = files.Create(opts.Result); err != nil {
			return nil, fmt.Errorf("writing --result: %w", err)
		}
	}
	if opts.Keep {
		r.kept, r.notKept = createKept(opts.Dir)
	}
	return r, nil
}

// LeavesOut notes what the run leaves out on purpose. It is called before Begin.
func (r *Recording) LeavesOut(changed *result.Changed) {
	if r != nil {
		r.changed = changed
	}
}

// Begin writes the data that is known before the tests.
func (r *Recording) Begin(running engine.Engine) error {
	if r == nil || r.writer != nil {
		return nil
	}
	return r.fails(r.writeBeginning(running))
}

// asked reports whether the result is asked for, so that it is an error of the run if there is none.
func (r *Recording) asked() bool { return r.file != nil || r.opts.Unit != nil }

// fails stores an error, if there is one, so that it is not reported again at the end. It
// is no error of the run if the user did not ask for a result.
func (r *Recording) fails(err error) error {
	if err != nil && r.kept != nil {
		r.kept.Fail(err)
	}
	if !r.asked() {
		return nil
	}
	if err = recordError(err); err != nil {
		r.failed = err
	}
	return err
}

// goVersion returns the version of the go command, or "unknown".
func goVersion(ctx context.Context, env environ.List) string {
	version, err := gotest.Version(ctx, env)
	if err != nil {
		return "unknown"
	}
	return version
}

func (r *Recording) writeBeginning(running engine.Engine) error {
	r.running = running
	header := result.Header{
		Part: 1, Parts: 1, RunID: r.opts.RunID, Attempt: node.Attempt(r.opts.Environ.Get), Started: r.started, Command: r.opts.Command,
		Workers: r.opts.ShardNames(), Origin: Origin(r.opts.Environ, Tree(r.opts.GoTest, r.opts.Workspace, r.opts.Merge != nil)), Changed: r.changed,
	}
	if r.opts.Workers > 0 {
		header.Dist = string(r.opts.Dist)
	}
	modules, _ := history.Modules(r.ctx, r.opts.Dir) // there may be none
	header.Module = strings.Join(modules, " ")
	_, header.Folder, _ = kept.Root(cmp.Or(r.opts.Dir, ".")) // the run itself reports that there is no such folder
	switch {
	case r.opts.Unit != nil:
		header.Go = r.opts.Unit.Go
	case r.file != nil: // gotestshard last asks itself, which is not worth the time in each run
		header.Go = goVersion(r.ctx, r.opts.Environ)
	}
	if p := r.opts.Partition; p.Total > 0 {
		header.Part, header.Parts = p.Index, p.Total
	}
	var parts []plan.Part
	if e, ok := running.(engine.Measurer); ok {
		r.timings, r.coverProfile = e.Measured()
	}
	if e, ok := running.(engine.Planner); ok {
		parts = e.PlannedParts()
	}
	if parts != nil {
		header.Digest = plan.Digest(parts)
	}
	profile, err := os.Stat(r.coverProfile)
	if err == nil {
		r.before = profile
	}
	if err == nil && r.isFile(profile) {
		return fmt.Errorf("go test's -coverprofile writes %s too: give each its own file", r.opts.Result)
	}
	unit := r.opts.Unit
	if unit != nil {
		header.Part, header.Parts, header.Digest, header.Node = unit.Number, unit.Of, unit.Digest, unit.Node
		header.Attempt = 0 // the queue says which attempt counts
	}
	if r.writer, err = result.NewWriter(r.outputs(), header); err != nil {
		return err
	}
	if unit != nil { // all parts in each of thousands of units would be too much
		return r.writer.PlanOf(unit.Number, unit.Part)
	}
	return r.writer.Plan(parts)
}

// isFile reports whether a file is that of --result.
func (r *Recording) isFile(info fs.FileInfo) bool {
	if r.file == nil {
		return false
	}
	own, err := r.file.Stat()
	return err == nil && own.Mode().IsRegular() && os.SameFile(info, own)
}

func recordError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("writing --result: %w", err)
}

// events writes the original lines of an event. Events that testjson has added have no lines.
func (r *Recording) events(lines []byte) error {
	if r == nil || len(lines) == 0 {
		return nil
	}
	var err error
	for line := range bytes.SplitSeq(lines, []byte{'\n'}) {
		err = cmp.Or(err, r.writer.Event(line))
	}
	return r.fails(err)
}

// errLine writes a line of standard error. An error is reported at the end, so that the
// tests continue even if a line cannot be written.
func (r *Recording) errLine(text string) {
	if r == nil {
		return
	}
	if err := r.writer.Stderr(text); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.err = err
	}
}

// Rerun writes that the following lines belong to another attempt.
func (r *Recording) Rerun(attempt int) error {
	if r == nil {
		return nil
	}
	return r.fails(r.writer.Rerun(attempt))
}

// Ran records the results of the tests.
func (r *Recording) Ran(shards report.Shards, counted report.Figures) {
	if r == nil {
		return
	}
	r.shards = shards.Shards
	if unit := r.opts.Unit; unit != nil {
		unit.Tests, unit.Failed = counted.Tests, counted.Failed
	}
	r.end.Wall = time.Since(r.started) // as the summary has it, without the time of the reports
	r.end.Tests, r.end.Failed, r.end.Skipped, r.end.Errors = counted.Tests, counted.Failed, counted.Skipped, counted.Errors
}

// Finish writes the end of a run that ended with err and was interrupted at that time, zero
// for never. If the run cannot be kept, it prints a warning to stderr.
func (r *Recording) Finish(err error, interrupted time.Time, stderr io.Writer) error {
	if r == nil {
		return nil
	}
	r.end.ExitCode = exit.Code(err)
	r.end.Reason = reasonOf(err)
	if !interrupted.IsZero() {
		r.end.Interrupted = &interrupted
	}
	ran := r.writer != nil
	var writeErr error
	if r.asked() || ran {
		writeErr = r.writeEnd()
	}
	if writeErr != nil && r.writer != nil {
		r.writer.Abandon()
	}
	if warning := r.keep(ran, writeErr); warning != nil {
		_, _ = fmt.Fprintf(stderr, "gotestshard: this run is not kept for gotestshard last (--no-keep turns that off): %v\n", warning)
	}
	if !r.asked() {
		return nil
	}
	if r.failed != nil {
		writeErr = nil // err reports it already
	}
	if r.file == nil {
		return recordError(writeErr)
	}
	return errors.Join(recordError(writeErr), recordError(r.file.Close()))
}

// reasonOf returns the text that is printed for an error.
func reasonOf(err error) string {
	var coded exit.Error
	switch {
	case err == nil, errors.As(err, &coded) && coded.Reason == "":
		return ""
	}
	const longest = 10_000
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), longest)], "")
}

func (r *Recording) writeEnd() error {
	if r.writer == nil { // no tests were started
		if err := r.writeBeginning(nil); err != nil {
			return err
		}
	}
	r.mu.Lock()
	err := r.err
	r.mu.Unlock()
	if err != nil {
		return err
	}
	processes := map[string][]result.ShardProcess{}
	if e, ok := r.running.(engine.Sequencer); ok {
		processes = e.Processes()
	}
	for _, shard := range r.shards {
		if err := errors.Join(r.writer.Shard(shard), r.writer.Processes(shard.Worker, processes[shard.Worker])); err != nil {
			return err
		}
	}
	if err := r.writeCoverage(); err != nil {
		return err
	}
	if r.timings != nil {
		if err := r.writer.Timings(r.timings); err != nil {
			return err
		}
	}
	if r.end.Wall == 0 {
		r.end.Wall = time.Since(r.started)
	}
	return r.writer.End(r.end)
}

// writeCoverage writes the user's coverage profile, unless it is from an earlier run.
func (r *Recording) writeCoverage() error {
	if r.coverProfile == "" {
		return nil
	}
	profile, err := os.Open(r.coverProfile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the coverage profile: %w", err)
	}
	defer func() { _ = profile.Close() }()
	info, err := profile.Stat()
	if err != nil {
		return fmt.Errorf("the coverage profile: %w", err)
	}
	if isOfEarlierRun(r.before, info, r.started) {
		return nil
	}
	if err := r.writer.Coverage(profile); err != nil {
		return fmt.Errorf("the coverage profile %s: %w", r.coverProfile, err)
	}
	return nil
}

// isOfEarlierRun reports whether a file existed before the run and was not written since.
// The time alone is not enough: the file system may be on another machine with another
// clock. An unchanged file alone is not enough either: the go command may have written it
// before the first check. Some file systems store times in steps of two seconds.
func isOfEarlierRun(before, info fs.FileInfo, started time.Time) bool {
	unchanged := before != nil && os.SameFile(before, info) && before.Size() == info.Size() && before.ModTime().Equal(info.ModTime())
	return unchanged && info.ModTime().Before(started.Add(-2*time.Second))
}
