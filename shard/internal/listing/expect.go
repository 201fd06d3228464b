package listing

import (
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/live"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// Expected returns what is expected to run here, by import path: the packages that have
// tests. It is nil if that is not known, or not known yet.
func (l *Listing) Expected() map[string]live.Package {
	select {
	case <-l.ended:
		return l.expected()
	default:
		return nil
	}
}

// expect is Expected after the listing. Its only messages are those of the run itself, so
// it plans nothing.
func (l *Listing) expect() map[string]live.Package {
	packages, err := l.list()
	selection, reason := gotest.NewSelection(l.binary)
	if err != nil || reason != "" || l.mode == plan.Each {
		return nil
	}
	expected := map[string]live.Package{}
	for _, pkg := range packages {
		if pkg.Problem != nil || !l.Part.has(pkg.ImportPath) || len(pkg.Tests) == 0 {
			continue
		}
		p := plan.Package{Name: pkg.ImportPath}
		for _, test := range pkg.Tests {
			if selection.Match(test.Name) {
				p.Tests = append(p.Tests, plan.Test{Name: test.Name})
			}
		}
		if l.Part.divided(p.Name) {
			p, _ = l.Part.of(p)
		}
		expected[p.Name] = l.expectPackage(p.Name, p.Tests, selection.Times())
	}
	return expected
}

// expectPackage is what is expected of tests of a package that run a number of times.
func (l *Listing) expectPackage(pkg string, tests []plan.Test, times int) live.Package {
	e := live.Package{Tests: len(tests) * times, Whole: l.mode == plan.LoadScope}
	for _, test := range tests {
		took, known := l.Usual(pkg, test.Name)
		if known {
			e.Known += times
		}
		e.Took += took * time.Duration(times)
	}
	// Parallel tests make it shorter. The history has runs of all tests.
	if took, ok := l.history.Package(pkg); ok && e.Whole {
		e.Took = min(e.Took, took)
	}
	return e
}

// Usual estimates how long a top-level test takes. One without a history has the median of
// its package, and is not known.
func (l *Listing) Usual(pkg, test string) (took time.Duration, known bool) {
	if took, known = l.history.Test(pkg, test); !known {
		took, _ = l.history.Median(pkg)
	}
	return took, known
}
