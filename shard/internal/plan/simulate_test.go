package plan

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var modes = []Mode{LoadScope, LoadFile, LoadGroup, Load, WorkSteal, Each}

// suite is packages with what their tests and starts really take.
type suite struct {
	name     string
	packages []Package
	tests    map[string]map[string]time.Duration // by package, test
	start    time.Duration
}

// makeSuite returns packages of n tests each, ten a file, that take what d says.
// The packages know that, and what a start costs, only if estimates is set.
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

// constant is what every test takes.
func constant(d time.Duration) func(p, i int) time.Duration {
	return func(int, int) time.Duration { return d }
}

// distributions are durations of a mean of about 20 ms.
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

// randomSuite has packages of up to 60 tests, with everything that a package may
// have: files, groups, serial tests and packages, whole ones, unknown ones.
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

// span is a Slot, with its worker.
type span struct {
	Slot
	worker int
}

// check reports what a plan breaks of what a mode promises.
func check(t *testing.T, mode Mode, workers int, s suite, r Result) {
	t.Helper()
	copies := 1
	if mode == Each {
		copies = workers
	}
	packages := map[string]Package{}
	for _, p := range s.packages {
		packages[p.Name] = p
	}
	ran := map[[2]string]int{}
	process := map[[2]string]int{} // in which a test ran last
	var spans []span
	for w, slots := range r.Workers {
		once := map[[2]string]bool{}
		for i, slot := range slots {
			if i > 0 && slot.From < slots[i-1].To {
				t.Errorf("worker %d runs two processes at %v", w, slot.From)
			}
			spans = append(spans, span{slot, w})
			keys := [][2]string{{slot.Package}}
			if len(slot.Tests) > 0 {
				keys = nil
			}
			for _, test := range slot.Tests {
				keys = append(keys, [2]string{slot.Package, test.Name})
			}
			for _, key := range keys {
				if once[key] {
					t.Errorf("worker %d runs %v twice", w, key)
				}
				once[key] = true
				ran[key]++
				process[key] = len(spans)
			}
		}
	}
	if len(spans) != r.Starts {
		t.Errorf("%d processes, but %d starts", len(spans), r.Starts)
	}
	count := 0
	for _, p := range s.packages {
		keys := [][2]string{{p.Name}}
		if len(p.Tests) > 0 {
			keys = nil
		}
		first := map[string][2]string{} // test of a file or group
		for _, test := range p.Tests {
			key := [2]string{p.Name, test.Name}
			keys = append(keys, key)
			var together []string
			switch {
			case mode == LoadScope || p.Whole || p.Serial:
				together = []string{""}
			case mode == LoadFile:
				together = test.Files
			case mode == LoadGroup && test.Group != "" && !test.Serial:
				together = []string{test.Group}
			}
			for _, name := range together {
				if _, ok := first[name]; !ok {
					first[name] = key
				}
				if mode != Each && process[first[name]] != process[key] {
					t.Errorf("%v and %v run apart", first[name], key)
				}
			}
		}
		for _, key := range keys {
			count += copies
			if ran[key] != copies {
				t.Errorf("%v ran %d times, not %d", key, ran[key], copies)
			}
		}
	}
	total := 0
	for _, n := range ran {
		total += n
	}
	if total != count {
		t.Errorf("%d tests ran, not %d", total, count)
	}

	isSerial := func(sp span) bool {
		return packages[sp.Package].Serial || slices.ContainsFunc(sp.Tests, func(t Test) bool { return t.Serial })
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.From, b.From) })
	for i, a := range spans {
		for _, b := range spans[i+1:] {
			if b.From >= a.To {
				break
			}
			if a.To == a.From || b.To == b.From {
				continue
			}
			if isSerial(a) || isSerial(b) {
				t.Errorf("serial work in %v on %d from %v to %v runs beside %v from %v to %v", a.Package, a.worker, a.From, a.To, b.Package, b.From, b.To)
			}
			for _, test := range a.Tests {
				if mode == LoadGroup && test.Group != "" && slices.ContainsFunc(b.Tests, func(o Test) bool { return o.Group == test.Group }) {
					t.Errorf("group %s runs in %s and %s at %v", test.Group, a.Package, b.Package, b.From)
				}
			}
		}
	}
	if r.Makespan < r.Bound {
		t.Errorf("%v is less than the lower bound %v", r.Makespan, r.Bound)
	}
}

