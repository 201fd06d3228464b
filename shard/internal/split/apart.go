package split

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// apart is a test that runs in several processes, each of which runs some of its subtests.
type apart struct {
	test plan.Test

	mu      sync.Mutex
	pieces  int             // that have run
	broke   bool            // whether a piece was not run to its end
	results map[string]bool // of its processes: pass, fail, skip
	ran     map[string]int  // in how many processes a subtest has run, by its full name
	parts   map[string]bool // the first parts of these names
	took    history.Subtests
	longest time.Duration // of a process
	total   time.Duration // of its subtests, in one process that would run all of them
}

// apartOf returns the state of a test that runs in several processes, which begins with the first
// call.
func (r *run) apartOf(test plan.Test) *apart {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.aparts[test.Name] == nil {
		r.merge.Share(test.Name)
		if r.aparts == nil {
			r.aparts = map[string]*apart{}
		}
		r.aparts[test.Name] = &apart{
			test: test, results: map[string]bool{}, ran: map[string]int{}, parts: map[string]bool{},
			took: history.Subtests{Times: map[string]time.Duration{}},
		}
	}
	return r.aparts[test.Name]
}

// gather divides the tests of a batch: those that run as a whole, and the pieces of others. A test
// of which a batch has all pieces runs as a whole.
func (r *run) gather(tests []plan.Test) (names []string, pieces map[string][]int) {
	pieces = map[string][]int{}
	for _, test := range tests {
		if test.Of != "" {
			pieces[test.Of] = append(pieces[test.Of], test.Index)
		}
	}
	for _, test := range r.Package.Together(tests) {
		if len(pieces[test.Name]) == len(test.Pieces) {
			names = append(names, test.Name)
			delete(pieces, test.Name)
		}
	}
	return names, pieces
}

// partsOf returns the names of tests of which a batch has pieces, and those of the subtests in
// them.
func (r *run) partsOf(pieces map[string][]int) (names []string) {
	for _, test := range r.Package.Tests {
		for _, i := range pieces[test.Name] {
			names = append(names, test.Name)
			for _, part := range test.Pieces[i].Subtests {
				names = append(names, test.Name+"/"+part)
			}
		}
	}
	return names
}

// pieces runs some pieces of a test in one process. After the last ones it ends the test.
func (r *run) pieces(b plan.Batch, name string, indexes []int) {
	test := r.Package.Tests[slices.IndexFunc(r.Package.Tests, func(t plan.Test) bool { return t.Name == name })]
	a := r.apartOf(test)
	through := false
	switch args, ok := r.pieceArgs(test, indexes); {
	case r.outcomes.broken() || r.Stop.Asked() || r.halted.Err() != nil:
	case !ok:
		r.outcomes.add(r.wrong(b.Worker, fmt.Sprintf("the names of the subtests of %s are too long for a command line", name)))
	default:
		through = r.piece(b, a, args, false)
	}
	if a.had(len(indexes), through) {
		r.endApart(b, a)
	}
}

// had adds pieces that have run, and reports whether all have, each to its end.
func (a *apart) had(pieces int, through bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pieces += pieces
	a.broke = a.broke || !through
	return a.pieces == len(a.test.Pieces) && !a.broke
}

// pieceArgs returns the arguments for a process that runs pieces of a test.
func (r *run) pieceArgs(test plan.Test, indexes []int) (args []string, ok bool) {
	var here, elsewhere []string
	rest := false
	for i, piece := range test.Pieces {
		if slices.Contains(indexes, i) {
			here = append(here, piece.Subtests...)
			rest = rest || i == len(test.Pieces)-1
		} else {
			elsewhere = append(elsewhere, piece.Subtests...)
		}
	}
	if rest {
		return r.Selection.AllSubtestsBut(test.Name, elsewhere)
	}
	return r.Selection.Subtests(test.Name, here)
}

// piece runs one process for a part of a test, or for all of it if it repeats, and reports
// whether the test has ended in it.
func (r *run) piece(b plan.Batch, a *apart, args []string, repeats bool) bool {
	try := attempt{run: r, batch: b, tests: []string{a.test.Name}, args: args, apart: a, repeats: repeats}
	o := try.try()
	// The test itself is in the outcome that endApart adds.
	o.ran, o.left, o.unrun = nil, nil, nil
	r.outcomes.add(o)
	result := try.process.Ended()[a.test.Name]
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.results[result] = true; o.how == crashed || o.how == timedOut {
		a.results["fail"] = true
	}
	return result != "" && !o.broken && o.how != wasHalted && o.how != wasInterrupted
}

