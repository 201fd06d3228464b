package plan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// some returns a package whose tests take so many milliseconds, 0 for a test that
// nobody knows.
func some(name string, milliseconds ...int) Package {
	p := Package{Name: name}
	for i, ms := range milliseconds {
		p.Tests = append(p.Tests, Test{
			Name: fmt.Sprintf("Test%c", 'A'+i), Files: []string{fmt.Sprintf("%d_test.go", i/2)}, Estimate: time.Duration(ms) * time.Millisecond,
		})
	}
	return p
}

// describe writes parts as "a:TestA,TestB* b | …": with a star where the rest is, and
// without tests for a whole package.
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
		{"without history by number", LoadScope, 2, []Package{some("a", 0, 0, 0), some("b", 0), some("c", 0, 0), some("d", 0, 0)}, "c d | a b"},
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
		{"tests that nobody knows, but their time", Load, 2, []Package{
			with(some("a"), func(p *Package) { p.Estimate = 40 * time.Millisecond }), some("b", 10, 10, 10, 10),
		}, "a | b"},
	} {
		if got := describe(Partition(test.mode, test.parts, test.packages)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// What docs/ci.md says of parts without a history: packages of 40, 30, 20 and 10 tests,
// in every order that their names can have.
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
		{LoadScope, 2, 0, 30, 50},
		{LoadScope, 4, 0, 0, 10},
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

// Expected is the time of one worker, and nothing without a history.
func TestExpectedOfAPart(t *testing.T) {
	a := some("a", 10, 10, 0, 30)
	a.Start = 5 * time.Millisecond
	b := some("b")
	b.Estimate = 100 * time.Millisecond // its start is in it
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

// checkPartition reports what a partition breaks of what it promises.
func checkPartition(t *testing.T, mode Mode, packages []Package, parts []Part) {
	t.Helper()
	type key struct{ pkg, test string }
	count, rest, where, groups := map[key]int{}, map[string]int{}, map[key]int{}, map[string]int{}
	pieces := map[string]int{}
	for at, part := range parts {
		if !slices.IsSortedFunc(part.Packages, func(a, b PartPackage) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("part %d is not sorted", at)
		}
		for _, p := range part.Packages {
			pieces[p.Name]++
			if p.Rest {
				rest[p.Name]++
			}
			if p.Whole && !p.Rest {
				t.Errorf("%s is whole without its rest", p.Name)
			}
			for _, test := range p.Tests {
				count[key{p.Name, test}]++
				where[key{p.Name, test}] = at
			}
		}
	}
	tests := 0
	for _, p := range packages {
		tests += len(p.Tests)
		if rest[p.Name] != 1 {
			t.Errorf("the rest of %s is in %d parts", p.Name, rest[p.Name])
		}
		if (p.Whole || p.Serial || !mode.Splits() || len(p.Tests) == 0) && pieces[p.Name] != 1 {
			t.Errorf("%s is in %d parts", p.Name, pieces[p.Name])
		}
		files := map[string]int{}
		for _, test := range p.Tests {
			k := key{p.Name, test.Name}
			if count[k] != 1 {
				t.Errorf("%v is in %d parts", k, count[k])
			}
			together := func(in map[string]int, name string) {
				if at, ok := in[name]; ok && at != where[k] {
					t.Errorf("%s of %s is in parts %d and %d", name, p.Name, at, where[k])
				}
				in[name] = where[k]
			}
			if mode == LoadGroup && test.Group != "" {
				together(groups, test.Group)
			}
			if mode == LoadFile {
				for _, file := range test.Files {
					together(files, file)
				}
			}
		}
	}
	if len(count) != tests {
		t.Errorf("%d tests are in the parts, want %d", len(count), tests)
	}
	c := newCutter(mode, packages)
	var total, longest, starts time.Duration
	for _, k := range c.chunks {
		longest = max(longest, k.cost+c.starts[k.pieces[0].pkg])
		total += k.cost
	}
	for _, start := range c.starts {
		starts = max(starts, start)
		total += start
	}
	bound := total/time.Duration(len(parts)) + longest + 2*starts
	bound += bound/evenEnough + 1
	for at, part := range parts {
		took := part.Expected
		if !c.known {
			took = 0
			for _, p := range part.Packages {
				took += time.Duration(len(p.Tests)) * c.unknown
			}
		}
		if mode != LoadGroup && took > bound { // a piece of a group costs a start wherever it goes
			t.Errorf("part %d of %d takes %v of %v, the longest piece %v", at, len(parts), took, total, longest)
		}
	}
}

// Random suites: each test once, what belongs together together, balanced, and
// the same for packages in another order.
func TestPartitionOfRandomSuites(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := randomSuite(r, distributions[seed%4].draw)
		parts := 1 + r.IntN(12)
		for _, mode := range modes {
			got := Partition(mode, parts, s.packages)
			if len(got) != parts {
				t.Fatalf("%d parts, want %d", len(got), parts)
			}
			checkPartition(t, mode, s.packages, got)
			other := slices.Clone(s.packages)
			r.Shuffle(len(other), func(i, k int) { other[i], other[k] = other[k], other[i] })
			if again := Partition(mode, parts, other); !reflect.DeepEqual(got, again) || Digest(got) != Digest(again) {
				t.Errorf("packages in another order give %s, not %s", describe(again), describe(got))
			}
			if t.Failed() {
				t.Fatalf("seed %d, %s", seed, mode)
			}
		}
	}
}

// Without a history one more test moves at each of the cuts what fits into its
// tolerance; in the mean it is a small part of that.
func TestOneMoreTestMovesLittle(t *testing.T) {
	for _, mode := range []Mode{LoadScope, LoadFile, Load} {
		const parts, packages = 8, 100
		moved, all := 0, 0
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 11))
			var before []Package
			for i := range packages {
				before = append(before, some(fmt.Sprintf("p%02d", i), make([]int, 1+r.IntN(40))...))
			}
			after := slices.Clone(before)
			i := r.IntN(packages)
			after[i].Tests = append(slices.Clone(after[i].Tests), Test{Name: "TestNew", Files: []string{"new_test.go"}})
			where := map[string]int{}
			for at, part := range Partition(mode, parts, before) {
				for _, p := range part.Packages {
					for _, test := range p.Tests {
						where[p.Name+test] = at
					}
				}
			}
			all += len(where)
			now := 0
			for at, part := range Partition(mode, parts, after) {
				for _, p := range part.Packages {
					for _, test := range p.Tests {
						if was, ok := where[p.Name+test]; ok && was != at {
							now++
						}
					}
				}
			}
			if now > parts*41 {
				t.Errorf("%s, seed %d: %d of %d tests moved", mode, seed, now, len(where))
			}
			moved += now
		}
		if moved*100 > all {
			t.Errorf("%s: %d of %d tests moved", mode, moved, all)
		}
		t.Logf("%s: %d of %d", mode, moved, all)
	}
}