func TestEveryPlanKeepsWhatItsModePromises(t *testing.T) {
	for _, distribution := range distributions {
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 1))
			s := randomSuite(r, distribution.draw)
			workers := 1 + r.IntN(9)
			for _, mode := range modes {
				check(t, mode, workers, s, s.run(mode, workers))
				if t.Failed() {
					t.Fatalf("%s with %d workers, %s, seed %d", mode, workers, distribution.name, seed)
				}
			}
		}
	}
}

// TestPlansAreTheSameEachTime is what --plan rests on.
func TestPlansAreTheSameEachTime(t *testing.T) {
	for _, mode := range modes {
		s := randomSuite(rand.New(rand.NewPCG(1, 2)), distributions[1].draw)
		a, b := s.run(mode, 5), s.run(mode, 5)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: two plans of the same packages differ", mode)
		}
	}
}

// TestNobodyWaitsWhilePackagesDo: longest first with nobody idle cannot take
// longer than this, which is Graham's bound for any list.
func TestNobodyWaitsWhilePackagesDo(t *testing.T) {
	for _, distribution := range distributions {
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 2))
			s := makeSuite("", 40, 5, 3*time.Millisecond, true, func(int, int) time.Duration {
				return time.Duration(distribution.draw(r) * float64(time.Millisecond))
			})
			const workers = 4
			result := s.run(LoadScope, workers)
			lengths := map[string]time.Duration{}
			var sum time.Duration
			for _, p := range s.packages {
				lengths[p.Name] = s.start
				for _, test := range p.Tests {
					lengths[p.Name] += test.Estimate
				}
				sum += lengths[p.Name]
			}
			slots := slices.Concat(result.Workers...)
			slices.SortFunc(slots, func(a, b Slot) int { return cmp.Compare(a.From, b.From) })
			for i := 1; i < len(slots); i++ {
				if slots[i].From > slots[i-1].From && lengths[slots[i].Package] > lengths[slots[i-1].Package] {
					t.Errorf("%s, seed %d: %s starts before %s, which is longer", distribution.name, seed, slots[i-1].Package, slots[i].Package)
				}
			}
			// When the last to end started, all other workers had work.
			last := slices.MaxFunc(slots, func(a, b Slot) int { return cmp.Compare(a.To, b.To) })
			if most := sum/workers + lengths[last.Package]*(workers-1)/workers + 1; result.Makespan > most {
				t.Errorf("%s, seed %d: %v is more than %v", distribution.name, seed, result.Makespan, most)
			}
		}
	}
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

// positions are where three slow tests may be: next to each other, or anywhere.
func positions(n int) [][3]int {
	var all [][3]int
	r := rand.New(rand.NewPCG(7, uint64(n)))
	for i := range 60 {
		at := i * (n - 3) / 59
		all = append(all, [3]int{at, at + 1, at + 2})
		p := r.Perm(n)
		all = append(all, [3]int{p[0], p[1], p[2]})
	}
	return all
}

func TestUnequalTestsWithEstimates(t *testing.T) {
	for _, mode := range []Mode{Load, WorkSteal} {
		for _, n := range []int{200, 300, 400} {
			for _, workers := range []int{4, 8} {
				for _, slow := range positions(n) {
					if ratio := unequal(n, slow, true).run(mode, workers).Ratio(); ratio > 1.05 {
						t.Errorf("%s, %d tests, %d workers, slow at %v: ratio %.3f", mode, n, workers, slow, ratio)
					}
				}
			}
		}
	}
}

