package report

import (
	"fmt"
	"math"
	"time"
)

// timeline shows as bars what each worker ran and when.
type timeline struct {
	Span time.Duration // from the start of the first work of any worker to the end of the last
	// Processes is true if bars are test processes, false if a bar is all work of a shard.
	Processes bool
	// Joined is whether some bars combine several processes.
	Joined bool
	Lanes  []lane
}

// lane is the row of one worker.
type lane struct {
	Worker string
	Bars   []bar
}

// bar is one test process or several short ones. Left and Width are in percent of the
// span.
type bar struct {
	Left, Width   float64
	Failed, Rerun bool
	Title         string

	runs  int
	first Run
	from  time.Duration // since the start of the first work
	to    time.Duration
}

// mostBars is about how many bars a timeline has, and at most twice as many, so that the
// page stays small.
const mostBars = 10_000

// newTimeline returns nil if there was no work.
func newTimeline(shards []Shard) *timeline {
	var first, last time.Time
	for _, shard := range shards {
		for _, run := range shard.timed() {
			if first.IsZero() || run.Started.Before(first) {
				first = run.Started
			}
			if run.Completed.After(last) {
				last = run.Completed
			}
		}
	}
	t := &timeline{Span: last.Sub(first)}
	if t.Span <= 0 {
		return nil
	}
	shards = shards[:min(len(shards), mostHTMLRows)]
	shortest := max(t.Span/1000, t.Span*time.Duration(len(shards))/mostBars)
	for _, shard := range shards {
		l := lane{Worker: shard.Worker}
		t.Processes = t.Processes || len(shard.Runs) > 0
		for _, run := range shard.timed() {
			from, to := run.Started.Sub(first), run.Completed.Sub(first)
			if n := len(l.Bars); n > 0 && l.Bars[n-1].joins(run, from, to, shortest) {
				l.Bars[n-1].to = max(to, l.Bars[n-1].to)
				l.Bars[n-1].runs++
				l.Bars[n-1].Failed = l.Bars[n-1].Failed || run.Failed
				t.Joined = true
				continue
			}
			l.Bars = append(l.Bars, bar{runs: 1, first: run, from: from, to: to, Failed: run.Failed, Rerun: run.Rerun})
		}
		for i := range l.Bars {
			l.Bars[i].place(t.Span)
		}
		t.Lanes = append(t.Lanes, l)
	}
	return t
}

// Half is half of the span.
func (t *timeline) Half() time.Duration { return t.Span / 2 }

// timed returns the runs of a shard that have a start and an end, or one run for all of
// its work.
func (s Shard) timed() []Run {
	runs := s.Runs
	if len(runs) == 0 {
		runs = []Run{{Started: s.Started, Completed: s.Completed, Failed: s.Failed > 0}}
	}
	var timed []Run
	for _, run := range runs {
		if !run.Started.IsZero() && !run.Completed.Before(run.Started) {
			timed = append(timed, run)
		}
	}
	return timed
}

// joins reports whether a run becomes part of the bar before it, because two bars would be too
// short to distinguish.
func (b bar) joins(run Run, from, to, shortest time.Duration) bool {
	return run.Rerun == b.Rerun && to-b.from < shortest && from >= b.from
}

// place sets the position and the title of a bar.
func (b *bar) place(span time.Duration) {
	percent := func(d time.Duration) float64 { return math.Round(10_000*float64(d)/float64(span)) / 100 }
	b.Left = percent(b.from)
	b.Width = math.Round(100*(percent(b.to)-b.Left)) / 100
	took := fmt.Sprintf("%s to %s", seconds(b.from), seconds(b.to))
	switch {
	case b.runs > 1:
		b.Title = fmt.Sprintf("%d test processes, %s", b.runs, took)
	case b.first.Package == "":
		b.Title = took
	default:
		b.Title = fmt.Sprintf("%s, %s", shortName(b.first.Package), took)
	}
	if b.Rerun {
		b.Title += ", rerun"
	}
	if b.Failed {
		b.Title += ", failed"
	}
}

// Class is the CSS class of a bar, empty for none.
func (b bar) Class() string {
	switch {
	case b.Failed && b.Rerun:
		return "failed rerun"
	case b.Failed:
		return "failed"
	case b.Rerun:
		return "rerun"
	}
	return ""
}
