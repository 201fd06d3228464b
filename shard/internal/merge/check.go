package merge

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// mostListed is the maximum number of tests to list that did not run, or that ran twice.
const mostListed = 10

// planCheck compares where each top-level test ran with where it was planned.
type planCheck struct {
	noun   string                      // part, or unit
	tests  map[string]map[string]int32 // indexes into where, by package and test
	where  []whereabouts
	seen   map[packagePart]bool // what has events, and whether a test of it ran
	passed map[packagePart]bool // where the package passed
	twice  []string             // tests that ran on two parts
	more   int                  // number of such tests that are not in twice

	at   packagePart // of the last event, to save look-ups
	here map[string]int32
}

// packagePart is the share that a part has of a package.
type packagePart struct {
	pkg  string
	part int
}

// whereabouts are part numbers, 0 for none.
type whereabouts struct{ planned, ran int16 }

func newPlanCheck() *planCheck {
	return &planCheck{noun: "part", tests: map[string]map[string]int32{}, seen: map[packagePart]bool{}, passed: map[packagePart]bool{}}
}

// plan adds a piece of the plan.
func (c *planCheck) plan(piece result.Plan) {
	if len(piece.Tests) == 0 {
		return
	}
	tests := c.of(piece.Package)
	for _, test := range piece.Tests {
		i, ok := tests[test]
		if !ok {
			i = c.add(tests, test)
		}
		c.where[i].planned = int16(piece.Part)
	}
}

func (c *planCheck) add(tests map[string]int32, test string) int32 {
	i := int32(len(c.where))
	c.where = append(c.where, whereabouts{})
	tests[test] = i
	return i
}

func (c *planCheck) of(pkg string) map[string]int32 {
	tests := c.tests[pkg]
	if tests == nil {
		tests = map[string]int32{}
		c.tests[pkg] = tests
	}
	return tests
}

// saw adds an event of a part.
func (c *planCheck) saw(part int, action, pkg, test []byte) {
	if c.at.pkg != string(pkg) || c.at.part != part || c.here == nil {
		c.at = packagePart{string(pkg), part}
		c.here = c.of(c.at.pkg)
		if _, ok := c.seen[c.at]; !ok {
			c.seen[c.at] = false
		}
	}
	if len(test) == 0 && string(action) == "pass" {
		c.passed[c.at] = true
	}
	if string(action) != "run" || len(test) == 0 || bytes.IndexByte(test, '/') >= 0 {
		return
	}
	i, ok := c.here[string(test)]
	if !ok {
		i = c.add(c.here, string(test))
	}
	switch w := &c.where[i]; {
	case w.ran == int16(part):
	case w.ran == 0:
		c.seen[c.at] = true
		w.ran = int16(part)
	case len(c.twice) < mostListed:
		c.twice = append(c.twice, fmt.Sprintf("%s of %s ran on %[3]s %[4]d and on %[3]s %[5]d", test, c.at.pkg, c.noun, w.ran, part))
	default:
		c.more++
	}
}

// problems returns which tests ran twice, and which tests did not run although they were
// planned for a complete part. It excludes the tests of a package that ran no tests because
// it failed on that part, or because its TestMain runs no tests on any node: the result of
// such a package is known. whole reports whether the file of a part exists and is complete.
func (c *planCheck) problems(whole func(part int) bool) []string {
	all := c.twice
	if c.more > 0 {
		all = append(all, fmt.Sprintf("%d more tests ran on two %ss", c.more, c.noun))
	}
	var missing []string
	somewhere := map[string]bool{} // packages with a test that ran
	for at, ran := range c.seen {
		somewhere[at.pkg] = somewhere[at.pkg] || ran
	}
	for _, pkg := range slices.Sorted(maps.Keys(c.tests)) {
		unheard := map[int]int{} // number of the package's tests, by part without events of it
		for _, test := range slices.Sorted(maps.Keys(c.tests[pkg])) {
			w := c.where[c.tests[pkg][test]]
			part := int(w.planned)
			if part == 0 || w.ran != 0 || !whole(part) {
				continue
			}
			switch ran, heard := c.seen[packagePart{pkg, part}]; {
			case ran, heard && somewhere[pkg] && c.passed[packagePart{pkg, part}]:
				missing = append(missing, fmt.Sprintf("%s of %s did not run on any node; it was planned for %s %d", test, pkg, c.noun, part))
			case !heard:
				unheard[part]++
			}
		}
		for _, part := range slices.Sorted(maps.Keys(unheard)) {
			missing = append(missing, fmt.Sprintf("%s did not run on any node; %s %d was planned to run %s of it", pkg, c.noun, part, plain.Counted(unheard[part], "test")))
		}
	}
	if n := len(missing) - mostListed; n > 0 {
		missing = append(missing[:mostListed], fmt.Sprintf("%d more tests or packages did not run on any node", n))
	}
	return append(all, missing...)
}

// untested returns how many tests planned for a part did not run, and how many packages they
// belong to: " (12 tests of 2 packages did not run)". It is empty if there are none, or if
// the plan of the part is not known.
func (c *planCheck) untested(part int) string {
	tests, packages := 0, 0
	for _, pkg := range c.tests {
		before := tests
		for _, i := range pkg {
			if w := c.where[i]; w.planned == int16(part) && w.ran == 0 {
				tests++
			}
		}
		if tests > before {
			packages++
		}
	}
	if tests == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s of %s did not run)", plain.Counted(tests, "test"), plain.Counted(packages, "package"))
}

// forget frees the memory for what only problems needs.
func (c *planCheck) forget() { *c = planCheck{seen: c.seen} }

// nodes returns the number of parts that have events of each package.
func (c *planCheck) nodes() map[string]int {
	parts := map[string]int{}
	for seen := range c.seen {
		parts[seen.pkg]++
	}
	return parts
}
