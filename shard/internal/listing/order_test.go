package listing

import (
	"slices"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/history"
)

func TestLongestFirst(t *testing.T) {
	past := func(times map[string]time.Duration) *history.History {
		run := history.NewRun()
		for path, took := range times {
			if path == "split" {
				run.Test(path, "TestA", took/2, history.Passed)
				run.Test(path, "TestB", took/2, history.Passed)
				continue
			}
			run.Package(path, took)
		}
		file := t.TempDir() + "/timings.json"
		if err := run.Save(file, time.Now()); err != nil {
			t.Fatal(err)
		}
		h, err := history.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	long := map[string]time.Duration{"a": 2 * time.Second, "split": 9 * time.Second, "gone": time.Hour, "b": 5 * time.Second, "command-line-arguments": time.Hour}
	tests := map[string]struct {
		past    map[string]time.Duration
		workers int
		want    []string
	}{
		"longest first":          {past: long, workers: 2, want: []string{"split", "b", "a"}},
		"all start at once":      {past: long, workers: 5},
		"all is short":           {past: map[string]time.Duration{"a": time.Second, "b": 2 * time.Second}, workers: 1},
		"nothing is known of it": {workers: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			asked := false
			got := LongestFirst(past(test.past), test.workers, func() map[string]bool {
				asked = true
				return map[string]bool{"a": true, "b": true, "split": true, "new": true, "command-line-arguments": true}
			})
			if !slices.Equal(got, test.want) || asked != (test.want != nil) {
				t.Errorf("got %q, packages listed %v, want %q", got, asked, test.want)
			}
		})
	}
}
