package plan

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// span is a Slot with its worker.
type span struct {
	Slot
	worker int
}

// check reports violations of a mode's guarantees.
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
	process := map[[2]string]int{} // the process in which a test ran last
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
				t.Errorf("serial work in %v on %d from %v to %v runs at the same time as %v from %v to %v", a.Package, a.worker, a.From, a.To, b.Package, b.From, b.To)
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
		for seed := range uint64(20) {
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

// TestPlansAreTheSameEachTime is what --plan relies on.
func TestPlansAreTheSameEachTime(t *testing.T) {
	for _, mode := range modes {
		s := randomSuite(rand.New(rand.NewPCG(1, 2)), distributions[1].draw)
		a, b := s.run(mode, 5), s.run(mode, 5)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: two plans of the same packages differ", mode)
		}
	}
}

// TestNobodyWaitsWhilePackagesDo: longest first without idle workers cannot take longer
// than this, which is Graham's bound for any list.
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
			// When the last one to end started, all other workers had work.
			last := slices.MaxFunc(slots, func(a, b Slot) int { return cmp.Compare(a.To, b.To) })
			if most := sum/workers + lengths[last.Package]*(workers-1)/workers + 1; result.Makespan > most {
				t.Errorf("%s, seed %d: %v is more than %v", distribution.name, seed, result.Makespan, most)
			}
		}
	}
}
