package plan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

var modes = []Mode{LoadScope, LoadFile, LoadGroup, Load, WorkSteal, Each}

// suite is a set of packages with the real durations of their tests and starts.
type suite struct {
	name     string
	packages []Package
	tests    map[string]map[string]time.Duration // by package, test
	start    time.Duration
}

// makeSuite returns packages of n tests each, ten per file, with durations from d. The
// packages have these durations and the cost of a start as estimates only if estimates is
// set.
func makeSuite(name string, packages, n int, start time.Duration, estimates bool, d func(p, i int) time.Duration) suite {
	s := suite{name: name, tests: map[string]map[string]time.Duration{}, start: start}
	for p := range packages {
		pkg := Package{Name: fmt.Sprintf("p%d", p)}
		s.tests[pkg.Name] = make(map[string]time.Duration, n)
		if estimates {
			pkg.Start = start
		}
		for i := range n {
			t := Test{Name: fmt.Sprintf("Test%05d", i), Files: []string{fmt.Sprintf("f%d_test.go", i/10)}}
			took := d(p, i)
			if estimates {
				t.Estimate = took
			}
			s.tests[pkg.Name][t.Name] = took
			pkg.Tests = append(pkg.Tests, t)
		}
		s.packages = append(s.packages, pkg)
	}
	return s
}

func (s suite) run(mode Mode, workers int) Result {
	return simulate(mode, workers, s.packages, s.actual, func(string) time.Duration { return s.start })
}

func (s suite) actual(pkg, test string) time.Duration { return s.tests[pkg][test] }

// constant is the duration of every test.
func constant(d time.Duration) func(p, i int) time.Duration {
	return func(int, int) time.Duration { return d }
}

// distributions are durations with a mean of about 20 ms.
var distributions = []struct {
	name string
	draw func(r *rand.Rand) float64 // milliseconds
}{
	{"equal", func(*rand.Rand) float64 { return 20 }},
	{"exponential", func(r *rand.Rand) float64 { return 20 * r.ExpFloat64() }},
	{"pareto", func(r *rand.Rand) float64 { return 7 / math.Pow(1-r.Float64(), 1/1.5) }},
	{"bimodal", func(r *rand.Rand) float64 {
		if r.IntN(50) == 0 {
			return 800
		}
		return 4
	}},
}

// randomSuite has packages of up to 60 tests with all possible properties: files, groups,
// serial tests and packages, whole and unknown ones.
func randomSuite(r *rand.Rand, draw func(*rand.Rand) float64) suite {
	s := suite{tests: map[string]map[string]time.Duration{}, start: time.Duration(r.IntN(40)) * time.Millisecond}
	took := func() time.Duration { return time.Duration(draw(r) * float64(time.Millisecond)) }
	for p := range 1 + r.IntN(12) {
		pkg := Package{Name: fmt.Sprintf("p%d", p), Whole: r.IntN(8) == 0, Serial: r.IntN(10) == 0}
		if r.IntN(2) == 0 {
			pkg.Start = s.start
		}
		s.tests[pkg.Name] = map[string]time.Duration{}
		n := r.IntN(60)
		if n == 0 {
			s.tests[pkg.Name][""] = took()
			if r.IntN(2) == 0 {
				pkg.Estimate = s.tests[pkg.Name][""]
			}
		}
		known := r.IntN(3) // none, some or all
		for i := range n {
			t := Test{Name: fmt.Sprintf("Test%d", i), Files: []string{fmt.Sprint(i / 7)}, Serial: r.IntN(30) == 0}
			if r.IntN(20) == 0 {
				t.Files = append(t.Files, fmt.Sprint(r.IntN(9)))
			}
			if r.IntN(6) == 0 {
				t.Group = fmt.Sprint("g", r.IntN(4))
			}
			d := took()
			s.tests[pkg.Name][t.Name] = d
			if r.IntN(2) < known {
				t.Estimate = time.Duration(float64(d) * math.Exp(r.NormFloat64()*0.3))
			}
			pkg.Tests = append(pkg.Tests, t)
		}
		s.packages = append(s.packages, pkg)
	}
	return s
}

// unequal has three tests of 4 s among n of 0.05 s.
func unequal(n int, slow [3]int, estimates bool) suite {
	return makeSuite("unequal", 1, n, 10*time.Millisecond, estimates, func(_, i int) time.Duration {
		if slices.Contains(slow[:], i) {
			return 4 * time.Second
		}
		return 50 * time.Millisecond
	})
}

// positions are the places of three slow tests: next to each other, or anywhere.
func positions(n int) [][3]int {
	var all [][3]int
	r := rand.New(rand.NewPCG(7, uint64(n)))
	for i := range 20 {
		at := i * (n - 3) / 19
		all = append(all, [3]int{at, at + 1, at + 2})
		p := r.Perm(n)
		all = append(all, [3]int{p[0], p[1], p[2]})
	}
	return all
}

// TestMain lets garbage grow, because the simulations make much and keep little.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
