package plan

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestSimulateWithoutActualTimes is what --plan prints: everything takes as long as
// expected, or the default if nothing is known.
func TestSimulateWithoutActualTimes(t *testing.T) {
	const ms = time.Millisecond
	r := Simulate(LoadScope, 2, []Package{
		{Name: "a", Start: 5 * ms, Tests: parse("A1 100", "A2", "A3 300", "A4 100")}, // A2 takes the median, 100 ms
		{Name: "b", Tests: parse("B")},     // 100 ms by default, after a start of 10 ms
		{Name: "c", Estimate: 200 * ms},    // its tests are unknown
		{Name: "d", Tests: parse("D 100")}, // with the default start
	}, nil)
	var got []string
	for w, slots := range r.Workers {
		for _, slot := range slots {
			got = append(got, fmt.Sprintf("gw%d %s %v-%v", w, slot.Package, slot.From, slot.To))
		}
	}
	want := []string{"gw0 a 0s-605ms", "gw1 b 0s-110ms", "gw1 c 110ms-320ms", "gw1 d 320ms-430ms"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r.Makespan != 605*ms || r.Bound != 605*ms || r.Starts != 4 || r.Ratio() != 1 {
		t.Errorf("makespan %v, bound %v, %d starts, ratio %v", r.Makespan, r.Bound, r.Starts, r.Ratio())
	}
	if empty := Simulate(Load, 4, nil, nil); empty.Ratio() != 1 || empty.Makespan != 0 {
		t.Errorf("without packages: %+v", empty)
	}
}
