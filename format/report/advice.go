package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Advice suggests how to make a run shorter, based on its measured durations.
type Advice struct {
	// Longest is the longest unit that the mode keeps together.
	Longest Unit
	// Ideal is the shortest possible duration of the tests for several numbers of
	// workers, fewest first. Its Mode is empty.
	Ideal []Ideal
	// Better is the shortest possible duration with another mode and the same number
	// of workers; zero when no mode is clearly better.
	Better Ideal
}

// Ideal is the shortest possible duration of the tests.
type Ideal struct {
	// Mode is the --dist.
	Mode string
	// Workers is 0 for any number of them.
	Workers int
	Time    time.Duration
}

// line returns the advice as text, without a newline.
func (a Advice) line() string {
	var parts []string
	for i, ideal := range a.Ideal {
		switch {
		case ideal.Workers == 0:
			parts = append(parts, seconds(ideal.Time)+" on any number")
		case i == 0:
			parts = append(parts, fmt.Sprintf("%s on %d workers", seconds(ideal.Time), ideal.Workers))
		default:
			parts = append(parts, fmt.Sprintf("%s on %d", seconds(ideal.Time), ideal.Workers))
		}
	}
	line := fmt.Sprintf("Longest unit: %s %s. Ideal: %s", a.Longest, seconds(a.Longest.Time), strings.Join(parts, ", "))
	if a.Better != (Ideal{}) {
		line += fmt.Sprintf("; with --dist %s %s on %d", plain.Line(a.Better.Mode), seconds(a.Better.Time), a.Better.Workers)
	}
	return line + "."
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
