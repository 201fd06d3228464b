package trial

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/diagnose"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// answer is how a package is to be run.
type answer string

const (
	safe       answer = "safe"       // the mode that was tried
	directives answer = "directives" // that mode, with directives
	keepWhole  answer = "together"   // it is to be kept in one process, by a directive
	whole      answer = "whole"      // it cannot be split
	unbuilt    answer = "not built"
)

// report is what gotestshard trial found out.
type report struct {
	mode        plan.Mode
	workers     int
	seeds       []int64
	args        []string // of the call, without --dist
	packages    []pkgReport
	interrupted bool
}

// pkgReport is what was found out about a package.
type pkgReport struct {
	name       string
	answer     answer
	reason     string // why it cannot be split
	before     baseline
	found      []found
	directives []directive

	whole, split time.Duration // the latter is the median, 0 if it was not split
}

// report returns what was found out.
func (t *trial) report() *report {
	r := &report{mode: t.asked.Dist, workers: t.asked.Workers, seeds: t.seeds, args: t.asked.Again, interrupted: t.interrupts.Received() != 0}
	taken := map[string]bool{}
	for _, pkg := range t.listed {
		for _, test := range pkg.Tests {
			taken[test.Group] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.first)) {
		first := t.first[name]
		p := pkgReport{name: name, before: t.before[name], whole: first.took, split: t.splitTime(name), answer: safe}
		for _, f := range t.found {
			if f.pkg == name {
				f.sourceOrder = passesInOrder(f, t.order(name))
				p.found = append(p.found, f.orUnknown(r.interrupted))
			}
		}
		p.reason = t.whole[name]
		if pkg := t.listed[name]; len(p.found) > 0 {
			pkg.ImportPath = name // also if it is not listed
			p.directives = places(advise(p.found, pkg, p.reason != "", taken))
		}
		switch {
		case first.processes == 0 && first.failed:
			p.answer = unbuilt
		case len(first.tests) == 0 && len(p.found) == 0:
			continue // it has no tests
		case p.reason != "":
			p.answer = whole
		case slices.ContainsFunc(p.directives, func(d directive) bool { return d.Text == together }):
			p.answer = keepWhole
		case len(p.directives) > 0:
			p.answer = directives
		}
		r.packages = append(r.packages, p)
	}
	return r
}

// order returns the tests of a package in the order of the source.
func (t *trial) order(pkg string) (names []string) {
	for _, test := range t.listed[pkg].Tests {
		names = append(names, test.Name)
	}
	return names
}

// splitTime is the median of the times of a package that was split.
func (t *trial) splitTime(pkg string) time.Duration {
	var times []time.Duration
	for _, r := range t.splits {
		if p := r[pkg]; p != nil && p.processes > 0 {
			times = append(times, p.took)
		}
	}
	slices.Sort(times)
	if len(times) == 0 {
		return 0
	}
	return times[len(times)/2]
}

// orUnknown returns a difference with a verdict.
func (f found) orUnknown(interrupted bool) found {
	why := "not done in this time"
	if interrupted {
		why = "not done"
	}
	if f.when == failed && f.Verdict == "" {
		f.Finding = diagnose.Finding{
			Package: f.pkg, Test: f.test, Verdict: diagnose.Unknown, Title: f.pkg + " " + f.test, Why: []string{why}, Unfinished: true,
			FailsAfter: []string{}, PassesOnlyAfter: []string{}, CollidesWith: []diagnose.Beside{}, Shares: []diagnose.Thing{},
		}
	}
	return f
}

// places makes the files of directives relative to the working directory.
func places(all []directive) []directive {
	here, err := filepath.Abs(".")
	for i, d := range all {
		if name, relErr := filepath.Rel(here, d.File); err == nil && relErr == nil && d.File != "" {
			all[i].File = filepath.ToSlash(name)
		}
	}
	return all
}

// grouped reports whether any directive is for a group.
func (p pkgReport) grouped() bool {
	return slices.ContainsFunc(p.directives, func(d directive) bool { return strings.HasPrefix(d.Text, group) })
}

// differs reports whether splitting makes a difference, or that is not known.
func (r *report) differs() bool {
	return slices.ContainsFunc(r.packages, func(p pkgReport) bool { return len(p.found) > 0 || p.answer == unbuilt })
}

// count returns how many packages have an answer.
func (r *report) count(of answer) (n int) {
	for _, p := range r.packages {
		if p.answer == of {
			n++
		}
	}
	return n
}

// longest returns how long the longest package took, whole and split.
func (r *report) longest() (whole, split time.Duration) {
	for _, p := range r.packages {
		whole, split = max(whole, p.whole), max(split, p.split)
	}
	return whole, split
}
