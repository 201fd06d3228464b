package plan

import (
	"testing"
	"time"
)

func TestWhatAStartCosts(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name    string
		history time.Duration
		once    bool
		run     []time.Duration
		want    time.Duration
	}{
		{"nothing is known", 0, false, nil, defaultStart},
		{"history", 90 * ms, false, nil, 90 * ms},
		{"geometric mean with what one run measured", 1000 * ms, true, nil, 100 * ms},
		{"a short one is believed", 3 * ms, true, nil, 3 * ms},
		{"the default is believed", defaultStart, true, nil, defaultStart},
		{"the first of the run", 0, false, []time.Duration{70 * ms}, 70 * ms},
		{"a slow one and a history", 10 * ms, false, []time.Duration{300 * ms}, 10 * ms},
		{"a fast one and a history", 300 * ms, false, []time.Duration{10 * ms}, 10 * ms},
		{"two overrule it", 10 * ms, false, []time.Duration{300 * ms, 200 * ms}, 200 * ms},
		{"one of many", 0, false, []time.Duration{20 * ms, 900 * ms, 30 * ms, 25 * ms}, 25 * ms},
		{"of two the lower", 0, false, []time.Duration{900 * ms, 20 * ms}, 20 * ms},
		{"a minute and once", time.Minute, true, []time.Duration{200 * ms, 200 * ms}, 200 * ms},
		{"a clock that was set back", -ms, true, nil, defaultStart},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(Load, 1)
			j := s.Add(Package{Name: "p", Start: test.history, StartOnce: test.once, Tests: parse("A 1")})
			for _, d := range test.run {
				s.ObserveStart(j, d)
			}
			if got := j.pace.start(); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
