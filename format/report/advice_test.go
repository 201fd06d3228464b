package report

import (
	"testing"
	"time"
)

// The advice is one sentence, and only where a tenth of the run can be saved.
func TestAdvice(t *testing.T) {
	sec := time.Second
	store := Unit{"example.com/store", "package", "", 70 * sec}
	many := Unit{"example.com/store", "test", "TestMany", 70 * sec}
	for name, test := range map[string]struct {
		span, wall time.Duration
		advice     *Advice
		want       string
	}{
		"another mode": {74 * sec, 90 * sec, &Advice{Longest: store, Better: Ideal{"load", 4, 60 * sec}, Alone: store, Even: 30 * sec},
			"example.com/store took 70s of 74s; --dist load would finish in 60s"},
		"a mode that saves little of a long build": {74 * sec, 280 * sec, &Advice{Longest: store, Better: Ideal{"load", 4, 60 * sec}, Alone: store, Even: 60 * sec}, ""},
		"a mode for what took no time":             {5 * sec, 5 * sec, &Advice{Longest: Unit{"a", "package", "", ms}, Better: Ideal{"load", 2, ms}, Alone: Unit{"a", "test", "T", ms}, Even: ms}, ""},
		"a mode and more workers": {74 * sec, 74 * sec, &Advice{Longest: store, Better: Ideal{"load", 4, 60 * sec}, More: Ideal{"", 8, 40 * sec}, Alone: store, Even: 30 * sec},
			"example.com/store took 70s of 74s; --dist load would finish in 60s"},
		"the same mode": {74 * sec, 74 * sec, &Advice{Longest: many, Better: Ideal{"loadsub", 4, 20 * sec}, Again: true, Alone: many, Even: 20 * sec},
			"example.com/store TestMany took 70s of 74s; the next run, which knows its subtests, would finish in 20s"},
		"more workers": {60 * sec, 66 * sec, &Advice{Longest: many, More: Ideal{"", 8, 31 * sec}, Alone: Unit{"a", "test", "TestA", 9 * sec}, Even: 59 * sec},
			"2 workers took 60s; -n 8 would finish in 31s"},
		"one test": {74 * sec, 75 * sec, &Advice{Longest: store, Alone: many, Even: 20 * sec},
			"example.com/store TestMany alone takes 70s: no number of workers helps"},
		"one test beside as much": {74 * sec, 75 * sec, &Advice{Longest: store, Alone: many, Even: 72 * sec}, ""},
		"a group":                 {5 * sec, 5 * sec, &Advice{Alone: Unit{"a", "group", "db", 4900 * ms}, Even: 2 * sec}, "a group db alone takes 4.9s: no number of workers helps"},
		"an escape sequence":      {5 * sec, 5 * sec, &Advice{Alone: Unit{"a\x1b", "test", "T\r", 5 * sec}, Even: 0}, "a\uFFFD T\uFFFD alone takes 5.0s: no number of workers helps"},
		"minutes":                 {300 * sec, 300 * sec, &Advice{Alone: Unit{"a", "test", "T", 280 * sec}, Even: 0}, "a T alone takes 4m40s: no number of workers helps"},
		"well shared":             {60 * sec, 61 * sec, &Advice{Longest: many, Alone: Unit{"a", "test", "TestA", 9 * sec}, Even: 59 * sec}, ""},
		"nothing ran":             {0, 0, &Advice{}, ""},
		"none":                    {74 * sec, 75 * sec, nil, ""},
	} {
		start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		s := Shards{Wall: test.wall, Advice: test.advice, Shards: []Shard{
			{Worker: "gw0", Started: start.Add(sec), Completed: start.Add(test.span)}, {Worker: "gw1", Started: start, Completed: start.Add(sec)},
		}}
		if test.span == 0 {
			s.Shards = nil
		}
		if got := s.advice(); got != test.want {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, test.want)
		}
	}
}
