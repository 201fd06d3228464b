package queue

import (
	"regexp"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

func TestIDNamesTheTestsOnly(t *testing.T) {
	unit := plan.Part{Packages: []plan.PartPackage{{Name: "m/a", Tests: []string{"TestA", "TestB"}}}, Expected: 1}
	id := ID(unit)
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(id) {
		t.Errorf("%q is not 16 hexadecimal digits", id)
	}
	unit.Expected = 2
	if other := ID(unit); other != id {
		t.Errorf("another expected duration makes another unit: %s and %s", id, other)
	}
	unit.Packages = []plan.PartPackage{{Name: "m/a", Tests: []string{"TestA"}}}
	if other := ID(unit); other == id {
		t.Error("other tests have the same ID")
	}
}
