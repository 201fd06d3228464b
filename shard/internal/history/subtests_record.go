package history

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// mostInRecord is how many subtests one RecordSubtests has. The others are in more of them.
const mostInRecord = 50

// records returns what was recorded for a test.
func (s *subtestsRun) records(test string) (records []RecordSubtests) {
	for names := range slices.Chunk(append(s.worth(test), ""), mostInRecord) { // at least one
		record := RecordSubtests{Test: test, Own: s.Own, Times: map[string]time.Duration{}, Longest: s.longest, Whole: s.whole}
		for _, name := range names {
			if name != "" {
				record.Times[name] = s.Times[name]
			}
		}
		records = append(records, record)
	}
	return records
}

// join adds what another run, or another part of this one, recorded for the test.
func (s *subtestsRun) join(record RecordSubtests) {
	if len(record.Times) > 0 || record.Own > 0 {
		s.measured, s.Own = true, record.Own
	}
	for name, took := range record.Times {
		if s.Times == nil {
			s.Times = map[string]time.Duration{}
		}
		s.Times[name] = took
	}
	s.longest = max(s.longest, record.Longest)
	s.whole = max(s.whole, record.Whole)
	s.apart = s.longest > 0 || s.whole != Divisible
}

// check returns an error for what no run can have recorded.
func (r RecordSubtests) check() error {
	possible := func(took time.Duration) bool { return took >= 0 && took <= longest }
	switch {
	case !recordable(r.Test) || strings.Contains(r.Test, "/"):
		return fmt.Errorf("%.99q is not a valid name of a top-level test with subtests", r.Test)
	case !possible(r.Own) || !possible(r.Longest) || r.Whole < Divisible || r.Whole > FailedApart:
		return fmt.Errorf("the subtests of %.99q are not possible", r.Test)
	}
	for name, took := range r.Times {
		if name == "" || strings.Contains(name, "/") || !recordable(r.Test+"/"+name) || !possible(took) {
			return fmt.Errorf("a subtest %.99q of %.99q with %v is not possible", name, r.Test, took)
		}
	}
	return nil
}
