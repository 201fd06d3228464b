package plan

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Unit is a group of tests that stay together, with their duration.
type Unit struct {
	// Package is the import path. For a group over several packages it is the package
	// with the longest part.
	Package string
	// Kind is what keeps them together.
	Kind UnitKind
	// Name is the name of the test, the file or the group, or several names separated by
	// commas. It is empty for a package.
	Name string
	// Time is their total duration in sequence, including process starts.
	Time time.Duration
}

// UnitKind is what keeps the tests of a unit together.
type UnitKind string

// The kinds of units.
const (
	UnitTest    UnitKind = "test"
	UnitFile    UnitKind = "file"
	UnitGroup   UnitKind = "group"
	UnitPackage UnitKind = "package"
)

// Limits are the values that determine the lower bound for all plans of a mode.
type Limits struct {
	// Longest is the longest unit, possibly one that runs alone; Time is 0 for none.
	Longest Unit
	// Total is the duration of all tests and one start of each package, of all copies in
	// Each. A unit that runs alone has its own start.
	Total time.Duration

	beside time.Duration // the longest unit that may run at the same time as others
	alone  time.Duration // the sum of the units that must run alone
}

// Ideal is the lower bound for plans with this many workers: the longest unit, or all
// units shared evenly, whichever is longer, plus the units that must run alone. 0 means
// any number of workers. In Each the result is valid only for the number of workers that
// the Limits are for, because each further worker adds work.
func (l Limits) Ideal(workers int) time.Duration {
	if workers <= 0 {
		return l.alone + l.beside
	}
	return l.alone + max(l.beside, (l.Total-l.alone)/time.Duration(workers))
}

// Ideal returns the limits of these packages by their expected durations. The number of
// workers matters only in Each.
func Ideal(mode Mode, workers int, packages []Package) Limits {
	return limitsOf(New(mode, workers), packages, Expected(mode, packages), expectedStart(packages))
}

func limitsOf(s *Scheduler, packages []Package, actual func(pkg, test string) time.Duration, start func(pkg string) time.Duration) Limits {
	var l Limits
	groups := map[string]Unit{} // the units of a group run one after another
	parts := map[string]time.Duration{}
	for _, p := range packages {
		maps.Copy(s.limits, p.Limits)
		units, copies := s.units(p)
		beside := false
		for _, u := range units {
			var d time.Duration
			if len(p.Tests) == 0 {
				d = actual(p.Name, "")
			}
			for _, i := range u.tests {
				d += actual(p.Name, p.Tests[i].Name)
			}
			took := d + start(p.Name)
			if took > l.Longest.Time {
				l.Longest = s.describe(p, u, took)
			}
			if u.serial {
				l.alone += time.Duration(copies) * took
				l.Total += time.Duration(copies) * took
				continue
			}
			beside = true
			l.Total += time.Duration(copies) * d
			l.beside = max(l.beside, took)
			for _, group := range u.groups {
				if s.limit(group) > 1 {
					continue // its units may run at the same time
				}
				g := groups[group]
				if g.Time == 0 {
					g = s.describe(p, u, 0)
				} else {
					g.Kind, g.Name = UnitGroup, group
				}
				if took > parts[group] {
					g.Package, parts[group] = p.Name, took
				}
				g.Time += took
				groups[group] = g
				l.beside = max(l.beside, g.Time)
				if g.Time > l.Longest.Time {
					l.Longest = g
				}
			}
		}
		if beside {
			l.Total += time.Duration(copies) * start(p.Name)
		}
	}
	return l
}

// describe describes a unit that the scheduler made from tests of p.
func (s *Scheduler) describe(p Package, u unit, took time.Duration) Unit {
	described := Unit{Package: p.Name, Kind: UnitTest, Time: took}
	if s.mode == Each || s.mode == LoadScope || p.Whole || p.Serial || len(u.tests) == 0 {
		described.Kind = UnitPackage
		return described
	}
	switch first := p.Tests[u.tests[0]]; {
	case s.mode == LoadFile && len(first.Files) > 0:
		described.Kind = UnitFile
		var files []string
		for _, i := range u.tests {
			files = append(files, p.Tests[i].Files...)
		}
		slices.Sort(files)
		described.Name = strings.Join(slices.Compact(files), ",")
	case s.mode == LoadFile:
		described.Kind = UnitPackage // the files are unknown
	case len(u.groups) > 0:
		described.Kind, described.Name = UnitGroup, u.groups[0]
	default:
		described.Name = first.Name
	}
	return described
}
