package plan

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// runAll drives s until nothing is left, always ending the oldest batch, and returns the
// batches.
func runAll(t *testing.T, s *Scheduler) []Batch {
	t.Helper()
	var done, running []Batch
	for {
		for {
			b, ok := s.Next()
			if !ok {
				break
			}
			running = append(running, b)
		}
		if len(running) == 0 {
			return done
		}
		s.Done(running[0])
		done, running = append(done, running[0]), running[1:]
	}
}

func TestEveryTestIsHandedOutOnce(t *testing.T) {
	for _, mode := range []Mode{LoadScope, LoadFile, LoadGroup, Load, WorkSteal} {
		for i, workers := range []int{1, 2, 3, 8, 1, 3, 8} {
			s := New(mode, workers)
			s.Scatter(int64(i / 4)) // the last three
			var tests []Test
			for i := range 100 {
				tests = append(tests, Test{Name: fmt.Sprint("Test", i), Files: []string{fmt.Sprint(i % 7)}, Serial: i%20 == 0})
			}
			j := s.Add(Package{Name: "p", Tests: tests})
			seen := map[string]int{}
			for _, b := range runAll(t, s) {
				for _, test := range b.Tests {
					seen[test.Name]++
				}
			}
			for _, test := range tests {
				if seen[test.Name] != 1 {
					t.Errorf("%s with %d workers: %s was handed out %d times", mode, workers, test.Name, seen[test.Name])
				}
			}
			if !s.Finished(j) || j.Left() != 0 {
				t.Errorf("%s with %d workers: finished is %v with %v left", mode, workers, s.Finished(j), j.Left())
			}
		}
	}
}

func TestHelpersOnlyWhileTheyPay(t *testing.T) {
	var tests []Test
	for i := range 50 {
		tests = append(tests, Test{Name: fmt.Sprint("Test", i), Estimate: 100 * time.Millisecond})
	}
	// 1 s + 5 s/2 is less than 5 s, 1 s + 5 s/3 is not less than 5 s/2.
	for _, mode := range []Mode{Load, LoadGroup, WorkSteal} {
		s := New(mode, 5)
		s.Add(Package{Name: "p", Start: time.Second, Tests: tests})
		if n := len(runAll(t, s)); n != 2 {
			t.Errorf("%s: %d processes, not 2", mode, n)
		}
	}
}

func TestDrop(t *testing.T) {
	for _, test := range []struct {
		mode Mode
		want int // of four tests, after one process has started
	}{{LoadScope, 0}, {Load, 3}, {LoadGroup, 3}, {LoadFile, 3}, {WorkSteal, 3}, {Each, 0}} {
		s := New(test.mode, 2)
		j := s.Add(Package{Name: "p", Start: time.Millisecond, Tests: parse("A 900 file=a", "B 900 file=b", "C 900 file=c", "D 900 file=d")})
		b, _ := s.Next()
		if dropped := s.Drop(j); len(dropped) != test.want {
			t.Errorf("%s: dropped %v, not %d tests", test.mode, dropped, test.want)
		}
		if again := s.Drop(j); len(again) != 0 {
			t.Errorf("%s: dropped %v a second time", test.mode, again)
		}
		if _, ok := s.Next(); ok || s.Finished(j) || j.Left() != 0 {
			t.Errorf("%s: a batch after Drop, or finished while one runs, or %v left", test.mode, j.Left())
		}
		s.Done(b)
		if !s.Finished(j) {
			t.Errorf("%s: not finished", test.mode)
		}
	}
}

func TestDoneOfWhatDoesNotRunChangesNothing(t *testing.T) {
	s := New(Load, 1)
	j := s.Add(Package{Name: "p", Tests: parse("A 10")})
	b, _ := s.Next()
	s.Done(Batch{})
	s.Done(Batch{Job: j, Worker: 7})
	s.Done(b)
	s.Done(b)
	s.Done(Batch{})
	if !s.Finished(j) || len(s.free) != 1 {
		t.Errorf("finished %v, free workers %v", s.Finished(j), s.free)
	}
}

// TestWorkStealLeavesNoCrumbs: if half of a slice is not worth a start, the other half is
// taken with it.
func TestWorkStealLeavesNoCrumbs(t *testing.T) {
	for _, test := range []struct {
		start time.Duration
		want  int
	}{{time.Millisecond, 2}, {30 * time.Millisecond, 4}} {
		p := Package{Tests: parse("A 10", "B 10", "C 10", "D 10")}
		from, to := &slice{}, &slice{worker: 1}
		for _, u := range single(p) {
			from.add(u)
		}
		from.give(to, want{start: test.start, cost: (&Job{}).cost})
		if len(to.units) != test.want || len(from.units) != 4-test.want || to.worker != 1 {
			t.Errorf("a start of %v: %d given, not %d", test.start, len(to.units), test.want)
		}
	}
}

// Afterwards one worker runs everything, one process after another.
func TestOneWorker(t *testing.T) {
	s := New(LoadScope, 3)
	s.One()
	for _, name := range []string{"a", "b"} {
		s.Add(Package{Name: name, Whole: true})
	}
	for range 2 {
		b, ok := s.Next()
		if _, more := s.Next(); !ok || more || b.Worker != 0 {
			t.Fatalf("worker %d, %v, %v", b.Worker, ok, more)
		}
		s.Done(b)
	}
}

// Other runs may have the group of a test that runs alone in this one.
func TestASerialTestHasItsGroup(t *testing.T) {
	for _, mode := range []Mode{Load, LoadFile, LoadGroup, LoadScope, LoadSub, WorkSteal} {
		s := New(mode, 2)
		s.Add(Package{Name: "a", Limits: map[string]int{"db": 1}, Tests: []Test{{Name: "TestA", Group: "db", Serial: true}}})
		if b, ok := s.Next(); !ok || !slices.Equal(b.Groups, []string{"db"}) {
			t.Errorf("%s: %v, %q", mode, ok, b.Groups)
		}
	}
}
