package plan

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// checkPartition reports violations of a partition's guarantees.
func checkPartition(t *testing.T, mode Mode, packages []Package, parts []Part) {
	t.Helper()
	checkParts(t, mode, packages, parts)
	checkBalance(t, mode, packages, parts)
}

// checkParts reports tests that are not in one part, and what is apart that the mode keeps together.
func checkParts(t *testing.T, mode Mode, packages []Package, parts []Part) {
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
}

// checkBalance reports parts that are too long.
func checkBalance(t *testing.T, mode Mode, packages []Package, parts []Part) {
	t.Helper()
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
		if mode != LoadGroup && took > bound { // a piece of a group costs a start in any part
			t.Errorf("part %d of %d takes %v of %v, the longest piece %v", at, len(parts), took, total, longest)
		}
	}
}

// Random suites: each test is in one part, units stay together, parts are balanced, and the
// order of the packages does not matter.
func TestPartitionOfRandomSuites(t *testing.T) {
	for seed := range uint64(100) {
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

// Without a history, if packages may be split, one more test moves at each cut at most what fits into its
// tolerance, and on average a small part of that.
func TestOneMoreTestMovesLittle(t *testing.T) {
	for _, mode := range []Mode{LoadFile, Load} {
		const parts, packages = 8, 100
		moved, all := 0, 0
		for seed := range uint64(12) {
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

// BenchmarkPartition cuts 10,000 and 100,000 tests for 100 nodes. The latter took 16 to
// 57 ms on an idle machine with 2 cores.
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
