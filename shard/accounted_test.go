package shard

import (
	"slices"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

// TestMissing: a listed test has a result of its own.
func TestMissing(t *testing.T) {
	listed := map[string][]string{"p": {"TestA", "TestB"}, "idle": {"TestC"}, "q": {"TestD"}}
	for _, c := range []struct{ ends, want string }{
		{"p.TestA p.TestB q.TestD", ""},
		{"p.TestA q.TestD", "p.TestB"},
		{"p.TestA p.TestB/sub q.TestB q.TestE", "p.TestB q.TestD"},
		{"", ""}, // no package ran a test
	} {
		a := accounted{results: map[string]map[string]bool{}}
		for _, end := range strings.Fields(c.ends) {
			pkg, test, _ := strings.Cut(end, ".")
			a.add(testjson.TestEvent{Action: testjson.ActionRun, Package: "q", Test: "TestD"}) // is not an end
			a.add(testjson.TestEvent{Action: testjson.ActionSkip, Package: pkg, Test: test})
		}
		if got := strings.Join(a.missing(listed), " "); got != c.want {
			t.Errorf("%q: %q is missing, want %q", c.ends, got, c.want)
		}
	}
	var off accounted
	off.add(testjson.TestEvent{Action: testjson.ActionPass, Package: "p", Test: "TestA"})
	if off.results != nil {
		t.Error("it notes results that are not needed")
	}
}

// TestStanding: a failure stands until the same test passes.
func TestStanding(t *testing.T) {
	const stream = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"run","Package":"p","Test":"TestB/sub"}
{"Action":"fail","Package":"p","Test":"TestB/sub"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"run","Package":"p","Test":"TestMain"}
{"Action":"fail","Package":"p","Test":"TestMain"}
{"Action":"fail","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p"}
`
	exec, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: strings.NewReader(stream)})
	if err != nil {
		t.Fatal(err)
	}
	if got := standing(exec); !slices.Equal(got, []string{"p.TestMain"}) {
		t.Errorf("got %q", got)
	}
}

func TestSomeNames(t *testing.T) {
	if got := someNames(slices.Repeat([]string{"a"}, 22)); got != strings.TrimSuffix(strings.Repeat("a, ", 20), ", ")+" and 2 more" {
		t.Errorf("got %q", got)
	}
}