// TestUnequalTestsWithoutEstimates holds the mean over all positions to 1.35
// where that can be reached. Nobody can promise it for each position: whoever
// knows nothing may start a slow test last, after all others, and then ends up to
// longest + (total-longest)/workers after the beginning, 1.87 of the lower bound
// with 400 tests on 8 workers (a batch with two slow tests is worse). There, 1.35
// needs all three slow tests to start within the first 1.4 s, of 3.5 s that all
// others take: most positions are worse than that in every order.
func TestUnequalTestsWithoutEstimates(t *testing.T) {
	for _, test := range []struct {
		n, workers int
		mean       float64
	}{{200, 4, 1.35}, {300, 4, 1.35}, {400, 4, 1.35}, {200, 8, 1.35}, {300, 8, 1.5}, {400, 8, 1.65}} {
		var sum, most float64
		all := positions(test.n)
		for _, slow := range all {
			ratio := unequal(test.n, slow, false).run(Load, test.workers).Ratio()
			sum, most = sum+ratio, max(most, ratio)
		}
		mean := sum / float64(len(all))
		t.Logf("%d tests, %d workers: mean %.3f, most %.3f", test.n, test.workers, mean, most)
		if mean > test.mean {
			t.Errorf("%d tests, %d workers: the mean ratio is %.3f, more than %.2f", test.n, test.workers, mean, test.mean)
		}
	}
}

func TestEqualTestsWithoutEstimatesAreSharedEvenly(t *testing.T) {
	for _, estimates := range []bool{true, false} {
		s := makeSuite("", 1, 64, 10*time.Millisecond, estimates, constant(500*time.Millisecond))
		serial := s.run(LoadScope, 1).Makespan
		for _, mode := range []Mode{Load, LoadGroup, WorkSteal} {
			if speedup := serial.Seconds() / s.run(mode, 8).Makespan.Seconds(); speedup < 7.2 {
				t.Errorf("%s, estimates %v: %.2f times faster, not 7.2", mode, estimates, speedup)
			}
		}
	}
}

// TestSplittingNeverCosts compares with loadscope where starts are dear.
func TestSplittingNeverCosts(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name            string
		packages, tests int
		each, start     time.Duration
		workers         []int
		estimates       []bool
		slack           float64 // of loadscope's time
		starts          int     // at most, 0 for any
	}{
		{"short tests behind a slow TestMain", 1, 2000, ms, 200 * ms, []int{2, 4, 8}, []bool{true, false}, 0, 0},
		{"many small packages", 40, 20, ms, 5 * ms, []int{2, 4, 8}, []bool{true}, 0.02, 80},
		{"balanced packages", 8, 100, 100 * ms, 500 * ms, []int{8}, []bool{true, false}, 0.1, 0},
	} {
		for _, estimates := range test.estimates {
			s := makeSuite("", test.packages, test.tests, test.start, estimates, constant(test.each))
			for _, workers := range test.workers {
				scope := s.run(LoadScope, workers)
				for _, mode := range []Mode{Load, LoadFile, LoadGroup, WorkSteal} {
					r := s.run(mode, workers)
					t.Logf("%s, %s, %d workers, estimates %v: %v in %d starts, loadscope %v", test.name, mode, workers, estimates, r.Makespan, r.Starts, scope.Makespan)
					if r.Makespan.Seconds() > scope.Makespan.Seconds()*(1+test.slack) {
						t.Errorf("%s, %s, %d workers, estimates %v: %v, loadscope %v", test.name, mode, workers, estimates, r.Makespan, scope.Makespan)
					}
					if test.starts > 0 && r.Starts > test.starts {
						t.Errorf("%s, %s, %d workers: %d starts, more than %d", test.name, mode, workers, r.Starts, test.starts)
					}
				}
			}
		}
	}
}

