package trial

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/diagnose"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// finding returns a difference of the package m/p with a verdict.
func finding(test, verdict string, more func(*found)) found {
	f := found{difference: difference{pkg: "m/p", test: test, when: failed, runs: 1}}
	f.Package, f.Test, f.Verdict, f.Again, f.Title = "m/p", test, verdict, true, "m/p "+test
	if more != nil {
		more(&f)
	}
	return f
}

func after(test string, others ...string) found {
	return finding(test, diagnose.Dependent, func(f *found) { f.FailsAfter = others })
}

func onlyAfter(test string, others ...string) found {
	return finding(test, diagnose.Dependent, func(f *found) { f.PassesOnlyAfter = others })
}

func collides(test, pkg string, others ...string) found {
	return finding(test, diagnose.Collides, func(f *found) { f.CollidesWith = []diagnose.Beside{{Package: pkg, Tests: others}} })
}

func notAgain(f *found) { f.Again = false }

func many(n int) (tests []string) {
	for i := range n {
		tests = append(tests, fmt.Sprint("M", i))
	}
	return tests
}

func TestAdvise(t *testing.T) {
	pkg := suite.Package{ImportPath: "m/p", Dir: "/m/p"}
	for i, name := range strings.Fields("A B C D E F") {
		pkg.Tests = append(pkg.Tests, suite.Test{Name: name, Files: []string{strings.ToLower(name) + "_test.go"}, Line: i + 1})
	}
	pkg.Tests[4].Group, pkg.Tests[5].Group = "mine", "theirs"
	const together = "together above the package clause of "
	for _, c := range []struct {
		name  string
		found []found
		want  string
	}{
		{"nothing", nil, ""},
		{"a polluter that is later in the source", []found{after("A", "C")}, "group p A:1, group p C:3"},
		{"a polluter that is earlier, so that a test between them matters", []found{after("C", "A")}, together + "c_test.go"},
		{"several, of which one is later", []found{after("B", "A", "C")}, "group p A:1, group p B:2, group p C:3"},
		{"a test that sets up", []found{onlyAfter("C", "A")}, "group p A:1, group p C:3"},
		{"very many that set up", []found{onlyAfter("C", many(9)...)}, together + "c_test.go"},
		{"two groups", []found{onlyAfter("B", "A"), onlyAfter("D", "C")}, "group p A:1, group p B:2, group p2 C:3, group p2 D:4"},
		{"two groups with a test in common", []found{onlyAfter("B", "A"), onlyAfter("D", "B")}, "group p A:1, group p B:2, group p D:4"},
		{"a group that is there", []found{onlyAfter("E", "A")}, "group mine A:1"},
		{"two groups that are there", []found{onlyAfter("F", "E")}, together + "f_test.go"},
		{"a collision in the package", []found{collides("B", "m/p", "A")}, "group p A:1, group p B:2"},
		{"a collision with many tests", []found{collides("B", "m/p", many(9)...)}, "serial B:2"},
		{"a collision with another package", []found{collides("B", "m/q")}, "serial B:2"},
		{"two collisions with others", []found{collides("B", "m/q"), collides("B", "m/r"), collides("C", "m/r")}, "serial B:2, serial C:3"},
		{"a slow machine", []found{finding("B", diagnose.Slow, notAgain)}, "serial B:2"},
		{"a flaky test", []found{finding("B", diagnose.Flaky, nil)}, ""},
		{"one that did not fail again", []found{finding("B", diagnose.Flaky, notAgain)}, together + "b_test.go"},
		{"one that is broken since", []found{finding("B", diagnose.Broken, nil)}, ""},
		{"one that is broken, as far as is known", []found{finding("B", diagnose.Broken, func(f *found) { f.Unfinished = true })}, together + "b_test.go"},
		{"unknown", []found{finding("B", diagnose.Unknown, notAgain)}, together + "b_test.go"},
		{"skipped", []found{{difference: difference{pkg: "m/p", test: "B", when: skipped}}}, together + "b_test.go"},
		{"outside all tests", []found{finding(split.OutsideTests, diagnose.Collides, nil)}, together + "a_test.go"},
		{"one that needs the whole package, and others", []found{collides("B", "m/q"), after("C", "A")}, together + "b_test.go"},
		{"a test that is not listed", []found{collides("X", "m/q")}, "serial X:0"},
	} {
		var got []string
		for _, d := range advise(c.found, pkg, false, map[string]bool{"mine": true}) {
			text := strings.TrimPrefix(d.String(), "//gotestshard:")
			if d.Test != "" {
				text = fmt.Sprintf("%s %s:%d", strings.TrimPrefix(d.Text, "//gotestshard:"), d.Test, d.Line)
			}
			got = append(got, strings.ReplaceAll(text, "/m/p/", ""))
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %q, want %q", c.name, text, c.want)
		}
	}
	stays := advise([]found{after("A", "C"), finding("B", diagnose.Flaky, notAgain), collides("D", "m/q")}, pkg, true, map[string]bool{})
	if len(stays) != 1 || stays[0].Test != "D" {
		t.Errorf("a package that cannot be split: %v", stays)
	}
	taken := map[string]bool{"p": true}
	if got := advise([]found{onlyAfter("B", "A")}, pkg, false, taken); got[0].Text != "//gotestshard:group p2" || !taken["p2"] {
		t.Errorf("a name that is taken: %v", got)
	}
}
