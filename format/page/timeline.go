package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
)

// timelineData is what ran when, in milliseconds since the beginning of the run.
type timelineData struct {
	Span  int64      `json:"span"`
	Kind  string     `json:"kind"` // what a bar is: "process", "package" or "shard"
	Lanes []laneData `json:"lanes"`
	// Build is the end of the building of test binaries, and Ready when each of them was
	// built; 0 if unknown.
	Build    int64    `json:"build"`
	Ready    []ready  `json:"ready"`
	Sentence []string `json:"sentences"`
}

type ready struct {
	Package string `json:"p"`
	At      int64  `json:"s"`
}

type laneData struct {
	Name string    `json:"name"`
	Busy int64     `json:"busy"`
	Bars []barData `json:"bars"`
}

type barData struct {
	Package  string `json:"p"`
	Start    int64  `json:"s"`
	End      int64  `json:"e"`
	Failed   bool   `json:"f,omitempty"`
	Rerun    bool   `json:"r,omitempty"`
	Critical bool   `json:"k,omitempty"`
}

// mostBars is how many bars a timeline has, so that the page stays small.
const mostBars = 20_000

// lane is what one worker ran. Without workers, it has packages that ran one after another.
type lane struct {
	name, node string
	runs       []report.Run
}

// lanesOf returns the lanes of a run, and what their bars are.
func (r Run) lanesOf() (lanes []lane, kind string) {
	for _, shard := range r.Shards.Shards {
		l := lane{name: shard.Worker, node: shard.Node}
		if len(shard.Runs) > 0 {
			kind = "process"
		}
		l.runs = timed(shard)
		lanes = append(lanes, l)
	}
	if len(lanes) > 0 {
		return lanes, cmp.Or(kind, "shard")
	}
	failed := map[string]bool{}
	for _, p := range r.Packages {
		failed[p.Name] = p.Result == report.PackageFailed || p.Result == report.PackageUnfinished
	}
	spans := slices.SortedFunc(slices.Values(r.Spans), func(a, b Span) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Package, b.Package))
	})
	for _, span := range spans {
		if span.Cached || span.Started.IsZero() || !span.Ended.After(span.Started) {
			continue
		}
		run := report.Run{Package: span.Package, Started: span.Started, Completed: span.Ended, Failed: failed[span.Package]}
		i := slices.IndexFunc(lanes, func(l lane) bool { return !l.runs[len(l.runs)-1].Completed.After(span.Started) })
		if i < 0 {
			i = len(lanes)
			lanes = append(lanes, lane{name: fmt.Sprint(i + 1)})
		}
		lanes[i].runs = append(lanes[i].runs, run)
	}
	return lanes, "package"
}

// timed returns the runs of a shard that have a start and an end, or one run for all of its
// work.
func timed(s report.Shard) []report.Run {
	runs := s.Runs
	if len(runs) == 0 {
		runs = []report.Run{{Started: s.Started, Completed: s.Completed, Failed: s.Failed > 0}}
	}
	return slices.DeleteFunc(slices.Clone(runs), func(run report.Run) bool {
		return run.Started.IsZero() || run.Completed.Before(run.Started)
	})
}

// timeline sets the lanes, and returns nil if nothing has a time.
func (b *builder) timeline() *timelineData {
	lanes, kind := b.lanesOf()
	b.lanes = []string{}
	t := &timelineData{Kind: kind, Ready: []ready{}, Sentence: []string{}}
	critical := criticalPath(lanes)
	bars := 0
	for i, l := range lanes {
		b.lanes = append(b.lanes, oneLine(l.name))
		if kind != "package" {
			b.laneOf[l.name] = i
		}
		row := laneData{Name: oneLine(l.name), Bars: []barData{}}
		for _, run := range l.runs {
			if kind == "package" {
				b.laneOf[run.Package] = i
			}
			bar := barData{
				Package: oneLine(run.Package), Start: b.since(run.Started), End: b.since(run.Completed), Failed: run.Failed, Rerun: run.Rerun,
				Critical: critical[place{i, run.Started}],
			}
			t.Span = max(t.Span, bar.End)
			row.Busy += bar.End - bar.Start
			if bars++; bars <= mostBars {
				row.Bars = append(row.Bars, bar)
			}
		}
		t.Lanes = append(t.Lanes, row)
	}
	if t.Span <= 0 {
		return nil
	}
	if bars > mostBars {
		t.Sentence = append(t.Sentence, "Only the first "+plain.Number(mostBars)+" of "+plain.Number(bars)+" bars are shown.")
	}
	if kind == "process" { // otherwise the tests of a package may wait for those of another
		b.addBuild(t)
	}
	t.Sentence = append(t.Sentence, b.advice(lanes, kind)...)
	return t
}

