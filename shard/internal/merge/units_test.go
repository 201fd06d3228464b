package merge

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// writeUnit writes the result of a unit of one test, and returns the file.
func writeUnit(t testing.TB, number, of int, node, worker string, unit plan.Part) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "unit"+result.Extension)
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	started := time.Date(2026, 1, 2, 3, number, 0, 0, time.UTC)
	w, err := result.NewWriter(out, result.Header{Part: number, Parts: of, Digest: "d", Node: node, Started: started, Workers: []string{worker}, Dist: "load"})
	if err != nil {
		t.Fatal(err)
	}
	steps := []error{w.PlanOf(number, unit)}
	for _, pkg := range unit.Packages {
		for _, line := range []string{
			`{"Action":"start","Package":%q}`, `{"Action":"run","Package":%q,"Test":%q,"Worker":%q}`, `{"Action":"pass","Package":%q,"Test":%q,"Worker":%q}`, `{"Action":"pass","Package":%q}`,
		} {
			args := []any{pkg.Name, pkg.Tests[0], worker}
			steps = append(steps, w.Event(fmt.Appendf(nil, line, args[:strings.Count(line, "%q")]...)))
		}
	}
	steps = append(steps,
		w.Shard(report.Shard{Worker: worker, Busy: time.Second, Started: started, Completed: started.Add(time.Second), Packages: []report.Package{{Name: unit.Packages[0].Name, Elapsed: time.Second}}}),
		w.End(result.End{Tests: 1, Wall: time.Minute}))
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
	return name
}

// A lane is a worker of a node, whatever number of units it ran, and a unit without a result is named.
func TestUnits(t *testing.T) {
	var units []plan.Part
	for name := range strings.FieldsSeq("A B C D E") {
		units = append(units, plan.Part{Packages: []plan.PartPackage{{Name: "m/p", Tests: []string{"Test" + name}}}})
	}
	units[4].Packages[0].Whole = true
	files := []string{
		writeUnit(t, 1, 5, "node-10", "gw0", units[0]), writeUnit(t, 2, 5, "node-2", "gw1", units[1]), writeUnit(t, 3, 5, "node-10", "gw0", units[2]),
	}
	run := func(files []string, asked option.Units) (string, string, int) {
		opts, err := option.ParseMerge([]string{"--ci", "none", "--format", "none", "x"}, option.Call{Plain: true})
		if err != nil {
			t.Fatal(err)
		}
		asked.Plan = units
		opts.Merge.Files, opts.Merge.Units = files, &asked
		interrupts := signals.NewWatch()
		defer interrupts.Stop()
		var stdout, stderr bytes.Buffer
		_, err = Until(interrupts, opts, &stdout, &stderr)
		return stdout.String(), stderr.String(), exit.Code(err)
	}
	stdout, stderr, code := run(files, option.Units{Missing: map[int]string{4: "it was given up after node-1, node-3: x"}})
	var lanes []string
	for line := range strings.Lines(stdout) {
		if strings.HasPrefix(line, "node-") {
			lanes = append(lanes, strings.Join(strings.Fields(line)[:3], " "))
		}
	}
	if want := []string{"node-2/gw1 1 1", "node-10/gw0 1 2"}; !slices.Equal(lanes, want) || code != 1 {
		t.Errorf("exit code %d and the workers %q, want %q:\n%s", code, lanes, want, stdout)
	}
	for _, want := range []string{
		"gotestshard: unit 4 of 5 (m/p: TestD) has no result: it was given up after node-1, node-3: x\n",
		"gotestshard: unit 5 of 5 (m/p) has no result: no node has run it\n",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("it does not print %q:\n%s", want, stderr)
		}
	}
	if !strings.Contains(stdout, "in 180.0s\n") && !strings.Contains(stdout, " in 3m") { // from the first minute to the end of the last unit
		t.Errorf("the run did not take three minutes:\n%s", stdout)
	}
	if stdout, stderr, code := run(files[:1], option.Units{Own: true, Began: time.Now()}); code != 0 || strings.Contains(stdout, "node-") || stderr != "" {
		t.Errorf("a node that reports what it ran: %d\n%s%s", code, stdout, stderr)
	}
	if _, _, code := run(nil, option.Units{}); code != 1 {
		t.Errorf("a build without results ends with %d", code)
	}
}

func TestContents(t *testing.T) {
	for _, test := range []struct {
		unit plan.Part
		want string
	}{
		{plan.Part{Packages: []plan.PartPackage{{Name: "m/a", Tests: []string{"TestA", "TestB"}}}}, "m/a: TestA, TestB"},
		{plan.Part{Packages: []plan.PartPackage{{Name: "m/a", Tests: []string{"T1", "T2", "T3", "T4", "T5"}}}}, "m/a: T1, T2, T3 and 2 more"},
		{plan.Part{Packages: []plan.PartPackage{{Name: "m/a", Whole: true}, {Name: "m/b", Tests: []string{"TestB"}}}}, "m/a, m/b"},
	} {
		if got := Contents(test.unit); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// BenchmarkUnits merges the results of units, each of one test of one of 200 packages. The time per
// unit must not depend on how many there are.
//
//	go test ./shard/internal/merge -run '^$' -bench Units -benchtime 1x
func BenchmarkUnits(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var units []plan.Part
			for i := range n {
				units = append(units, plan.Part{Packages: []plan.PartPackage{{Name: fmt.Sprintf("m/p%d", i%200), Tests: []string{fmt.Sprintf("Test%d", i)}}}})
			}
			var files []string
			for i, unit := range units {
				files = append(files, writeUnit(b, i+1, n, fmt.Sprintf("node-%d", i%50), "gw0", unit))
			}
			opts, err := option.ParseMerge([]string{"--ci", "none", "--format", "none", "x"}, option.Call{Plain: true})
			if err != nil {
				b.Fatal(err)
			}
			opts.Merge.Files, opts.Merge.Units = files, &option.Units{Plan: units}
			interrupts := signals.NewWatch()
			defer interrupts.Stop()
			for b.Loop() {
				var stdout, stderr bytes.Buffer
				if _, err := Until(interrupts, opts, &stdout, &stderr); err != nil || stderr.Len() > 0 {
					b.Fatalf("%v\n%s", err, &stderr)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n*b.N), "µs/unit")
		})
	}
}
