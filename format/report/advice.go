package report

import (
	"fmt"
	"strings"
	"time"
)

// Advice is what would make a run shorter, by what it measured.
type Advice struct {
	// Longest is the longest of what the mode keeps together.
	Longest Unit
	// Ideal is how long the tests would take at best, by the number of workers,
	// fewest first. The Mode is empty.
	Ideal []Ideal
	// Better is what another mode would take at best on as many workers as there
	// were, zero when none is worth a word.
	Better Ideal
}

// Ideal is how long tests take at best.
type Ideal struct {
	// Mode is the --dist.
	Mode string
	// Workers is 0 for any number of them.
	Workers int
	Time    time.Duration
}

// line is the advice for a person, without the end of the line.
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
		line += fmt.Sprintf("; with --dist %s %s on %d", printable(a.Better.Mode), seconds(a.Better.Time), a.Better.Workers)
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

// json returns nil for no advice.
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
