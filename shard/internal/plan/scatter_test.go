package plan

import (
	"fmt"
	"slices"
	"testing"
)

// scattered returns which tests of some packages are together, in the order of the batches.
func scattered(t *testing.T, mode Mode, seed int64, packages ...Package) (all []string) {
	t.Helper()
	s := New(mode, 2)
	s.Scatter(seed)
	for _, p := range packages {
		s.Add(p)
	}
	for _, b := range runAll(t, s) {
		text := b.Job.Package.Name
		for _, test := range b.Tests {
			text += " " + test.Name
		}
		all = append(all, text)
	}
	return all
}

func named(pkg string, n int, group string) Package {
	p := Package{Name: pkg}
	for i := range n {
		p.Tests = append(p.Tests, Test{Name: fmt.Sprint(i)})
		if i < 3 {
			p.Tests[i].Group = group
		}
	}
	return p
}

func TestScatterSplitsWhatIsNotWorthIt(t *testing.T) {
	p := named("p", 8, "g")
	for i := range p.Tests {
		p.Tests[i].Estimate = 1 // a nanosecond
	}
	first := scattered(t, Load, 1, p, named("q", 2, ""))
	want := []string{"p", "p", "p", "p", "q", "q"} // one package after another
	for i, batch := range first {
		if len(first) != len(want) || batch[:1] != want[i] {
			t.Fatalf("got %q, want batches of %q", first, want)
		}
	}
	if again := scattered(t, Load, 1, p, named("q", 2, "")); !slices.Equal(first, again) {
		t.Errorf("the same seed made %q and %q", first, again)
	}
	if other := scattered(t, Load, 2, p, named("q", 2, "")); slices.Equal(first, other) {
		t.Errorf("another seed made %q too", first)
	}
}

func TestScatterKeepsWhatStaysTogether(t *testing.T) {
	if got := scattered(t, LoadGroup, 1, named("p", 5, "g")); !slices.Contains(got, "p 0 1 2") || len(got) != 3 {
		t.Errorf("got %q, want one batch for the group and two others", got)
	}
	p := named("p", 5, "")
	p.Whole = true
	if got := scattered(t, Load, 1, p); len(got) != 1 {
		t.Errorf("got %q, want one batch", got)
	}
	p = named("p", 5, "")
	p.Tests[4].Serial = true
	if got := scattered(t, Load, 1, p); len(got) != 5 || got[4] != "p 4" {
		t.Errorf("got %q, want the serial test alone and last", got)
	}
}
