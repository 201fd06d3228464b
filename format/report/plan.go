package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Plan is what would run on which worker.
type Plan struct {
	// Mode is the --dist. Whole is whether it keeps packages whole.
	Mode  string
	Whole bool
	// Workers are in the order of their indexes, including those without work.
	Workers []PlanWorker
	// Longest is the longest unit that the mode keeps together.
	Longest Unit
	// Total is the duration of everything in sequence, with one process start per package.
	Total time.Duration
	// Makespan is the time from the first start to the last end. Bound is the lower
	// bound for any plan of the mode. Ratio is Makespan divided by Bound.
	Makespan, Bound time.Duration
	Ratio           float64
	// Part is the number of this part out of Parts, from 1. Digest identifies the plan
	// of all parts and is the same on every CI node. They are 0 and empty if there is
	// only one part.
	Part, Parts int
	Digest      string
	// Tests is the number of tests, each counted once. WithoutHistory is how many of
	// them have never run before.
	Tests, WithoutHistory int
	// Environment are variables that test processes get in addition to those of their
	// worker, as KEY=VALUE.
	Environment []string
	// Changed is what a change can concern, nil if everything is planned.
	Changed *Changes
}

// PlanWorker is what one worker would run.
type PlanWorker struct {
	Worker  string
	Batches []PlanBatch // in order of time
}

// PlanBatch is one test process. From and To are relative to the first start of the
// plan.
type PlanBatch struct {
	Package  string
	From, To time.Duration
	// Tests have no Package.
	Tests []Test
}

// Unit is a group of tests that stay together in one process.
type Unit struct {
	Package string
	// Kind is test, file, group or package.
	Kind string
	// Name is empty for a package.
	Name string
	// Time is its duration including the start of its process; 0 for no unit.
	Time time.Duration
}

// String returns the unit's name for people.
func (u Unit) String() string {
	name := plain.Line(u.Name)
	switch {
	case name == "":
		return plain.Line(u.Package)
	case u.Kind == "group":
		name = "group " + name
	}
	return plain.Line(u.Package) + " " + name
}

// short is String with the short name of the package.
func (u Unit) short() string {
	u.Package = ShortPackage(u.Package)
	return u.String()
}

// expected is how long the worker is expected to work.
func (w PlanWorker) expected() time.Duration {
	var sum time.Duration
	for _, b := range w.Batches {
		sum += b.To - b.From
	}
	return sum
}

// longest returns the longest packages, or if the mode splits them the longest tests, longest
// first and each once.
func (p Plan) longest(most int) []Unit {
	var units []Unit
	for _, worker := range p.Workers {
		for _, batch := range worker.Batches {
			if p.Whole {
				units = append(units, Unit{Package: batch.Package, Kind: "package", Time: batch.To - batch.From})
				continue
			}
			for _, test := range batch.Tests {
				units = append(units, Unit{Package: batch.Package, Kind: "test", Name: test.Name, Time: test.Elapsed})
			}
		}
	}
	slices.SortStableFunc(units, func(a, b Unit) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Name, b.Name))
	})
	units = slices.Compact(units) // every worker may run everything
	return units[:min(most, len(units))]
}

// writeBrief writes a row for each worker, and the longest units.
func (p Plan) writeBrief(b *strings.Builder) {
	rows := [][]string{{"worker", "packages", "tests", "seconds"}}
	for _, worker := range p.Workers {
		packages, tests := map[string]bool{}, 0
		for _, batch := range worker.Batches {
			packages[batch.Package] = true
			tests += len(batch.Tests)
		}
		rows = append(rows, []string{plain.Line(worker.Worker), fmt.Sprint(len(packages)), fmt.Sprint(tests), fmt.Sprintf("%.2f", worker.expected().Seconds())})
	}
	b.WriteString(plain.Columns(rows, func(i int) bool { return i == 0 }))
	units := p.longest(5)
	if len(units) > 0 {
		b.WriteString("\nThe longest:\n")
	}
	for _, unit := range units {
		fmt.Fprintf(b, "%9s  %s\n", seconds(unit.Time), unit.short())
	}
}

// writeFull writes each test process with all its tests.
func (p Plan) writeFull(b *strings.Builder) {
	for _, worker := range p.Workers {
		fmt.Fprintf(b, "%s  %s\n", plain.Line(worker.Worker), seconds(worker.expected()))
		for _, batch := range worker.Batches {
			var names []string
			for _, test := range batch.Tests {
				names = append(names, plain.Line(test.Name))
			}
			fmt.Fprintf(b, "    at %s for %s  %s  %s\n", seconds(batch.From), seconds(batch.To-batch.From),
				plain.Line(batch.Package), strings.Join(names, " "))
		}
	}
}

// WriteText writes the plan for people.
func (p Plan) WriteText(out io.Writer) error { return p.write(out, p.writeBrief) }