// TestAStartThatWasMeasuredOnceOnABusyMachine: the history has one start, which took
// up to a hundred times as long as it does now. With full trust in it the worst of
// these ended at 5.3 of its bound.
func TestAStartThatWasMeasuredOnceOnABusyMachine(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		packages, tests int
		each, start     time.Duration
	}{{1, 64, 500 * ms, 10 * ms}, {1, 64, 50 * ms, 10 * ms}, {1, 400, 10 * ms, 5 * ms}, {1, 2000, ms, 3 * ms}, {6, 40, 20 * ms, 10 * ms}} {
		for _, factor := range []time.Duration{3, 10, 30, 100} {
			s := makeSuite("", test.packages, test.tests, test.start, true, constant(test.each))
			for i := range s.packages {
				s.packages[i].Start, s.packages[i].StartOnce = factor*test.start, true
			}
			for _, mode := range []Mode{Load, WorkSteal} {
				for _, workers := range []int{2, 4, 8} {
					if ratio := s.run(mode, workers).Ratio(); ratio > 1.45 {
						t.Errorf("%d packages of %d tests of %v, a start of %v taken for %v, %s, %d workers: ratio %.2f",
							test.packages, test.tests, test.each, test.start, factor*test.start, mode, workers, ratio)
					}
				}
			}
		}
	}
}

// TestAWrongStartNeverCosts: whatever the history says of the start, a package of
// short tests behind a slow TestMain is not slower than with loadscope.
func TestAWrongStartNeverCosts(t *testing.T) {
	const ms = time.Millisecond
	for _, given := range []time.Duration{0, ms, 10 * ms, 50 * ms, 200 * ms, 500 * ms, 2 * time.Second, time.Minute} {
		for _, once := range []bool{true, false} {
			for _, workers := range []int{2, 4, 8} {
				s := makeSuite("", 1, 2000, 200*ms, true, constant(ms))
				s.packages[0].Start, s.packages[0].StartOnce = given, once
				scope := s.run(LoadScope, workers).Makespan
				for _, mode := range []Mode{Load, LoadFile, LoadGroup, WorkSteal} {
					if r := s.run(mode, workers); r.Makespan > scope {
						t.Errorf("%s, %d workers, a start of 200ms taken for %v (once %v): %v in %d starts, loadscope %v",
							mode, workers, given, once, r.Makespan, r.Starts, scope)
					}
				}
			}
		}
	}
}

// TestFewObservationsAreNotTrusted: three tests that happen to be short must not
// send the rest of a slow package to one worker.
func TestFewObservationsAreNotTrusted(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		scales := map[int]float64{}
		s := makeSuite("", 12, 100, 10*time.Millisecond, false, func(p, _ int) time.Duration {
			if scales[p] == 0 {
				scales[p] = math.Exp(r.NormFloat64())
			}
			return time.Duration(scales[p] * distributions[1].draw(r) * float64(time.Millisecond))
		})
		for _, mode := range []Mode{Load, WorkSteal} {
			if ratio := s.run(mode, 8).Ratio(); ratio > 1.3 {
				t.Errorf("%s, seed %d: ratio %.2f", mode, seed, ratio)
			}
		}
	}
}

