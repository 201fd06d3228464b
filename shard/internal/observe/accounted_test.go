package observe

import (
	"slices"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/observe/observetest"
)

// TestMissing: each listed test needs its own result.
func TestMissing(t *testing.T) {
	listed := map[string][]string{"p": {"TestA", "TestB"}, "idle": {"TestC"}, "q": {"TestD"}}
	for _, c := range []struct{ ends, want string }{
		{"p.TestA p.TestB q.TestD", ""},
		{"p.TestA q.TestD", "p.TestB"},
		{"p.TestA p.TestB/sub q.TestB q.TestE", "p.TestB q.TestD"},
		{"", ""}, // no package ran a test
	} {
		a := Accounted{results: map[string]map[string]bool{}}
		for end := range strings.FieldsSeq(c.ends) {
			pkg, test, _ := strings.Cut(end, ".")
			a.add(testjson.TestEvent{Action: testjson.ActionRun, Package: "q", Test: "TestD"}) // not an end
			a.add(testjson.TestEvent{Action: testjson.ActionSkip, Package: pkg, Test: test})
		}
		if got := strings.Join(a.Missing(listed), " "); got != c.want {
			t.Errorf("%q: %q is missing, want %q", c.ends, got, c.want)
		}
	}
	var off Accounted
	off.add(testjson.TestEvent{Action: testjson.ActionPass, Package: "p", Test: "TestA"})
	if off.results != nil {
		t.Error("it records results that are not needed")
	}
}

// TestStanding: a failure counts until the same test passes.
func TestStanding(t *testing.T) {
	exec := observetest.Scan(t, nil, 0, "run A", "fail A", "run B", "run B/sub", "fail B/sub", "fail B", "run TestMain", "fail TestMain", "run C", "pass C", "fail")
	exec = observetest.Scan(t, exec, 1, "run A", "pass A", "run B", "skip B", "run C", "fail C", "run C", "pass C", "pass")
	// C is in p and p_test, and failed in one of them.
	if got := Standing(exec); !slices.Equal(got, []string{"p.TestMain", "p.C"}) {
		t.Errorf("got %q", got)
	}
}

func TestSomeNames(t *testing.T) {
	long := strings.Repeat("x", 200)
	for want, names := range map[string][]string{
		"": nil, "a": {"a"}, "a, b": {"a", "b"}, long + " and 1 more": {long, "b"},
		strings.TrimSuffix(strings.Repeat("TestName, ", 10), ", ") + " and 12 more": slices.Repeat([]string{"TestName"}, 22),
	} {
		if got := SomeNames(names); got != want {
			t.Errorf("%d names: %s, want %s", len(names), got, want)
		}
	}
}