// TestTimesThatOverflow: what a damaged history or a great -count says loses no test.
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
	a := []Package{some("a", 0, 0), some("b", 0)}
	one, two := Digest(Partition(Load, 2, a)), Digest(Partition(Load, 3, a))
	if len(one) != 64 || one == two || one != Digest(Partition(Load, 2, a)) {
		t.Errorf("%s, %s", one, two)
	}
}

func FuzzPartition(f *testing.F) {
	f.Add(uint64(1), uint8(4), uint8(2))
	f.Add(uint64(2), uint8(0), uint8(0))
	f.Add(uint64(3), uint8(255), uint8(5))
	f.Fuzz(func(t *testing.T, seed uint64, parts, mode uint8) {
		r := rand.New(rand.NewPCG(seed, 13))
		s := randomSuite(r, distributions[seed%4].draw)
		m := modes[int(mode)%len(modes)]
		checkPartition(t, m, s.packages, Partition(m, max(1, int(parts)), s.packages))
	})
}

// BenchmarkPartition cuts 10,000 and 100,000 tests for 100 nodes. It took 16 to 57 ms for
// the latter on a quiet machine with 2 cores.
func BenchmarkPartition(b *testing.B) {
	for _, mode := range []Mode{LoadScope, LoadFile, LoadGroup, Load} {
		for _, packages := range []int{1, 500} {
			for _, tests := range []int{10_000, 100_000} {
				b.Run(fmt.Sprintf("%s/packages=%d/tests=%d", mode, packages, tests), func(b *testing.B) {
					s := benchSuite(packages, tests, true)
					for b.Loop() {
						Partition(mode, 100, s.packages)
					}
				})
			}
		}
	}
}
