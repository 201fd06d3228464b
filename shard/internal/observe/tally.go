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

// Tally counts tests per worker. Each event adds its change of testjson's own counts, so
// that the sums match the summary.
type Tally struct {
	pkgs    map[string]*pkgTally
	workers map[string]*counts
	longest report.Test
	running format.Running
}

type counts struct{ tests, failed, skipped int }

type pkgTally struct {
	counts
	worker string // of the last event with a worker
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
	// If several shards ran a package, its end lists all of them.
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
		now.failed++ // as in Execution.Failed
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

// workerOf returns the worker of an event. An event that testjson has added has no worker,
// so its worker is that of the start of the test, or of other events of the package.
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

// Report combines the engine's data about its shards with the counts.
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

// LongestTest returns the longest test by the durations that the advice uses, because both
// are shown together. seen is the longest test by the durations from go test, which exclude
// parallel subtests. It is returned only if the advice has no duration for it.
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
