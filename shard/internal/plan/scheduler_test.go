package plan

import (
	"fmt"
	"testing"
)

// runAll drives s until nothing is left, the oldest batch ending first, and
// returns the batches.
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
		for _, workers := range []int{1, 2, 3, 8} {
			s := New(mode, workers)
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
