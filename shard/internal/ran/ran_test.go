package ran

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// The user's -run and -skip stay in effect for subtests.
func TestOnly(t *testing.T) {
	many := func(prefix string) (names []string) {
		for i := range gotest.LongestPattern / 100 {
			names = append(names, fmt.Sprintf("Test%s%0100d", prefix, i))
		}
		return names
	}
	for _, c := range []struct {
		args, want    string
		tests, others []string
	}{
		{"-test.v=true", "-test.run=^(TestA|TestB)$ -test.v=true", []string{"TestA", "TestB"}, nil},
		{"-test.run=TestA/sub|TestB", "-test.run=^TestB$|^TestA$/sub", []string{"TestA", "TestB"}, nil},
		{"-test.bench=. -test.run=^$", "-test.run=^TestA$", []string{"TestA"}, nil},
		{"-test.v=true", "-test.v=true -test.skip=^TestZ$", many("A"), []string{"TestZ"}},
		{"-test.v=true", "-test.v=true", many("A"), many("B")},
		{"-test.v=true", "-test.v=true", many("A"), nil},
	} {
		if got := strings.Join(Only(strings.Fields(c.args), c.tests, c.others), " "); got != c.want {
			t.Errorf("%s: %.200s, want %s", c.args, got, c.want)
		}
	}
}
