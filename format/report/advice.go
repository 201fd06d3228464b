package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Advice is what may make a run shorter, based on its measured durations.
type Advice struct {
	// Longest is the longest unit that the mode keeps together.
	Longest Unit
	// Ideal is the shortest possible duration of the tests for several numbers of
	// workers, fewest first. Its Mode is empty.
	Ideal []Ideal
	// Better is the shortest possible duration with another mode and the same number
	// of workers; zero when no mode is clearly better.
	Better Ideal
	// Again is whether Better has the same mode, which knows more the next time.
	Again bool
	// Alone is the longest unit if everything is split that may be, Even the duration of
	// everything shared evenly over the workers.
	Alone Unit
	Even  time.Duration
	// More is the shortest possible duration with as many workers as there are processors;
	// zero when there are enough.
	More Ideal
}

// Ideal is the shortest possible duration of the tests.
type Ideal struct {
	// Mode is the --dist.
	Mode string
	// Workers is 0 for any number of them.
	Workers int
	Time    time.Duration
}

// span is the time from the start of the first test process to the end of the last.
func (s Shards) span() time.Duration {
	var first, last time.Time
	for _, shard := range s.Shards {
		if !shard.Started.IsZero() && (first.IsZero() || shard.Started.Before(first)) {
			first = shard.Started
		}
		if shard.Completed.After(last) {
			last = shard.Completed
		}
	}
	return last.Sub(first)
}

// worth reports whether the tests taking only d would save a tenth of the run.
func (s Shards) worth(d time.Duration) bool { return s.span()-d >= s.Wall/10 && s.Wall > 0 }

// advice returns in one sentence what would make the run a tenth shorter or more, or empty if
// nothing would.
func (s Shards) advice() string {
	a := s.Advice
	switch {
	case a == nil:
		return ""
	case a.Better != Ideal{} && s.worth(a.Better.Time) && a.Longest.Time >= s.Wall/10: // otherwise something else took the time
		with := "--dist " + plain.Line(a.Better.Mode)
		if a.Again {
			with = "the next run, which knows its subtests,"
		}
		return fmt.Sprintf("%s took %s of %s; %s would finish in %s",
			a.Longest.short(), about(a.Longest.Time), about(s.span()), with, about(a.Better.Time))
	case a.More != Ideal{} && s.worth(a.More.Time):
		return fmt.Sprintf("%d workers took %s; -n %d would finish in %s", len(s.Shards), about(s.span()), a.More.Workers, about(a.More.Time))
	case s.aloneDecides():
		return fmt.Sprintf("%s alone takes %s: no number of workers helps", a.Alone.short(), about(a.Alone.Time))
	}
	return ""
}

// aloneDecides reports whether one unit takes so much of the run that nothing else would make it
// shorter, although the rest is shared well.
func (s Shards) aloneDecides() bool {
	return !s.worth(s.Advice.Alone.Time) && s.worth(s.Advice.Even)
}

// namesLongest reports whether the advice names the longest test, whose duration is then not to
// be shown twice: the other one does not include the start of the process.
func (s Shards) namesLongest() bool {
	if s.Advice == nil || !strings.Contains(s.advice(), " alone takes ") {
		return false
	}
	unit := s.Advice.Alone
	return unit.Kind == "test" && unit.Package == s.Longest.Package && unit.Name == s.Longest.Name
}

type (
	jsonAdvice struct {
		Longest *jsonUnit   `json:"longest_unit"`
		Ideal   []jsonIdeal `json:"ideal"`
		Better  *jsonIdeal  `json:"better"`
	}
	jsonIdeal struct {
		Dist    string  `json:"dist,omitempty"`
		Workers *int    `json:"workers"` // null for any number
		Time    float64 `json:"seconds"`
	}
)

func (i Ideal) json() jsonIdeal {
	j := jsonIdeal{Dist: i.Mode, Time: i.Time.Seconds()}
	if i.Workers > 0 {
		j.Workers = &i.Workers
	}
	return j
}

// json returns nil if there is no advice.
func (a *Advice) json() *jsonAdvice {
	if a == nil {
		return nil
	}
	j := &jsonAdvice{Longest: a.Longest.json(), Ideal: []jsonIdeal{}}
	for _, ideal := range a.Ideal {
		j.Ideal = append(j.Ideal, ideal.json())
	}
	if a.Better != (Ideal{}) {
		better := a.Better.json()
		j.Better = &better
	}
	return j
}
