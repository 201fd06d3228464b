package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

func samplePlan() Plan {
	return Plan{
		Mode: "load",
		Workers: []PlanWorker{
			{Worker: "gw0", Batches: []PlanBatch{
				{Package: "example.com/m/a", To: 4010 * ms, Tests: []Test{{Name: "TestSlow", Elapsed: 4000 * ms}}},
				{Package: "example.com/m/b", From: 4010 * ms, To: 4270 * ms, Tests: []Test{{Name: "TestX", Elapsed: 50 * ms}, {Name: "ExampleY", Elapsed: 200 * ms}}},
			}},
			{Worker: "gw1", Batches: []PlanBatch{{Package: "example.com/m/b", To: 1010 * ms, Tests: []Test{{Name: "FuzzZ", Elapsed: 1000 * ms}}}}},
			{Worker: "gw2"},
		},
		Longest: Unit{Package: "example.com/m/a", Kind: "test", Name: "TestSlow", Time: 4010 * ms},
		Total:   5270 * ms, Makespan: 4270 * ms, Bound: 4010 * ms, Ratio: 4270.0 / 4010, Tests: 4, WithoutHistory: 1,
	}
}

func TestPlanText(t *testing.T) {
	var out bytes.Buffer
	if err := samplePlan().WriteText(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/plan-text.golden", out.Bytes())
	out.Reset()
	if err := samplePlan().WriteFull(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/plan-full.golden", out.Bytes())
	p := samplePlan()
	p.Whole = true
	out.Reset()
	if err := p.WriteText(&out); err != nil || !strings.Contains(out.String(), "\nThe longest:\n    4.01s  example.com/m/a\n    1.01s  example.com/m/b\n    0.26s  example.com/m/b\n\n") {
		t.Errorf("whole packages: %q, %v", out.String(), err)
	}
}

func TestPlanJSON(t *testing.T) {
	var out bytes.Buffer
	if err := samplePlan().WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/plan-json.golden", out.Bytes())
	if !json.Valid(out.Bytes()) {
		t.Error("the plan is not valid JSON")
	}
}

func TestPlanWithoutTests(t *testing.T) {
	var text, machine bytes.Buffer
	p := Plan{Mode: "load", Workers: []PlanWorker{{Worker: "gw0"}}, Ratio: 1}
	if err := p.WriteText(&text); err != nil || text.String() != "There are no tests to run.\n" {
		t.Errorf("got %q, %v", text.String(), err)
	}
	if err := p.WriteJSON(&machine); err != nil || !strings.Contains(machine.String(), `"longest_unit": null`) || !strings.Contains(machine.String(), `"batches": []`) {
		t.Errorf("got %s, %v", machine.String(), err)
	}
}

func TestPlanOfOneTest(t *testing.T) {
	p := Plan{Mode: "load", Workers: []PlanWorker{{Worker: "gw0"}}, Tests: 1, Ratio: 1}
	var out bytes.Buffer
	if err := p.WriteText(&out); err != nil || !strings.Contains(out.String(), "\n1 test on 1 worker with --dist load is expected to take 0.00s.\nThat is ") {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestPlanDoesNotLetANameCommandTheTerminal(t *testing.T) {
	p := samplePlan()
	p.Workers[0].Worker = "gw\x1b[2J"
	p.Workers[0].Batches[0].Package, p.Workers[0].Batches[0].Tests[0].Name = "a\r\nb", "T\x1b"
	p.Longest.Package, p.Longest.Name = "a\r", "T\x1b"
	var out bytes.Buffer
	if err := errors.Join(p.WriteText(&out), p.WriteFull(&out)); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\r") {
		t.Errorf("got %q", out.String())
	}
}
