package diagnose

import (
	"encoding/json"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

// output is what --json prints. docs/diagnose.md describes it.
type output struct {
	Version   int       `json:"version"`
	Processes int       `json:"processes"`
	Seconds   float64   `json:"seconds"`
	Failures  []Finding `json:"failures"`
}

// writeJSON writes the verdicts for programs.
func (d *diagnosis) writeJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(output{Version: 1, Processes: d.runs, Seconds: d.spent.Seconds(), Failures: d.findings()})
}

// Finding is why a test failed.
type Finding struct {
	Package string `json:"package"`
	Test    string `json:"test"` // split.OutsideTests for what is outside all tests
	Message string `json:"message"`
	Verdict string `json:"verdict"`
	// FailsAfter, PassesOnlyAfter and CollidesWith are empty for other verdicts.
	FailsAfter      []string `json:"fails_after"`
	PassesOnlyAfter []string `json:"passes_only_after"`
	CollidesWith    []Beside `json:"collides_with"`
	Shares          []Thing  `json:"shares"` // what they collide about
	Why             []string `json:"why"`
	Command         string   `json:"command"`

	// Title is the test, and what it depends on.
	Title string `json:"-"`
	// Again is whether it failed again.
	Again bool `json:"-"`
	// Unfinished is whether there was not enough time for everything.
	Unfinished bool `json:"-"`
}

// Beside are tests that ran in another process at the same time.
type Beside struct {
	Package string   `json:"package"`
	Tests   []string `json:"tests"` // none for all
}

// Thing is what tests collide about.
type Thing struct {
	Kind string `json:"kind"`
	Name string `json:"name"` // empty if it is not known
}

// findings returns all verdicts.
func (d *diagnosis) findings() []Finding {
	all := []Finding{}
	for _, f := range d.results.failures {
		one := Finding{
			Package: f.pkg, Test: f.test, Message: f.message, Verdict: f.verdict(), Why: f.why(d.ended()), Command: d.command(f),
			FailsAfter: []string{}, PassesOnlyAfter: []string{}, CollidesWith: []Beside{}, Shares: []Thing{},
			Title: f.title(), Again: f.failedAgain(), Unfinished: f.unfinished(),
		}
		switch {
		case f.found.Kind == verdict.Polluted:
			one.FailsAfter = append(one.FailsAfter, f.found.Others...)
		case f.found.Kind == verdict.Needs:
			one.PassesOnlyAfter = append(one.PassesOnlyAfter, f.found.Others...)
		case one.Verdict == Collides:
			for _, thing := range f.shares {
				one.Shares = append(one.Shares, Thing(thing))
			}
			for _, n := range f.with {
				one.CollidesWith = append(one.CollidesWith, Beside{n.pkg, append([]string{}, n.tests...)})
			}
		}
		all = append(all, one)
	}
	return all
}
