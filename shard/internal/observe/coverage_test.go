package observe

import (
	"maps"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/coverage"
)

func TestCoverageOfLines(t *testing.T) {
	for line, want := range map[string]string{
		"coverage: 87.5% of statements\n":                                        "87.5% of statements",
		"ok  \texample.com/m\t0.1s\tcoverage: 0.0% of statements in ./...\n":     "0.0% of statements in ./...",
		"\texample.com/m\t\tcoverage: 0.0% of statements\n":                      "0.0% of statements",
		"ok  \texample.com/m\t(cached)\tcoverage: [no statements]\n":             "",
		"coverage: nothing\n":                                                    "",
		"?   \texample.com/m\t[no test files]\n":                                 "",
		"ok  \texample.com/m\t(cached)\tcoverage: 100.0% of statements in all\n": "100.0% of statements in all",
	} {
		notes := newCoverageNotes()
		notes.add(testjson.TestEvent{Package: "m", Output: line})
		if got, ok := notes.Covered["m"]; got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", line, got, ok)
		}
	}
}

func TestCoverageIsCorrected(t *testing.T) {
	const profile = "mode: set\nm/a/a.go:1.1,2.2 3 1\nm/a/a.go:3.1,4.2 1 0\nm/b/b.go:1.1,2.2 1 0\n"
	notes := func() CoverageNotes {
		c := newCoverageNotes()
		say := func(attempt int, pkg, covered string) {
			c.add(testjson.TestEvent{RunID: attempt, Package: pkg, Output: "coverage: " + covered + "\n"})
		}
		say(0, "m/a", "50.0% of statements")
		say(0, "m/b", "10.0% of statements")
		say(0, "m/c", "20.0% of statements in ./...")
		say(0, "m/once", "30.0% of statements")
		say(1, "m/a", "1.0% of statements")
		say(1, "m/c", "2.0% of statements in ./...")
		say(1, "m/crashed", "3.0% of statements") // the first attempt reported no coverage
		return c
	}
	for name, test := range map[string]struct {
		nodes   map[string]int
		profile string
		want    map[string]string
	}{
		"reruns without a profile": {nil, "", map[string]string{
			"m/a": "50.0% of statements", "m/b": "10.0% of statements", "m/c": "20.0% of statements in ./...", "m/once": "30.0% of statements",
		}},
		"reruns": {nil, profile, map[string]string{
			"m/a": "75.0% of statements", "m/b": "10.0% of statements", "m/c": "20.0% of statements in ./...", "m/once": "30.0% of statements",
		}},
		"several nodes": {map[string]int{"m/b": 2, "m/c": 3, "m/once": 2}, profile, map[string]string{
			"m/a": "75.0% of statements", "m/b": "0.0% of statements", "m/c": "unknown for 3 nodes together with -coverpkg",
			"m/once": "unknown for 2 nodes together without --coverprofile",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var profiles coverage.Profiles
			if test.profile != "" {
				if err := profiles.Add(strings.NewReader(test.profile)); err != nil {
					t.Fatal(err)
				}
			}
			c := notes()
			c.Correct(test.nodes, &profiles)
			if !maps.Equal(c.Covered, test.want) {
				t.Errorf("got %q\nwant %q", c.Covered, test.want)
			}
		})
	}
}
