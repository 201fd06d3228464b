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

// compare returns what differs in the split runs, and the tests that fail in the whole run already,
// by package. Both are sorted by name. ignored are tests whose failures do not count.
func compare(whole ran, splits []ran, ignored func(pkg, test string) bool) (differences []difference, alone map[string][]string) {
	alone = map[string][]string{}
	for _, pkg := range slices.Sorted(maps.Keys(whole)) {
		before := whole[pkg]
		names := map[string]bool{}
		for _, r := range append([]ran{whole}, splits...) {
			for test := range r.of(pkg).tests {
				names[test] = true
			}
		}
		for _, test := range slices.Sorted(maps.Keys(names)) {
			switch {
			case before.tests[test] == failed:
				alone[pkg] = append(alone[pkg], test)
			case before.tests[test] == "" && before.failed, ignored(pkg, test):
				// a test before it ended the process
			default:
				if d, differs := compareTest(pkg, test, before.tests[test], splits); differs {
					differences = append(differences, d)
				}
			}
		}
	}
	return differences, alone
}

// compareTest compares a test that did not fail in the whole run. The worst of the split runs
// counts. A test that did not run because its package failed outside its tests does not.
func compareTest(pkg, test string, whole status, splits []ran) (d difference, differs bool) {
	d = difference{pkg: pkg, test: test, whole: whole}
	worse := []status{"", skipped, missing, failed}
	for i, r := range splits {
		now := r[pkg].tests[test]
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