// WriteFull writes the plan for people with the names of all tests.
func (p Plan) WriteFull(out io.Writer) error { return p.write(out, p.writeFull) }

func (p Plan) write(out io.Writer, workers func(*strings.Builder)) error {
	var b strings.Builder
	if p.Parts > 0 {
		fmt.Fprintf(&b, "Part %d of %d of plan %.16s.\n", p.Part, p.Parts, p.Digest)
	}
	p.Changed.write(&b)
	if p.Tests == 0 {
		b.WriteString("There are no tests to run.\n")
		_, err := io.WriteString(out, b.String())
		return err
	}
	workers(&b)
	verb := "are"
	if p.Tests == 1 {
		verb = "is"
	}
	fmt.Fprintf(&b, "\n%s on %s with --dist %s %s expected to take %s.\n",
		plain.Counted(p.Tests, "test"), plain.Counted(len(p.Workers), "worker"), plain.Line(p.Mode), verb, seconds(p.Makespan))
	fmt.Fprintf(&b, "That is %.2f times the lower bound of %s.\n", p.Ratio, seconds(p.Bound))
	fmt.Fprintf(&b, "Longest unit: %s %s.\n", p.Longest.short(), seconds(p.Longest.Time))
	fmt.Fprintf(&b, "Total: %s, shared evenly %s.\n", seconds(p.Total), seconds(p.Total/time.Duration(max(1, len(p.Workers)))))
	if p.WithoutHistory > 0 {
		fmt.Fprintf(&b, "%d of %d tests have no history: their times are estimates.\n", p.WithoutHistory, p.Tests)
	}
	if len(p.Environment) > 0 {
		fmt.Fprintf(&b, "Test processes get %s.\n", plain.Line(strings.Join(p.Environment, " and ")))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// The JSON form of a plan, version 1. Seconds are numbers.
type (
	jsonPlan struct {
		Version        int              `json:"version"`
		Dist           string           `json:"dist"`
		Part           int              `json:"part,omitempty"`
		Parts          int              `json:"parts,omitempty"`
		Digest         string           `json:"digest,omitempty"`
		Tests          int              `json:"tests"`
		WithoutHistory int              `json:"tests_without_history"`
		Total          float64          `json:"total_seconds"`
		Makespan       float64          `json:"makespan_seconds"`
		Bound          float64          `json:"lower_bound_seconds"`
		Ratio          float64          `json:"ratio"`
		Longest        *jsonUnit        `json:"longest_unit"`
		Environment    []string         `json:"environment,omitempty"`
		Changed        *Changes         `json:"changed,omitempty"`
		Workers        []jsonPlanWorker `json:"workers"`
	}
	jsonPlanWorker struct {
		Worker   string          `json:"worker"`
		Expected float64         `json:"expected_seconds"`
		Batches  []jsonPlanBatch `json:"batches"`
	}
	jsonPlanBatch struct {
		Package string         `json:"package"`
		From    float64        `json:"from_seconds"`
		To      float64        `json:"to_seconds"`
		Tests   []jsonPlanTest `json:"tests"`
	}
	jsonPlanTest struct {
		Test     string  `json:"test"`
		Expected float64 `json:"expected_seconds"`
	}
	jsonUnit struct {
		Package string  `json:"package"`
		Kind    string  `json:"kind"`
		Name    string  `json:"name,omitempty"`
		Time    float64 `json:"seconds"`
	}
)

// json returns nil if there is no unit.
func (u Unit) json() *jsonUnit {
	if u == (Unit{}) {
		return nil
	}
	return &jsonUnit{u.Package, u.Kind, u.Name, u.Time.Seconds()}
}

// WriteJSON writes the plan as JSON.
func (p Plan) WriteJSON(out io.Writer) error {
	plan := jsonPlan{
		Version: 1, Dist: p.Mode, Part: p.Part, Parts: p.Parts, Digest: p.Digest, Tests: p.Tests, WithoutHistory: p.WithoutHistory, Total: p.Total.Seconds(),
		Makespan: p.Makespan.Seconds(), Bound: p.Bound.Seconds(), Ratio: p.Ratio, Longest: p.Longest.json(),
		Environment: p.Environment, Changed: p.Changed, Workers: []jsonPlanWorker{},
	}
	for _, worker := range p.Workers {
		w := jsonPlanWorker{Worker: worker.Worker, Expected: worker.expected().Seconds(), Batches: []jsonPlanBatch{}}
		for _, batch := range worker.Batches {
			b := jsonPlanBatch{batch.Package, batch.From.Seconds(), batch.To.Seconds(), []jsonPlanTest{}}
			for _, test := range batch.Tests {
				b.Tests = append(b.Tests, jsonPlanTest{test.Name, test.Elapsed.Seconds()})
			}
			w.Batches = append(w.Batches, b)
		}
		plan.Workers = append(plan.Workers, w)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(plan)
}