// addBuild adds when the test binaries were built.
func (b *builder) addBuild(t *timelineData) {
	if b.Started.IsZero() {
		return
	}
	for _, span := range b.Spans {
		if span.Started.IsZero() || span.Cached {
			continue
		}
		at := b.since(span.Started)
		if at > t.Span {
			continue // a merge has the events of its nodes one after another
		}
		t.Ready = append(t.Ready, ready{oneLine(span.Package), at})
		t.Build = max(t.Build, at)
	}
	slices.SortFunc(t.Ready, func(a, b ready) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Package, b.Package)) })
}

// place identifies a bar.
type place struct {
	lane  int
	start time.Time
}

// together is the longest pause between two processes of a worker that is taken for none.
const together = 200 * time.Millisecond

// criticalPath returns the bars that determined when the last one ended: that one, and those
// before it on its lane up to a pause.
func criticalPath(lanes []lane) map[place]bool {
	last, end := -1, time.Time{}
	for i, l := range lanes {
		for _, run := range l.runs {
			if run.Completed.After(end) {
				last, end = i, run.Completed
			}
		}
	}
	path := map[place]bool{}
	if last < 0 {
		return path
	}
	runs := slices.SortedFunc(slices.Values(lanes[last].runs), func(a, b report.Run) int { return a.Started.Compare(b.Started) })
	next := end
	for _, run := range slices.Backward(runs) {
		if next.Sub(run.Completed) > together {
			break
		}
		path[place{last, run.Started}] = true
		next = run.Started
	}
	return path
}

// helps is the fraction of the time below which more workers are worth a word.
const helps = 0.9

// muchIdle is the fraction of their time from which workers are said to be idle.
const muchIdle = 0.2

// worthwhile is the shortest time of the tests for which advice is given.
const worthwhile = time.Second

// advice says what one worker more would do.
func (b *builder) advice(lanes []lane, kind string) []string {
	if kind != "process" || len(lanes) == 0 {
		return nil
	}
	var first, last time.Time
	var busy time.Duration
	node := lanes[0].node
	for _, l := range lanes {
		if l.node != node {
			return nil // the nodes of a CI run apart
		}
		for _, run := range l.runs {
			if first.IsZero() || run.Started.Before(first) {
				first = run.Started
			}
			if run.Completed.After(last) {
				last = run.Completed
			}
			busy += run.Completed.Sub(run.Started)
		}
	}
	unit := b.longestUnit(lanes)
	longest := unit.Time
	span, more := last.Sub(first), len(lanes)+1
	if span < worthwhile || busy <= 0 {
		return nil
	}
	ideal := func(workers int) time.Duration { return max(busy/time.Duration(workers), longest) }
	next := span - (ideal(len(lanes)) - ideal(more)) // what else takes time, such as the build, stays
	idle := 1 - busy.Seconds()/span.Seconds()/float64(len(lanes))
	const nothing = "One worker more would save next to nothing"
	switch {
	case next.Seconds() < helps*span.Seconds():
		return []string{fmt.Sprintf("With %d workers instead of %d, the tests would take about %s instead of %s.", more, len(lanes), report.Took(next), report.Took(span))}
	case longest >= busy/time.Duration(more):
		return []string{fmt.Sprintf("%s: %s alone takes %s of %s.", nothing, oneLine(unit.String()), report.Took(longest), report.Took(span))}
	case idle > muchIdle:
		return []string{fmt.Sprintf("%s: the workers were idle for %.0f%% of %s, waiting for the build or for each other.", nothing, 100*idle, report.Took(span))}
	}
	return []string{nothing + "."}
}

// longestUnit returns what took longest of all that stays together: a package that ran in one
// process, or a test of one that ran in several.
func (b *builder) longestUnit(lanes []lane) report.Unit {
	if b.Shards.Advice != nil {
		return b.Shards.Advice.Longest
	}
	processes := map[string][]time.Duration{} // by package
	for _, l := range lanes {
		for _, run := range l.runs {
			if !run.Rerun {
				processes[run.Package] = append(processes[run.Package], run.Completed.Sub(run.Started))
			}
		}
	}
	var longest report.Unit
	add := func(unit report.Unit) {
		if unit.Time > longest.Time {
			longest = unit
		}
	}
	for pkg, took := range processes {
		if len(took) == 1 {
			add(report.Unit{Package: pkg, Time: took[0]})
		}
	}
	for _, result := range b.Results {
		if len(processes[result.Package]) > 1 && result.Attempt == 0 && !strings.Contains(result.Test, "/") {
			add(report.Unit{Package: result.Package, Name: result.Test, Time: result.Elapsed})
		}
	}
	return longest
}
