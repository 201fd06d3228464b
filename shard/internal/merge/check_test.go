package merge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/result"
)

func TestPlanCheck(t *testing.T) {
	pieces := []result.Plan{
		{Part: 1}, {Part: 1, Package: "m/a", Tests: []string{"TestA", "TestB"}}, {Part: 1, Package: "m/none"},
		{Part: 2}, {Part: 2, Package: "m/a", Tests: []string{"TestC", "TestÄ"}}, {Part: 2, Package: "m/b", Tests: []string{"TestD"}},
	}
	// ran has elements PART PACKAGE TEST, or PART PACKAGE for an event of the package.
	for name, test := range map[string]struct {
		ran  string
		cut  int // the part that is incomplete
		want []string
	}{
		"all":                            {ran: "1 m/a TestA,1 m/a TestB,2 m/a TestC,2 m/a TestÄ,2 m/b TestD"},
		"and tests that are not planned": {ran: "1 m/a TestA,1 m/a TestB,2 m/a TestC,2 m/a TestÄ,2 m/b TestD,1 m/a TestHidden,2 m/c TestX"},
		"twice on one part":              {ran: "1 m/a TestA,1 m/a TestA,1 m/a TestB,2 m/a TestC,2 m/a TestÄ,2 m/b TestD"},
		"subtests are of their test":     {ran: "1 m/a TestA,1 m/a TestA/x,2 m/a TestA/x,1 m/a TestB,2 m/a TestC,2 m/a TestÄ,2 m/b TestD"},
		"on two parts": {
			ran:  "1 m/a TestA,1 m/a TestB,2 m/a TestA,2 m/a TestC,2 m/a TestÄ,2 m/b TestD,1 m/c TestX,2 m/c TestX",
			want: []string{"TestA of m/a ran on part 1 and on part 2", "TestX of m/c ran on part 1 and on part 2"},
		},
		"on another part than planned": {ran: "1 m/a TestA,2 m/a TestB,2 m/a TestC,2 m/a TestÄ,2 m/b TestD"},
		"again":                        {ran: "1 m/a TestA,1 m/a TestB,2 m/a TestC,2 m/a TestÄ,2 m/b TestD,1 m/a TestA"},
		"only again, since the first process ended early": {ran: "1 m/a TestA,2 m/a TestC,2 m/a TestÄ,2 m/b TestD,1 m/a TestB"},
		"on no part": {
			ran:  "1 m/a TestA,2 m/a TestC,2 m/b TestD",
			want: []string{"TestB of m/a did not run on any node; it was planned for part 1", "TestÄ of m/a did not run on any node; it was planned for part 2"},
		},
		"of a part that is cut":             {ran: "1 m/a TestA,2 m/a TestC", cut: 2, want: []string{"TestB of m/a did not run on any node; it was planned for part 1"}},
		"a package without a test that ran": {ran: "1 m/a TestA,1 m/a TestB,2 m/a TestC,2 m/a TestÄ,2 m/b"},
		"half a package that was not built": {ran: "1 m/a TestA,1 m/a TestB,2 m/a,2 m/b TestD"},
		"half a package whose TestMain ran no tests on a node, and passed": {
			ran:  "1 m/a TestA,1 m/a TestB,2 m/a passed,2 m/b TestD",
			want: []string{"TestC of m/a did not run on any node; it was planned for part 2", "TestÄ of m/a did not run on any node; it was planned for part 2"},
		},
		"a package without events": {ran: "1 m/a TestA,1 m/a TestB,2 m/b TestD", want: []string{"m/a did not run on any node; part 2 was planned to run 2 tests of it"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newPlanCheck()
			for _, piece := range pieces {
				c.plan(piece)
			}
			for event := range strings.SplitSeq(test.ran, ",") {
				var part int
				var pkg, name string
				_, _ = fmt.Sscan(event, &part, &pkg, &name)
				c.saw(part, []byte("start"), []byte(pkg), nil)
				switch name {
				case "":
				case "passed":
					c.saw(part, []byte("pass"), []byte(pkg), nil)
				default:
					c.saw(part, []byte("run"), []byte(pkg), []byte(name))
					c.saw(part, []byte("pass"), []byte(pkg), []byte(name))
				}
			}
			if got := c.problems(func(part int) bool { return part != test.cut }); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestPlanCheckOfMany: at most ten tests are listed.
func TestPlanCheckOfMany(t *testing.T) {
	c := newPlanCheck()
	piece := result.Plan{Part: 1, Package: "m/a"}
	for i := range 1000 {
		piece.Tests = append(piece.Tests, fmt.Sprintf("Test%04d", i))
	}
	c.plan(piece)
	c.saw(1, []byte("run"), []byte("m/a"), []byte("Test0000"))
	for i := range 30 {
		for part := range 2 {
			c.saw(part+1, []byte("run"), []byte("m/b"), fmt.Appendf(nil, "Test%d", i))
		}
	}
	got := c.problems(func(int) bool { return true })
	if len(got) != 22 || got[10] != "20 more tests ran on two parts" || got[11] != "Test0001 of m/a did not run on any node; it was planned for part 1" ||
		got[21] != "989 more tests or packages did not run on any node" {
		t.Errorf("%q", got)
	}
	if got := c.untested(1); got != " (999 tests of 1 package did not run)" {
		t.Errorf("%q", got)
	}
	if got := c.untested(2); got != "" {
		t.Errorf("%q", got)
	}
}
