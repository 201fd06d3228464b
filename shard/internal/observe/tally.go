package observe

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/history"
)

// Tally counts tests per worker. The counts are the differences that each
// event makes to testjson's own, so that their sums are those of the summary.
type Tally struct {
	pkgs    map[string]*pkgTally
	workers map[string]*counts
	longest report.Test
	running format.Running
}

type counts struct{ tests, failed, skipped int }

type pkgTally struct {
	counts
	worker string // the last one that was named
}

func newTally() *Tally {
	return &Tally{pkgs: map[string]*pkgTally{}, workers: map[string]*counts{}, running: format.Running{}}
}

func (t *Tally) add(event testjson.TestEvent, exec *testjson.Execution) {
	p := t.pkgs[event.Package]
	if p == nil {
		p = &pkgTally{}
		t.pkgs[event.Package] = p
	}
	// The end of a package that several shards ran names them all.
	if worker := format.Worker(event); worker != "" && !strings.Contains(worker, ",") {
		p.worker = worker
	}
	if p.worker == "" {
		return // from the cache, or not run at all
	}
	t.findLongest(event)
	pkg := exec.Package(event.Package)
	now := counts{tests: pkg.Total, failed: len(pkg.Failed), skipped: len(pkg.Skipped)}
	if pkg.TestMainFailed() {
		now.failed++ // as Execution.Failed has it
	}
	if now == p.counts {
		return
	}
	w := t.workers[p.worker]
	if w == nil {
		w = &counts{}
		t.workers[p.worker] = w
	}
	w.tests += now.tests - p.tests
	w.failed += now.failed - p.failed
	w.skipped += now.skipped - p.skipped
	p.counts = now
}

// workerOf returns who ran what an event is of. An event that testjson made up
// does not say, but the start of its test did, or others of its package.
func (t *Tally) workerOf(event testjson.TestEvent) string {
	defer t.running.Note(event)
	if worker := cmp.Or(format.Worker(event), t.running.Of(event)); worker != "" {
		return worker
	}
	if p := t.pkgs[event.Package]; p != nil {
		return p.worker
	}
	return ""
}

func (t *Tally) findLongest(event testjson.TestEvent) {
	if event.Test == "" || !event.Action.IsTerminal() || event.Elapsed <= 0 || strings.Contains(event.Test, "/") {
		return
	}
	if elapsed := time.Duration(event.Elapsed * float64(time.Second)); elapsed > t.longest.Elapsed {
		t.longest = report.Test{Package: event.Package, Name: event.Test, Elapsed: elapsed}
	}
}

// Report joins what an engine knows of its shards with the counts.
func (t *Tally) Report(shards []report.Shard, r report.Shards) report.Shards {
	for _, shard := range shards {
		if c := t.workers[shard.Worker]; c != nil {
			shard.Tests, shard.Failed, shard.Skipped = c.tests, c.failed, c.skipped
		}
		r.Shards = append(r.Shards, shard)
	}
	r.Longest = t.longest
	return r
}

// LongestTest is the test that took longest by the clock of the advice, with which
// it is read together: seen, the longest by go's own, stays only if that did not
// measure it. Go's leaves out parallel subtests.
func LongestTest(seen report.Test, measured []history.Measured) report.Test {
	var longest report.Test
	known := false
	for _, m := range measured {
		for _, name := range slices.Sorted(maps.Keys(m.Tests)) {
			if took := m.Tests[name]; took > longest.Elapsed {
				longest = report.Test{Package: m.Package, Name: name, Elapsed: took}
			}
			known = known || m.Package == seen.Package && name == seen.Name
		}
	}
	if !known && seen.Elapsed >= longest.Elapsed {
		return seen
	}
	return longest
}
