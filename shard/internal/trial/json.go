package trial

import (
	"encoding/json"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/diagnose"
)

// output is what --json prints. docs/splitting.md describes it.
type output struct {
	Version  int             `json:"version"`
	Mode     string          `json:"mode"`
	Workers  int             `json:"workers"`
	Seeds    []int64         `json:"seeds"`
	Packages []packageOutput `json:"packages"`
	Next     string          `json:"next"`
}

type packageOutput struct {
	Package      string             `json:"package"`
	Result       string             `json:"result"`
	Reason       string             `json:"reason"`
	WholeSeconds float64            `json:"whole_seconds"`
	SplitSeconds float64            `json:"split_seconds"`
	FailAnyway   []string           `json:"fail_anyway"`
	Differs      []differenceOutput `json:"differs"`
	Directives   []directive        `json:"directives"`
}

type differenceOutput struct {
	Test  string            `json:"test"`
	Split string            `json:"split"`
	Runs  int               `json:"runs"`
	Why   *diagnose.Finding `json:"diagnosis"` // nil if it did not fail
}

// writeJSON writes the report for programs.
func (r *report) writeJSON(out io.Writer) error {
	all := output{Version: 1, Mode: string(r.mode), Workers: r.workers, Seeds: r.seeds, Packages: []packageOutput{}, Next: r.next()}
	for _, p := range r.packages {
		one := packageOutput{
			Package: p.name, Result: string(p.answer), Reason: p.reason, WholeSeconds: p.whole.Seconds(), SplitSeconds: p.split.Seconds(),
			FailAnyway: []string{}, Differs: []differenceOutput{}, Directives: append([]directive{}, p.directives...),
		}
		for _, f := range p.before.fails {
			one.FailAnyway = append(one.FailAnyway, f.test)
		}
		for _, f := range p.found {
			d := differenceOutput{Test: f.test, Split: string(f.when), Runs: f.runs}
			if f.when == failed {
				d.Why = &f.Finding
			}
			one.Differs = append(one.Differs, d)
		}
		all.Packages = append(all.Packages, one)
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(all)
}
