package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// some returns a package whose tests take that many milliseconds, 0 for an unknown test.
func some(name string, milliseconds ...int) Package {
	p := Package{Name: name}
	for i, ms := range milliseconds {
		p.Tests = append(p.Tests, Test{
			Name: fmt.Sprintf("Test%c", 'A'+i), Files: []string{fmt.Sprintf("%d_test.go", i/2)}, Estimate: time.Duration(ms) * time.Millisecond,
		})
	}
	return p
}

// describe formats parts as "a:TestA,TestB* b | …": with a star for the part with the rest,
// and without tests for a whole package.
func describe(parts []Part) string {
	var all []string
	for _, part := range parts {
		var packages []string
		for _, p := range part.Packages {
			text := p.Name
			if !p.Whole {
				text += ":" + strings.ReplaceAll(strings.Join(p.Tests, ","), "Test", "")
			}
			if p.Rest && !p.Whole {
				text += "*"
			}
			packages = append(packages, text)
		}
		all = append(all, strings.Join(packages, " "))
	}
	return strings.Join(all, " | ")
}

func TestPartition(t *testing.T) {
	grouped := func(p Package, group string, tests ...int) Package {
		for _, i := range tests {
			p.Tests[i].Group = group
		}
		return p
	}
	with := func(p Package, change func(*Package)) Package {
		change(&p)
		return p
	}
	for _, test := range []struct {
		name     string
		mode     Mode
		parts    int
		packages []Package
		want     string
	}{
		{"nothing", Load, 2, nil, " | "},
		{"no parts are one", Load, 0, []Package{some("a", 1, 1)}, "a"},
		{"one part", Load, 1, []Package{some("b", 1), some("a", 1, 1)}, "a b"},
		{"tests of one package", Load, 2, []Package{some("a", 0, 0, 0, 0)}, "a:A,B* | a:C,D"},
		{"by time", WorkSteal, 2, []Package{some("a", 10, 10, 10, 30)}, "a:A,B,C* | a:D"},
		{"two long ones in one share", Load, 3, []Package{some("a", 60, 90, 90, 60)}, "a:A* | a:B | a:C,D"},
		{"what is not known is the median", Load, 2, []Package{some("a", 10, 0, 10, 30)}, "a:A,B,C* | a:D"},
		{"more parts than tests", Load, 3, []Package{some("a", 1, 1)}, "a:A* |  | a:B"},
		{"packages stay together", LoadScope, 2, []Package{some("a", 10, 10, 10), some("b", 10), some("c", 10), some("d", 20)}, "a c | b d"},
		{"longest first", LoadScope, 2, []Package{some("a", 10), some("b", 50), some("c", 15), some("d", 20)}, "b | a c d"},
		{"without history by number", LoadScope, 2, []Package{some("a", 0, 0, 0), some("b", 0), some("c", 0, 0), some("d", 0, 0)}, "a b | c d"},
		{"files", LoadFile, 2, []Package{some("a", 0, 0, 0, 0, 0)}, "a:A,B* | a:C,D,E"},
		{"an edge that is near", Load, 2, []Package{some("a", make([]int, 50)...), some("b", make([]int, 51)...)}, "b | a"},
		{"whole", Load, 2, []Package{with(some("a", 0, 0, 0), func(p *Package) { p.Whole = true }), some("b", 0)}, "b | a"},
		{"serial", Load, 2, []Package{with(some("a", 0, 0, 0), func(p *Package) { p.Serial = true }), some("b", 0)}, "b | a"},
		{"a start for each part of it", Load, 2, []Package{
			with(some("a", 10, 10, 10, 10), func(p *Package) { p.Start = 20 * time.Millisecond }), some("b", 10, 10, 10),
		}, "a | b"},
		{"a group of several packages", LoadGroup, 2, []Package{
			grouped(some("a", 0, 0, 0), "g", 0), grouped(some("b", 0, 0, 0), "g", 2),
		}, "b:A,B* | a b:C"},
		{"a group of serial tests", LoadGroup, 2, []Package{
			with(grouped(some("a", 0, 0, 0, 0), "g", 0, 3), func(p *Package) { p.Tests[3].Serial = true }),
		}, "a:A,D* | a:B,C"},
		{"groups that a whole package joins", LoadGroup, 2, []Package{
			grouped(some("a", 0, 0), "g", 0), grouped(some("b", 0, 0), "h", 0),
			with(grouped(grouped(some("c", 0, 0), "g", 0), "h", 1), func(p *Package) { p.Whole = true }),
		}, "a:A* b:A* c | a:B b:B"},
		{"groups mean nothing elsewhere", Load, 2, []Package{grouped(some("a", 0, 0, 0, 0), "g", 0, 3)}, "a:A,B* | a:C,D"},
		{"no tests", Load, 2, []Package{some("a"), some("b"), some("c"), some("d")}, "a b c | d"},
		{"unknown tests with a known time", Load, 2, []Package{
			with(some("a"), func(p *Package) { p.Estimate = 40 * time.Millisecond }), some("b", 10, 10, 10, 10),
		}, "a | b"},
	} {
		if got := describe(Partition(test.mode, test.parts, test.packages)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// What docs/ci.md describes about parts without a history: packages of 40, 30, 20 and 10
// tests, in every order that their names can have.
func TestPartsOfFewPackagesWithoutAHistory(t *testing.T) {
	tests := []int{40, 30, 20, 10}
	least := func(mode Mode, parts, ms int) (low, high int) {
		low, high = 100, 0
		for order := range 4 * 4 * 4 * 4 {
			var packages []Package
			used := map[int]bool{}
			for _, name := range []string{"a", "b", "c", "d"} {
				if i := order % 4; !used[i] {
					used[i] = true
					packages = append(packages, some(name, slices.Repeat([]int{ms}, tests[i])...))
				}
				order /= 4
			}
			if len(packages) < 4 {
				continue
			}
			smallest := 100
			for _, part := range Partition(mode, parts, packages) {
				n := 0
				for _, p := range part.Packages {
					n += len(p.Tests)
				}
				smallest = min(smallest, n)
			}
			low, high = min(low, smallest), max(high, smallest)
		}
		return low, high
	}
	for _, test := range []struct {
		mode                 Mode
		parts, ms, low, high int // of the smallest part
	}{
		{LoadScope, 2, 0, 50, 50},
		{LoadScope, 4, 0, 10, 10},
		{LoadScope, 2, 1, 50, 50},
		{LoadScope, 4, 1, 10, 10},
		{Load, 2, 0, 50, 50},
		{Load, 4, 0, 25, 25},
	} {
		if low, high := least(test.mode, test.parts, test.ms); low != test.low || high != test.high {
			t.Errorf("%s, %d parts, %d ms: the smallest part has %d to %d tests, want %d to %d", test.mode, test.parts, test.ms, low, high, test.low, test.high)
		}
	}
}

// Expected is the duration on one worker, and 0 without a history.
func TestExpectedOfAPart(t *testing.T) {
	a := some("a", 10, 10, 0, 30)
	a.Start = 5 * time.Millisecond
	b := some("b")
	b.Estimate = 100 * time.Millisecond // includes its start
	b.Start = 20 * time.Millisecond
	parts := Partition(Load, 2, []Package{a, b})
	if got := describe(parts); got != "a | b" || parts[0].Expected != 65*time.Millisecond || parts[1].Expected != 100*time.Millisecond {
		t.Errorf("%s: %v", got, parts)
	}
	for _, part := range Partition(Load, 2, []Package{some("a", 0, 0)}) {
		if part.Expected != 0 {
			t.Errorf("without history %v", part.Expected)
		}
	}
}

// TestTimesThatOverflow: a damaged history or a large -count loses no test.
func TestTimesThatOverflow(t *testing.T) {
	for _, estimate := range []time.Duration{math.MaxInt64, math.MaxInt64 / 2, math.MaxInt64 / 3, math.MaxInt64 / 30} {
		for _, mode := range []Mode{LoadScope, LoadFile, LoadGroup, Load, WorkSteal} {
			var packages []Package
			for i := range 5 {
				p := Package{Name: fmt.Sprint("p", i), Start: estimate}
				for k := range 7 {
					p.Tests = append(p.Tests, Test{Name: fmt.Sprint("Test", k), Files: []string{fmt.Sprint(k % 3)}, Estimate: estimate})
				}
				packages = append(packages, p, Package{Name: fmt.Sprint("q", i), Start: estimate, Estimate: estimate})
			}
			for total := 1; total < 8; total++ {
				tests, whole := 0, 0
				for _, part := range Partition(mode, total, packages) {
					if part.Expected < 0 {
						t.Errorf("%s, %d parts, %v: one is expected to take %v", mode, total, estimate, part.Expected)
					}
					for _, p := range part.Packages {
						tests += len(p.Tests)
						if len(p.Tests) == 0 {
							whole++
						}
					}
				}
				if tests != 35 || whole != 5 {
					t.Errorf("%s, %d parts, %v: %d tests and %d packages without, want 35 and 5", mode, total, estimate, tests, whole)
				}
			}
		}
	}
}

func TestDigest(t *testing.T) {
	a := []Package{some("a", 0, 0, 0, 0), some("b", 0)}
	one, two := Digest(Partition(Load, 2, a)), Digest(Partition(Load, 3, a))
	whole, known := Digest(Partition(LoadScope, 2, a)), Digest(Partition(Load, 2, []Package{some("a", 1, 1, 1, 9), some("b", 1)}))
	if len(one) != 64 || one == two || one == whole || one == known || one != Digest(Partition(Load, 2, a)) {
		t.Errorf("%s, %s, %s, %s", one, two, whole, known)
	}
}