// recorded reads testdata/recorded.csv: package, test, file, seconds of tests of
// Go's own library, from go test -json.
func recorded(t *testing.T, estimates bool) suite {
	t.Helper()
	f, err := os.Open("testdata/recorded.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	reader := csv.NewReader(f)
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := suite{name: "recorded", tests: map[string]map[string]time.Duration{}, start: 10 * time.Millisecond}
	if !estimates {
		s.name += ", no estimates"
	}
	for _, row := range rows {
		if len(s.packages) == 0 || s.packages[len(s.packages)-1].Name != row[0] {
			s.packages = append(s.packages, Package{Name: row[0]})
			s.tests[row[0]] = map[string]time.Duration{}
		}
		p := &s.packages[len(s.packages)-1]
		seconds, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		// A test that took 0.00 s took something.
		d := max(time.Duration(seconds*float64(time.Second)), 500*time.Microsecond)
		test := Test{Name: row[1], Files: []string{row[2]}}
		if estimates {
			test.Estimate, p.Start = d, s.start
		}
		s.tests[p.Name][test.Name] = d
		p.Tests = append(p.Tests, test)
	}
	return s
}

// TestRatios prints how far each mode is from its lower bound.
func TestRatios(t *testing.T) {
	var suites []suite
	for _, estimates := range []bool{true, false} {
		suites = append(suites, recorded(t, estimates))
		for i, distribution := range distributions {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			scales := map[int]float64{}
			name := distribution.name
			if !estimates {
				name += ", no estimates"
			}
			suites = append(suites, makeSuite(name, 12, 100, 10*time.Millisecond, estimates, func(p, _ int) time.Duration {
				if scales[p] == 0 {
					scales[p] = math.Exp(r.NormFloat64())
				}
				return time.Duration(scales[p] * distribution.draw(r) * float64(time.Millisecond))
			}))
		}
	}
	// What is promised of each mode: those that keep nothing together come close
	// to their bound when the times are known.
	most := map[Mode][2]float64{ // with, without estimates
		LoadScope: {1.35, 2}, LoadFile: {1.35, 2}, LoadGroup: {1.1, 2.4}, Load: {1.1, 2.4}, WorkSteal: {1.2, 2.4}, Each: {1, 1},
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-28s", "workers")
	for _, workers := range []int{2, 4, 8} {
		for _, mode := range modes {
			fmt.Fprintf(&table, "%10s", fmt.Sprint(mode[:min(8, len(mode))], workers))
		}
	}
	for _, s := range suites {
		fmt.Fprintf(&table, "\n%-28s", s.name)
		without := 0
		if strings.HasSuffix(s.name, "no estimates") {
			without = 1
		}
		for _, workers := range []int{2, 4, 8} {
			for _, mode := range modes {
				r := s.run(mode, workers)
				fmt.Fprintf(&table, "%10.3f", r.Ratio())
				check(t, mode, workers, s, r)
				if r.Ratio() > most[mode][without]+0.0005 {
					t.Errorf("%s, %s, %d workers: ratio %.3f, more than %.2f", s.name, mode, workers, r.Ratio(), most[mode][without])
				}
			}
		}
	}
	t.Log(table.String())
}

// TestSimulateWithoutActualTimes is what --plan prints: everything takes as long
// as expected, by default where nothing is known.
func TestSimulateWithoutActualTimes(t *testing.T) {
	const ms = time.Millisecond
	r := Simulate(LoadScope, 2, []Package{
		{Name: "a", Start: 5 * ms, Tests: parse("A1 100", "A2", "A3 300", "A4 100")}, // A2 takes the median, 100 ms
		{Name: "b", Tests: parse("B")},     // 100 ms by default, after a start of 10 ms
		{Name: "c", Estimate: 200 * ms},    // its tests are not known
		{Name: "d", Tests: parse("D 100")}, // with the default start
	}, nil)
	var got []string
	for w, slots := range r.Workers {
		for _, slot := range slots {
			got = append(got, fmt.Sprintf("gw%d %s %v-%v", w, slot.Package, slot.From, slot.To))
		}
	}
	want := []string{"gw0 a 0s-605ms", "gw1 b 0s-110ms", "gw1 c 110ms-320ms", "gw1 d 320ms-430ms"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r.Makespan != 605*ms || r.Bound != 605*ms || r.Starts != 4 || r.Ratio() != 1 {
		t.Errorf("makespan %v, bound %v, %d starts, ratio %v", r.Makespan, r.Bound, r.Starts, r.Ratio())
	}
	if empty := Simulate(Load, 4, nil, nil); empty.Ratio() != 1 || empty.Makespan != 0 {
		t.Errorf("without packages: %+v", empty)
	}
}
