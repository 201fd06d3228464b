//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package surroundings

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// The area of watch mode says what was saved and why a package runs. Esc removes it, and then a line
// says what can come next; Ctrl-Z and fg work in and between runs.
func TestLiveInWatchMode(t *testing.T) {
	shardtest.Expensive(t, "runs tests in a terminal")
	t.Parallel()
	dir := shardtest.ModuleDir(t)
	files := chain("db", "store")
	files["store/x_test.go"] = "package store\n\nimport (\n\t\"testing\"\n\t\"time\"\n)\n\nfunc TestHolds(t *testing.T) { time.Sleep(time.Hour) }\n"
	writeFiles(t, dir, files)
	x := startTmux(t, dir, 160, 24)
	x.press("gotestshard -n 2 --watch --timings off --grace-period 1h", "Enter")
	x.await(`Press \? to list the keys\.$`)
	writeFiles(t, dir, map[string]string{"db/x.go": "package db\n\nconst Saved = 1\n"})
	area := `\ndb/x\.go changed  %swatching 2 packages in ` + regexp.QuoteMeta(filepath.Base(dir)) + `  Esc to stop\n\[gw\d\] +[0-9ms]+ store\.TestHolds  imports db, which changed\n1/2 tests  [0-9ms]+$`
	x.await(strings.Replace(area, "%s", "", 1))
	x.press("C-z")
	if text := x.await(`(?s)Stopped.*\n>$`); strings.Contains(text, "Esc to stop") {
		t.Errorf("the area is still there:\n%s", text)
	}
	x.press("fg", "Enter")
	x.await(strings.Replace(area, "%s", "", 1))
	x.press("Escape")
	const waiting = `\nWaiting for a save\. Press f to run what failed again, \? to list the keys, q to quit\.$`
	if text := x.await(waiting); strings.Contains(text, "Esc to stop") {
		t.Errorf("the area is still there:\n%s", text)
	}
	x.press("C-z")
	x.await(`(?s)Stopped.*Stopped.*\n>$`)
	x.press("fg", "Enter")
	x.press("p")
	x.await(`\nRunning tests in \./db\n(.*\n)*.*DONE 1 tests`)
	x.press("w")
	x.await(strings.Replace(area, "%s", "last run passed  ", 1))
	x.press("q")
	x.await(`\n>$`)
}
