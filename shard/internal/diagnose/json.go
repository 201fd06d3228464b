package diagnose

import (
	"encoding/json"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

// output is what --json prints. docs/diagnose.md describes it.
type output struct {
	Version   int             `json:"version"`
	Processes int             `json:"processes"`
	Seconds   float64         `json:"seconds"`
	Failures  []failureOutput `json:"failures"`
}

type failureOutput struct {
	Package string `json:"package"`
	Test    string `json:"test"`
	Message string `json:"message"`
	Verdict string `json:"verdict"`
	// FailsAfter, PassesOnlyAfter and CollidesWith are empty for other verdicts.
	FailsAfter      []string          `json:"fails_after"`
	PassesOnlyAfter []string          `json:"passes_only_after"`
	CollidesWith    []neighbourOutput `json:"collides_with"`
	Why             []string          `json:"why"`
	Command         string            `json:"command"`
}

type neighbourOutput struct {
	Package string   `json:"package"`
	Tests   []string `json:"tests"` // none for all
}

// writeJSON writes the verdicts for programs.
func (d *diagnosis) writeJSON(out io.Writer) error {
	all := output{Version: 1, Processes: d.runs, Seconds: d.spent.Seconds(), Failures: []failureOutput{}}
	for _, f := range d.results.failures {
		one := failureOutput{
			Package: f.pkg, Test: f.test, Message: f.message, Verdict: f.verdict(), Why: f.why(d.ended()), Command: d.command(f),
			FailsAfter: []string{}, PassesOnlyAfter: []string{}, CollidesWith: []neighbourOutput{},
		}
		switch {
		case f.found.Kind == verdict.Polluted:
			one.FailsAfter = append(one.FailsAfter, f.found.Others...)
		case f.found.Kind == verdict.Needs:
			one.PassesOnlyAfter = append(one.PassesOnlyAfter, f.found.Others...)
		case one.Verdict == collides:
			for _, n := range f.with {
				one.CollidesWith = append(one.CollidesWith, neighbourOutput{n.pkg, append([]string{}, n.tests...)})
			}
		}
		all.Failures = append(all.Failures, one)
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(all)
}
