package verdict

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// suite is a package with a test V whose result depends on which others ran before it.
type suite struct {
	polluters []string // together they make V fail
	cleaners  []string // each makes up for the polluters before it
	setters   []string // V fails without all of them
	effect    float64  // the probability that the polluters have an effect, 0 for always
	noise     float64  // the probability that V fails anyway
	crashes   string   // ends the process before V
	random    *rand.Rand
	runs      int
}

// run is a Run.
func (s *suite) run(others []string, _ bool) Outcome {
	s.runs++
	polluted, set := 0, 0
	for _, test := range others {
		switch {
		case test == s.crashes:
			return NotRun
		case slices.Contains(s.cleaners, test):
			polluted = 0
		case slices.Contains(s.polluters, test):
			polluted++
		case slices.Contains(s.setters, test):
			set++
		}
	}
	dirty := len(s.polluters) > 0 && polluted == len(s.polluters) && (s.effect == 0 || s.random.Float64() < s.effect)
	if dirty || set < len(s.setters) || s.noise > 0 && s.random.Float64() < s.noise {
		return Failed
	}
	return Passed
}

func names(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("T%d", i))
	}
	return names
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 16)) }

func TestDecide(t *testing.T) {
	always := &suite{noise: 1, random: seeded(1)}
	for _, c := range []struct {
		name  string
		suite *suite
		in    Case
		want  string
	}{
		{"broken", always, Case{Before: names(3)}, "broken []; alone 3/3"},
		{"broken also beside all tests", always, Case{Package: names(3)}, "broken []; alone 3/3"},
		{"a polluter", &suite{polluters: names(4)[3:]}, Case{Before: names(9)}, "polluted [T3]; alone 0/4, together 2/2"},
		{"the only test before it", &suite{polluters: names(1)}, Case{Before: names(1)}, "polluted [T0]; alone 0/4, together 2/2"},
		{"two polluters", &suite{polluters: []string{"T1", "T7"}}, Case{Before: names(9)}, "polluted [T1 T7]; alone 0/4, together 2/2"},
		{"three polluters", &suite{polluters: []string{"T0", "T8", "T30"}}, Case{Before: names(40)}, "polluted [T0 T8 T30]; alone 0/4, together 2/2"},
		{"a polluter behind a cleaner", &suite{polluters: []string{"T5"}, cleaners: []string{"T2"}}, Case{Before: names(9)}, "polluted [T5]; alone 0/4, together 2/2"},
		{"one that has an effect often", &suite{polluters: []string{"T5"}, effect: 0.7, random: seeded(3)}, Case{Before: names(20)}, "polluted [T5]; alone 0/10, together 7/10"},
		{"a setter", &suite{setters: []string{"T7"}}, Case{Before: names(3), Package: names(9)}, "needs [T7]; alone 4/4, together 0/2"},
		{"two setters", &suite{setters: []string{"T1", "T7"}}, Case{Package: names(9)}, "needs [T1 T7]; alone 4/4, together 0/2"},
		{"a setter, and flaky after it", &suite{setters: []string{"T7"}, noise: 0.3, random: seeded(6)}, Case{Package: names(9)}, "needs [T7]; alone 10/10, together 4/10"},
		{"a setter, and mostly flaky after it", &suite{setters: []string{"T7"}, noise: 0.7, random: seeded(1)}, Case{Package: names(9)}, "flaky []; alone 10/10, together 8/10"},
		{"a setter that the failure had too", &suite{setters: []string{"T1"}}, Case{Before: names(9)}, "broken []; alone 3/3"},
		{"flaky", &suite{noise: 0.5, random: seeded(5)}, Case{Before: names(9)}, "flaky []; alone 5/10"},
		{"flaky, seldom", &suite{noise: 0.2, random: seeded(11)}, Case{Before: names(9)}, "flaky []; alone 2/10"},
		{"it fails no more", &suite{}, Case{Before: names(9)}, "not again []; alone 0/3, together 0/3"},
		{"it was alone", &suite{}, Case{}, "not again []; alone 0/3"},
		{"another test crashes", &suite{crashes: "T2"}, Case{Before: names(9)}, "not again []; alone 0/3"},
		{"a polluter, and a test that crashes", &suite{polluters: []string{"T1"}, crashes: "T7"}, Case{Before: names(7)}, "polluted [T1]; alone 0/4, together 2/2"},
		{"no time to run it alone", &suite{}, Case{Before: names(9), MostRuns: 1}, "unknown []; alone 0/1; no time: running it alone"},
		{"no time to find it", &suite{polluters: []string{"T3"}}, Case{Before: names(16), MostRuns: 6}, "polluted [T0 T1 T2 T3 T4 T5 T6 T7]; alone 0/3, together 1/1; no time: finding a smaller set of tests"},
		{"no time for its process", &suite{polluters: []string{"T3"}}, Case{Before: names(16), MostRuns: 3}, "not again []; alone 0/3; no time: running it after the tests of its process"},
		{"no time for its package", &suite{setters: []string{"T3"}}, Case{Package: names(16), MostRuns: 3}, "broken []; alone 3/3; no time: running it with all tests of its package"},
	} {
		if c.in.MostRuns == 0 {
			c.in.MostRuns = 100
		}
		if got := describe(Decide(c.in, c.suite.run)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	gone := Decide(Case{MostRuns: 9}, func([]string, bool) Outcome { return NotRun })
	if gone.Kind != Unknown || gone.Unfinished == "" || gone.Runs != 1 {
		t.Errorf("%+v", gone)
	}
}

func describe(r Result) string {
	kinds := map[Kind]string{Unknown: "unknown", Broken: "broken", Polluted: "polluted", Needs: "needs", Flaky: "flaky", NotAgain: "not again"}
	text := fmt.Sprintf("%s %v; alone %d/%d", kinds[r.Kind], r.Others, r.Alone.Failures, r.Alone.Runs)
	if r.Together.Runs > 0 {
		text += fmt.Sprintf(", together %d/%d", r.Together.Failures, r.Together.Runs)
	}
	if r.Unfinished != "" {
		text += "; no time: " + r.Unfinished
	}
	return text
}

// measured is how many of some random suites have the right verdict, within a number of runs.
func measured(t *testing.T, suites int, plant func(*rand.Rand, []string) *suite, within func(n int) int) (share, runs float64) {
	t.Helper()
	right, all := 0, 0
	for seed := range uint64(suites) {
		random := seeded(seed)
		before := names(2 + random.IntN(1000))
		s := plant(random, before)
		result := Decide(Case{Before: before, MostRuns: within(len(before))}, s.run)
		if result.Kind == Polluted && slices.Equal(result.Others, s.polluters) && result.Unfinished == "" {
			right++
		}
		all += s.runs
		if s.runs > within(len(before)) || s.runs != result.Runs {
			t.Fatalf("seed %d: %d runs, and it says %d", seed, s.runs, result.Runs)
		}
	}
	return float64(right) / float64(suites), float64(all) / float64(suites)
}

// bound is 2·log2(n)+10.
func bound(n int) int { return int(2*math.Log2(float64(n))) + 10 }

// At least 95 % of single polluters are found within 2·log2(n)+10 runs.
func TestSinglePollutersAreFound(t *testing.T) {
	t.Parallel()
	pick := func(r *rand.Rand, tests []string) string { return tests[r.IntN(len(tests))] }
	for _, c := range []struct {
		name   string
		least  float64
		within func(n int) int
		plant  func(*rand.Rand, []string) *suite
	}{
		{"one", 1, bound, func(r *rand.Rand, tests []string) *suite {
			return &suite{polluters: []string{pick(r, tests)}}
		}},
		{"one behind many cleaners", 0.95, bound, func(r *rand.Rand, tests []string) *suite {
			at := r.IntN(len(tests))
			s := &suite{polluters: tests[at : at+1]}
			for _, test := range tests[:at] {
				if r.IntN(3) == 0 {
					s.cleaners = append(s.cleaners, test)
				}
			}
			return s
		}},
		{"one that has an effect 4 times of 5, in 5 times the runs", 0.9, func(n int) int { return 5 * bound(n) }, func(r *rand.Rand, tests []string) *suite {
			return &suite{polluters: []string{pick(r, tests)}, effect: 0.8, random: r}
		}},
		{"a pair, in 8 times the runs", 0.95, func(n int) int { return 8 * bound(n) }, func(r *rand.Rand, tests []string) *suite {
			at := r.IntN(len(tests) - 1)
			return &suite{polluters: []string{tests[at], pick(r, tests[at+1:])}}
		}},
	} {
		share, runs := measured(t, 500, c.plant, c.within)
		t.Logf("%s: %.1f %% found, with %.1f runs on average", c.name, 100*share, runs)
		if share < c.least {
			t.Errorf("%s: %.1f %% are found, want %.0f %%", c.name, 100*share, 100*c.least)
		}
	}
}

// Whatever the suite is, the verdict is true of it and the runs have their limit.
func FuzzDecide(f *testing.F) {
	f.Add(uint8(20), uint8(5), uint8(20), uint8(40), uint8(3), uint8(100))
	f.Add(uint8(9), uint8(200), uint8(2), uint8(3), uint8(7), uint8(5))
	f.Fuzz(func(t *testing.T, n, a, b, cleaner, setter, most uint8) {
		tests := names(int(n%64) + 1)
		at := func(i uint8) []string { return tests[int(i)%len(tests):][:1] }
		s := &suite{}
		if a < 128 {
			s.polluters = slices.Compact(slices.Concat(at(a), at(b)))
		}
		if cleaner < 64 {
			s.cleaners = at(cleaner)
		}
		if setter < 64 {
			s.setters = at(setter)
		}
		in := Case{Before: tests[:len(tests)/2], Package: tests, MostRuns: int(most)}
		result := Decide(in, s.run)
		if s.runs > in.MostRuns || s.runs != result.Runs {
			t.Fatalf("%d runs, %d are allowed, %+v", s.runs, in.MostRuns, result)
		}
		alone, together := s.run(nil, true), s.run(result.Others, true)
		switch result.Kind {
		case Broken:
			if alone != Failed || result.Unfinished == "" && s.run(tests, true) != Failed {
				t.Fatalf("%+v %+v", result, s)
			}
		case Polluted:
			if alone != Passed || together != Failed {
				t.Fatalf("%+v %+v", result, s)
			}
		case Needs:
			if alone != Failed || together != Passed {
				t.Fatalf("%+v %+v", result, s)
			}
		case Flaky:
			t.Fatalf("nothing is flaky: %+v %+v", result, s)
		case NotAgain, Unknown:
			if result.Unfinished == "" && (alone != Passed || s.run(in.Before, true) != Passed) {
				t.Fatalf("%+v %+v", result, s)
			}
		}
		if result.Unfinished != "" {
			return
		}
		for i := range result.Others { // each is necessary
			if s.run(slices.Delete(slices.Clone(result.Others), i, i+1), true) == together {
				t.Fatalf("%s is not necessary: %+v %+v", result.Others[i], result, s)
			}
		}
	})
}
