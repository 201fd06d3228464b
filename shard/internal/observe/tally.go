package observe

import (
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/history"
)

// Tally counts tests by package and worker.
type Tally struct {
	pkgs    map[string]*pkgTally
	reruns  bool     // whether there may be reruns
	names   []string // of workers
	seed    maphash.Seed
	longest report.Test
	running format.Running
}

func newTally(reruns bool) *Tally {
	return &Tally{pkgs: map[string]*pkgTally{}, reruns: reruns, seed: maphash.MakeSeed(), running: format.Running{}}
}

// add counts an event and returns its worker. An event that testjson has added has no worker,
// so its worker is that of the start of the test, or of other events of the package.
func (t *Tally) add(event testjson.TestEvent, exec *testjson.Execution) (worker string) {
	p := t.pkgs[event.Package]
	if p == nil {
		p = &pkgTally{tally: t}
		if t.reruns {
			p.cases = map[uint64]firstRuns{}
		}
		t.pkgs[event.Package] = p
	}
	named := format.Worker(event)
	worker = named
	if strings.Contains(named, ",") { // if several shards ran a package, its end lists all of them
		worker = ""
	}
	if worker != "" {
		p.worker = worker
	}
	if p.worker != "" { // not from the cache
		t.findLongest(event, exec)
	}
	if worker == "" {
		worker = cmp.Or(t.running.Of(event), p.worker)
	}
	t.running.Note(event, named)
	if event.Test != "" {
		if len(event.Bytes()) == 0 { // testjson leaves the attempt out
			event.RunID = exec.Package(event.Package).LastFailedByName(event.Test).RunID
		}
		p.add(event, exec.Package(event.Package), worker)
	} else if event.Action.IsTerminal() {
		p.ended = event.Time
		if event.Action != testjson.ActionFail && len(p.failed) == 0 {
			p.cases = nil // nothing of it runs again
		}
	}
	return cmp.Or(named, worker)
}

// hash returns a number for the name of a test, because there may be millions of them.
func (t *Tally) hash(test string) uint64 { return maphash.String(t.seed, test) }

// index returns the index of a worker in names.
func (t *Tally) index(worker string) int32 {
	i := slices.Index(t.names, worker)
	if i < 0 {
		i = len(t.names)
		t.names = append(t.names, worker)
	}
	return int32(i)
}

// findLongest notes the longest test. A test without an end, for which testjson has added the
// event, took until the end of its package.
func (t *Tally) findLongest(event testjson.TestEvent, exec *testjson.Execution) {
	if event.Test == "" || !event.Action.IsTerminal() || strings.Contains(event.Test, "/") {
		return
	}
	elapsed := time.Duration(event.Elapsed * float64(time.Second))
	if len(event.Bytes()) == 0 {
		started, ended := exec.Package(event.Package).LastFailedByName(event.Test).Time, t.pkgs[event.Package].ended
		if started.IsZero() || ended.IsZero() {
			return
		}
		elapsed = ended.Sub(started)
	}
	if elapsed > t.longest.Elapsed {
		t.longest = report.Test{Package: event.Package, Name: event.Test, Elapsed: elapsed}
	}
}

// Report combines the engine's data about its shards with the counts.
func (t *Tally) Report(counted Counted, shards []report.Shard, r report.Shards) report.Shards {
	for _, shard := range shards {
		f := counted.byWorker[shard.Worker]
		shard.Tests, shard.Failed, shard.Flaky, shard.Skipped = f.Tests, f.Failed, f.Flaky, f.Skipped
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
