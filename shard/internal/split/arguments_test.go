package split

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// TestArguments tests the arguments of the process of a batch.
func TestArguments(t *testing.T) {
	t.Parallel()
	common := []string{"-test.paniconexit0", "-test.v=test2json"}
	for _, c := range []struct {
		name  string
		suite suite
		batch plan.Batch
		names []string
		want  []string
		ok    bool
	}{
		{"all tests as the user selects them", suite{tests: three}, plan.Batch{All: true, Last: true}, []string{"TestA", "TestB", "TestC"}, common, true},
		{"a whole package", suite{tests: three, whole: true}, plan.Batch{}, nil, common, true},
		{"some", suite{tests: three}, plan.Batch{}, []string{"TestA"}, nil, false},
		{"the last", suite{tests: three}, plan.Batch{Last: true}, []string{"TestA"}, nil, false},
		{"the last where there may be more", suite{tests: three, hides: true}, plan.Batch{Last: true}, []string{"TestA"},
			append([]string{"-test.skip=^(TestB|TestC)$"}, common...), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRun(t, c.suite.splitter(t), c.suite, newHook())
			args, ok := r.allArguments(c.batch, c.names)
			if ok != c.ok || !slices.Equal(args, c.want) {
				t.Errorf("%q, %v, want %q", args, ok, c.want)
			}
		})
	}
}

// TestAlone tests the arguments of a rerun of everything on this node.
func TestAlone(t *testing.T) {
	t.Parallel()
	long := "Test" + strings.Repeat("x", gotest.LongestPattern)
	for _, c := range []struct {
		name  string
		suite suite
		want  string // comes before the other arguments
	}{
		{"all of a package", suite{tests: three}, ""},
		{"a part", suite{tests: "TestA TestB", others: "TestC"}, "-test.run=^(TestA|TestB)$"},
		{"with a selection", suite{tests: "TestA TestB", others: "TestC", args: "-test.run=Test[AC]"}, "-test.run=^TestA$"},
		{"with the rest", suite{tests: "TestA TestB", others: "TestC", hides: true}, "-test.skip=^TestC$"},
		{"with too long a rest", suite{tests: "TestA", others: long, hides: true}, "-test.run=^TestA$"},
		{"too long", suite{tests: long, others: "TestC"}, "-test.skip=^TestC$"},
	} {
		b := c.suite.binary(t)
		before := strings.Join(b.Task.Command, " ")
		common := b.Task.Command[1:3]
		got := b.Alone(b.Task).Command
		want := slices.Concat(b.Task.Command[:1], strings.Fields(c.want), common)
		if !slices.Equal(got, want) || strings.Join(b.Task.Command, " ") != before {
			t.Errorf("%s: %.200q, want %.200q", c.name, got[1:], want[1:])
		}
	}
}

func TestFramed(t *testing.T) {
	for _, c := range [][2]string{
		{"-test.v=true -test.run=^TestV$", "-test.v=test2json -test.run=^TestV$"},
		{"-test.v=false", "-test.v=test2json"},
		{"-test.v=test2json", "-test.v=test2json"},
		{"-test.vet=off", "-test.vet=off"},
		{"", ""},
	} {
		before := strings.Fields(c[0])
		if got := strings.Join(framed(before), " "); got != c[1] || strings.Join(before, " ") != c[0] {
			t.Errorf("%q became %q", c[0], got)
		}
	}
}

// TestLongNames: names that do not fit on one command line are split over several
// processes, and a name that never fits causes a failure.
func TestLongNames(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 4 {
		names = append(names, fmt.Sprintf("Test%d%s", i, strings.Repeat("x", gotest.LongestPattern*2/5)))
	}
	h := newHook()
	s := suite{tests: "TestA:pass", main: "runs-nothing"}
	r := newRun(t, s.splitter(t), s, h)
	job := plan.New(plan.Load, 1).Add(r.Package)
	r.some(plan.Batch{Job: job}, names)
	if sum := fold(r.outcomes.list()); h.started != 2 || sum.failed {
		t.Errorf("%d processes, failed %v: %s", h.started, sum.failed, h.text.String())
	}
	r.some(plan.Batch{Job: job}, []string{strings.Repeat("x", gotest.LongestPattern)})
	sum := fold(r.outcomes.list())
	if h.started != 2 || !sum.failed || !strings.Contains(strings.Join(sum.outside.notes, ""), "is too long for a command line") {
		t.Errorf("%d processes, failed %v", h.started, sum.failed)
	}
}
