package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

func namesOf(tests []Test) (names []string) {
	for _, t := range tests {
		names = append(names, t.Name)
	}
	return names
}

// subtestsOf returns n subtests of a duration each, and the estimate of their test.
func subtestsOf(n int, each, own time.Duration) (Subtests, time.Duration) {
	s := Subtests{Own: own, Times: map[string]time.Duration{}}
	for i := range n {
		s.Times[fmt.Sprintf("s%02d", i)] = each
	}
	return s, own + time.Duration(n)*each
}

// TestSpread: a test is cut into pieces only if that makes its package shorter.
func TestSpread(t *testing.T) {
	sixteen, long := subtestsOf(16, time.Second, 100*ms)
	costly, most := subtestsOf(4, time.Second, 30*time.Second)
	few, dear := subtestsOf(4, time.Second, 2*time.Second)
	uneven := Subtests{Times: map[string]time.Duration{"a": 10 * time.Second, "b": time.Second}}
	shorter := Subtests{Own: 100 * ms, Times: map[string]time.Duration{"a": 2 * time.Second, "b": 2 * time.Second}}
	parallel, _ := subtestsOf(8, 4*time.Second, 0)
	for _, c := range []struct {
		name     string
		mode     Mode
		workers  int
		test     Test
		others   int // tests of 100 ms
		subtests Subtests
		want     string // the numbers of subtests, and the durations of the pieces
		takes    time.Duration
	}{
		{"sixteen of a second", LoadSub, 4, Test{Estimate: long}, 0, sixteen, "4 4.1s, 4 4.1s, 4 4.1s, 4 4.1s", 4110 * ms},
		{"on two workers", LoadSub, 2, Test{Estimate: long}, 0, sixteen, "8 8.1s, 8 8.1s", 8110 * ms},
		{"on one worker", LoadSub, 1, Test{Estimate: long}, 0, sixteen, "", long + 10*ms},
		{"beside as much other work as keeps the others busy", LoadSub, 2, Test{Estimate: long}, 161, sixteen, "", long + 120*ms},
		{"with loadfile", LoadFile, 2, Test{Estimate: long, Files: []string{"a"}}, 0, sixteen, "8 8.1s, 8 8.1s", 8110 * ms},
		{"with loadscope", LoadScope, 2, Test{Estimate: long}, 0, sixteen, "", long + 10*ms},
		{"of a group", LoadGroup, 2, Test{Estimate: long, Group: "g"}, 0, sixteen, "", long + 10*ms},
		{"of a group that does not matter", LoadSub, 2, Test{Estimate: long, Group: "g"}, 0, sixteen, "8 8.1s, 8 8.1s", 8110 * ms},
		{"serial", LoadSub, 2, Test{Estimate: long, Serial: true}, 0, sixteen, "", long + 10*ms},
		{"a costly code of its own", LoadSub, 4, Test{Estimate: most}, 0, costly, "", most + 10*ms},
		{"a code of its own that costs more than the pieces gain", LoadSub, 4, Test{Estimate: dear}, 0, few, "", dear + 10*ms},
		{"one long subtest", LoadSub, 4, Test{Estimate: 11 * time.Second}, 0, uneven, "1 10s, 1 1s", 10010 * ms},
		{"with time that no known subtest has", LoadSub, 2, Test{Estimate: 6100 * ms}, 0, shorter, "2 4.1s, 0 2.1s", 4110 * ms},
		{"parallel subtests that take as long as one", LoadSub, 4, Test{Estimate: 4 * time.Second}, 0, parallel, "", 4010 * ms},
		{"parallel subtests that share processors", LoadSub, 2, Test{Estimate: 32 * time.Second}, 0, parallel, "4 16s, 4 16s", 16010 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test.Name = "TestX"
			p := Package{Name: "p", Tests: []Test{c.test}, Start: 10 * ms}
			for i := range c.others {
				p.Tests = append(p.Tests, Test{Name: fmt.Sprint("Test", i), Files: c.test.Files, Estimate: 100 * ms})
			}
			p = Spread(c.mode, c.workers, p, map[string]Subtests{"TestX": c.subtests})
			var got []string
			names := map[string]bool{}
			for _, piece := range p.Tests[0].Pieces {
				got = append(got, fmt.Sprint(len(piece.Subtests), " ", piece.Estimate))
				for _, name := range piece.Subtests {
					names[name] = true
				}
			}
			if got := strings.Join(got, ", "); got != c.want || got != "" && len(names) != len(c.subtests.Times) {
				t.Errorf("got %q with %d subtests", got, len(names))
			}
			if took := Simulate(c.mode, c.workers, []Package{p.Apart()}, nil).Makespan; took != c.takes {
				t.Errorf("it takes %v, want %v", took, c.takes)
			}
		})
	}
}

// TestSpreadOfSeveral: equal tests are cut together, because one alone makes nothing shorter.
func TestSpreadOfSeveral(t *testing.T) {
	six, long := subtestsOf(6, time.Second, 100*ms)
	for _, c := range []struct {
		tests, workers int
		pieces         string
		takes          time.Duration
	}{
		{2, 4, "[2 2]", 3110 * ms},
		{3, 3, "[0 0 0]", long + 10*ms},
		{3, 4, "[0 0 0]", long + 10*ms},  // two pieces each would take longer
		{5, 8, "[3 3 3 3 3]", 4220 * ms}, // two pieces each would take as long as none
		{7, 21, "[3 3 3 3 3 3 3]", 2110 * ms},
	} {
		p, subtests := Package{Start: 10 * ms}, map[string]Subtests{}
		for i := range c.tests {
			name := fmt.Sprint("Test", i)
			p.Tests, subtests[name] = append(p.Tests, Test{Name: name, Estimate: long}), six
		}
		p = Spread(LoadSub, c.workers, p, subtests)
		var pieces []int
		for _, test := range p.Tests {
			pieces = append(pieces, len(test.Pieces))
		}
		if got, took := fmt.Sprint(pieces), Simulate(LoadSub, c.workers, []Package{p.Apart()}, nil).Makespan; got != c.pieces || took != c.takes {
			t.Errorf("%d tests on %d workers: %s, %v", c.tests, c.workers, got, took)
		}
	}
}

// TestApart: each piece is a unit, and a list of pieces is a list of tests again.
func TestApart(t *testing.T) {
	p := Package{Tests: []Test{{Name: "TestA"}, {Name: "TestX", Pieces: []Piece{{Estimate: 1}, {Estimate: 2}}}, {Name: "TestB"}}}
	apart := p.Apart()
	if got := fmt.Sprint(namesOf(apart.Tests)); got != "[TestA TestX[1/2] TestX[2/2] TestB]" {
		t.Errorf("apart: %s", got)
	}
	if got := fmt.Sprint(namesOf(p.Together(apart.Tests[1:]))); got != "[TestX TestB]" {
		t.Errorf("together: %s", got)
	}
	for _, mode := range []Mode{LoadFile, LoadGroup, Load, LoadSub, WorkSteal} {
		if units, _ := New(mode, 2).units(apart); mode != LoadFile && len(units) != 4 || mode == LoadFile && len(units) != 3 {
			t.Errorf("%s makes %d units", mode, len(units))
		}
	}
}
