package plan

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// Random suites: each test is in one unit, what belongs together stays together, and the order of
// the packages does not matter.
func TestUnitsOfRandomSuites(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 19))
		s := randomSuite(r, distributions[seed%4].draw)
		cut := Cut{Nodes: r.IntN(10), Workers: r.IntN(5), Most: 1 + r.IntN(200), Floor: time.Duration(r.IntN(200)) * time.Millisecond}
		for _, mode := range modes {
			units := Units(mode, s.packages, cut)
			checkParts(t, mode, s.packages, units)
			other := slices.Clone(s.packages)
			r.Shuffle(len(other), func(i, k int) { other[i], other[k] = other[k], other[i] })
			if !reflect.DeepEqual(units, Units(mode, other, cut)) {
				t.Errorf("packages in another order give other units")
			}
			if len(units) > cut.Most && mode.Splits() {
				t.Errorf("%d units, more than %d", len(units), cut.Most)
			}
			for i, unit := range units {
				if len(unit.Packages) == 0 {
					t.Errorf("unit %d is empty", i)
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d, %s, %+v", seed, mode, cut)
			}
		}
	}
}

// unitsOf returns the number of tests in each unit.
func unitsOf(units []Part) (numbers []int) {
	for _, unit := range units {
		n := 0
		for _, p := range unit.Packages {
			n += len(p.Tests)
		}
		numbers = append(numbers, n)
	}
	return numbers
}

func TestUnitsShrink(t *testing.T) {
	s := makeSuite("one large package", 1, 1000, 0, true, constant(time.Second))
	units := Units(Load, s.packages, Cut{Nodes: 4, Workers: 2, Most: 1000})
	numbers := unitsOf(units)
	want := "[41 40 38 36 35 33 32 31"
	if got := fmt.Sprint(numbers); got[:len(want)] != want || numbers[len(numbers)-1] > 2 {
		t.Errorf("%v", numbers)
	}
	if !slices.IsSortedFunc(numbers, func(a, b int) int { return b - a }) || len(numbers) > 1000/9 {
		t.Errorf("%d units: %v", len(numbers), numbers)
	}
	for i, unit := range units {
		if p := unit.Packages[0]; p.Whole || p.Rest != (i == 0) {
			t.Errorf("unit %d: %+v", i, p)
		}
	}
}

func TestUnitsOfWholePackagesAreLongestFirst(t *testing.T) {
	packages := []Package{some("a", make([]int, 5)...), some("b", make([]int, 90)...), some("c", make([]int, 40)...), some("d")}
	units := Units(LoadScope, packages, Cut{Most: 100})
	var got []string
	for _, unit := range units {
		name := ""
		for _, p := range unit.Packages {
			if !p.Whole || !p.Rest {
				t.Errorf("%+v is not whole", p)
			}
			name += p.Name
		}
		got = append(got, name)
	}
	if got[0][0] != 'b' || len(got) != 3 {
		t.Errorf("%v", got)
	}
}

// A test that is longer than all units starts first, and alone.
func TestALongTestIsAUnitOfItsOwn(t *testing.T) {
	s := makeSuite("a long test", 1, 500, 0, true, func(_, i int) time.Duration {
		if i == 400 {
			return time.Minute
		}
		return 100 * time.Millisecond
	})
	units := Units(Load, s.packages, Cut{Nodes: 2, Most: 1000})
	if p := units[0].Packages[0]; len(p.Tests) != 1 || p.Tests[0] != "Test00400" {
		t.Errorf("%v", units[0])
	}
}

func TestSmallPackagesAreJoined(t *testing.T) {
	s := makeSuite("small packages", 300, 2, 0, true, constant(10*time.Millisecond))
	units := Units(Load, s.packages, Cut{Nodes: 2, Workers: 2, Most: 1000})
	if n := len(units); n < 40 || n > 150 {
		t.Errorf("%d units of 300 packages", n)
	}
	for _, unit := range units {
		for _, p := range unit.Packages {
			if !p.Whole {
				t.Errorf("%s is cut", p.Name)
			}
		}
	}
	only := Units(Load, []Package{{Name: "p"}, {Name: "q"}}, Cut{Most: 10})
	if len(only) != 1 || len(only[0].Packages) != 2 {
		t.Errorf("packages without tests: %v", only)
	}
	if none := Units(Load, nil, Cut{Most: 10}); len(none) != 0 {
		t.Errorf("nothing is cut into %v", none)
	}
}

func TestThereAreNoMoreUnitsThanMost(t *testing.T) {
	s := benchSuite(500, 20_000, true)
	if n := len(Units(Load, s.packages, Cut{Nodes: 500, Workers: 100, Most: 2000, Floor: time.Millisecond})); n > 2000 || n < 200 {
		t.Errorf("%d units", n)
	}
}

// BenchmarkUnits cuts 100,000 tests for 400 workers.
func BenchmarkUnits(b *testing.B) {
	s := benchSuite(500, 100_000, true)
	for b.Loop() {
		Units(Load, s.packages, Cut{Nodes: 50, Workers: 8, Most: 10_000})
	}
}
