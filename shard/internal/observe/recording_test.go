package observe

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
)

// The duration of a run is that of its summary: writing the reports is not part of it.
func TestWallOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Recording{started: time.Now()}
		time.Sleep(3 * time.Second)
		r.Ran(report.Shards{}, report.Figures{})
		time.Sleep(5 * time.Second)
		if r.end.Wall != 3*time.Second {
			t.Errorf("got %v", r.end.Wall)
		}
	})
}

// The file system may have another clock than the run.
func TestCoverageOfAnEarlierRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cover.out")
	write := func(text string, at time.Time) fs.FileInfo {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	started := time.Date(2026, 12, 31, 23, 59, 30, 0, time.UTC)
	before := write("mode: set\n", started.Add(-time.Hour))
	for name, test := range map[string]struct {
		before, after fs.FileInfo
		want          bool
	}{
		"it was not written":               {before, before, true},
		"it was written":                   {before, write("mode: set\n", started.Add(time.Second)), false},
		"by a clock that is slow":          {before, write("mode: set\n", started.Add(-time.Minute)), false},
		"with more, at the same time":      {before, write("mode: set\na\n", started.Add(-time.Hour)), false},
		"there was none, and a slow clock": {nil, write("mode: set\n", started.Add(-time.Hour)), false},
		"before it was looked at":          {write("", started), write("", started), false},
	} {
		if got := isOfEarlierRun(test.before, test.after, started); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