// saw adds a change in a process of the test. seen has the subtests of this process so far.
func (a *apart) saw(c text.Change, seen map[string]bool, ended history.Subtests, repeats bool) {
	_, rest, nested := strings.Cut(c.Test, "/")
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ends := recorded[c.Action]
	if ends && !nested {
		a.longest = max(a.longest, c.Took, 1)
	}
	switch {
	case c.Nested:
	case nested && c.Action == "run" && !seen[c.Test]:
		seen[c.Test] = true
		part, _, _ := strings.Cut(rest, "/")
		if a.parts[part] = true; !repeats {
			a.ran[c.Test]++
		}
	case !nested && ends && repeats:
		a.took, a.total = ended, c.Took-ended.Own
	case !nested && ends:
		a.took.Own = max(a.took.Own, ended.Own)
		maps.Copy(a.took.Times, ended.Times)
		a.total += c.Took - ended.Own
	}
}

// missing returns the planned subtests that no process has run.
func (a *apart) missing() (missing []string) {
	for _, piece := range a.test.Pieces {
		for _, name := range piece.Subtests {
			if !a.parts[name] {
				missing = append(missing, name)
			}
		}
	}
	return missing
}

// endApart ends a test of which all pieces have run. If it passed without a planned subtest,
// that may depend on others, so all of it runs again in one process; it shows only what is new.
func (r *run) endApart(b plan.Batch, a *apart) {
	name := a.test.Name
	missing := a.missing()
	if args, ok := r.Selection.Args([]string{name}); len(missing) > 0 && a.results["pass"] && !a.results["fail"] && ok {
		if !r.piece(b, a, args, true) {
			return // endBroken ends it
		}
		r.staysWhole(a, missing)
	}
	worst, _ := r.merge.EndShared(name, "", "")
	r.forget(name)
	r.outcomes.add(outcome{ran: []string{name}, failed: worst == "FAIL"})
	for _, subtest := range slices.Sorted(maps.Keys(a.ran)) {
		if n := a.ran[subtest]; n > 1 {
			r.outcomes.add(r.wrong(b.Worker, fmt.Sprintf("%s ran in %d test processes; %s", subtest, n, dependent)))
		}
	}
	switch worst {
	case "PASS":
		r.Record.Test(r.Package.Name, name, a.took.Own+a.total, history.Passed)
		r.Record.Subtests(r.Package.Name, name, a.took, a.longest)
	case "SKIP":
		r.Record.Test(r.Package.Name, name, 0, history.Skipped)
	default:
		r.Record.Test(r.Package.Name, name, a.longest, history.Failed)
		if !a.test.Split {
			r.Record.StaysWhole(r.Package.Name, name, history.FailedApart)
			r.Say(fmt.Sprintf("%s: %s failed while its subtests ran in several processes; it runs in one process from now on, at least until it fails there too", r.Package.Name, name))
		}
	}
}

// staysWhole says what became of subtests that were missing until the test ran again in one
// process, and records that it stays whole.
func (r *run) staysWhole(a *apart, missing []string) {
	name := a.test.Name
	after := slices.DeleteFunc(slices.Clone(missing), func(part string) bool { return !a.parts[part] })
	if len(after) > 0 {
		r.Record.StaysWhole(r.Package.Name, name, history.FailedApart)
		r.Say(fmt.Sprintf("%s: %s runs %s only after others, so it ran again in one process, and stays whole from now on",
			r.Package.Name, name, text.Names(after, text.NoteRoom)))
		return
	}
	r.Record.StaysWhole(r.Package.Name, name, history.NamesChanged)
	r.Say(fmt.Sprintf("%s: %s no longer has %s, so it ran again in one process, and stays whole for the next ten runs",
		r.Package.Name, name, text.Names(missing, text.NoteRoom)))
}

// forget ends the state of a test.
func (r *run) forget(test string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.aparts, test)
}

// endBroken ends the tests of which not all pieces have run to their ends, if they have started.
func (r *run) endBroken(why string) (wrong []outcome) {
	if r.Stop.Asked() {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(r.aparts)) {
		if r.halted.Err() != nil {
			r.merge.EndShared(name, text.Note("stopped: "+context.Cause(r.halted).Error()), "SKIP")
			continue
		}
		if _, started := r.merge.EndShared(name, text.Note(NotRun+"some of its subtests: "+why), "FAIL"); started {
			wrong = append(wrong, outcome{unrun: []string{name}})
		}
	}
	return wrong
}
