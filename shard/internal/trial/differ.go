package trial

import (
	"maps"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// difference is a test whose result in split runs is not that of the whole run.
type difference struct {
	pkg, test   string
	whole, when status
	first       int // the first of the split runs that differs, from 0
	runs        int // how many of them do
}

// baseline is what is wrong with a package without splitting.
type baseline struct {
	fails  []failing
	unseen int // tests that ran only in split runs, because a failure ended the process before
}

// failing is a test that fails without splitting.
type failing struct {
	test string
	too  bool // whether it fails in split runs too
}

// compare returns what differs in the split runs, and what is wrong with each package in the whole
// run already. Both are sorted by name. ignored are tests whose failures do not count.
func compare(whole ran, splits []ran, ignored func(pkg, test string) bool) (differences []difference, before map[string]baseline) {
	before = map[string]baseline{}
	for _, pkg := range slices.Sorted(maps.Keys(whole)) {
		var base baseline
		for _, test := range testsOf(pkg, whole, splits) {
			switch was := whole[pkg].tests[test]; {
			case was == failed:
				again := slices.ContainsFunc(splits, func(r ran) bool { return r.of(pkg).tests[test] == failed })
				base.fails = append(base.fails, failing{test, again})
			case was == "" && whole[pkg].failed:
				base.unseen++
			case ignored(pkg, test):
			default:
				if d, differs := compareTest(pkg, test, was, splits); differs {
					differences = append(differences, d)
				}
			}
		}
		before[pkg] = base
	}
	return differences, before
}

// testsOf returns the tests of a package that any of the runs has.
func testsOf(pkg string, whole ran, splits []ran) []string {
	names := maps.Clone(whole[pkg].tests)
	for _, r := range splits {
		maps.Copy(names, r.of(pkg).tests)
	}
	return slices.Sorted(maps.Keys(names))
}

// compareTest compares a test that did not fail in the whole run. The worst of the split runs
// counts. A test that did not run because its package failed outside its tests does not.
func compareTest(pkg, test string, whole status, splits []ran) (d difference, differs bool) {
	d = difference{pkg: pkg, test: test, whole: whole}
	worse := []status{"", skipped, missing, failed}
	for i, r := range splits {
		now := r.of(pkg).tests[test]
		switch {
		case now == failed:
		case whole != passed, now == passed, r[pkg].processes == 0:
			continue
		case now == "" && r[pkg].tests[split.OutsideTests] == failed:
			continue
		case now == "":
			now = missing
		}
		switch at, so := slices.Index(worse, now), slices.Index(worse, d.when); {
		case at > so:
			d.when, d.first, d.runs = now, i, 1
		case at == so:
			d.runs++
		}
	}
	return d, d.when != ""
}
