package uncached

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
)

// reason returns why there is no kept result of a test binary that starts, in one line.
func (w *Watch) reason(now current, earlier []state) string {
	if len(earlier) == 0 {
		return "no earlier run with -n is known"
	}
	if now.Action == "" {
		return notKnown("the build id of the test binary cannot be read")
	}
	i := slices.IndexFunc(earlier, now.isSameTest)
	if i < 0 {
		return w.newTest(now, earlier)
	}
	before := earlier[i]
	switch {
	case expiry(w.config.Cache).After(before.Time): // whatever else differs, which other runs may have had too
		return "no result kept: go clean -testcache was run"
	case before.Lost && !before.Failed:
		return "no result kept: the last run of the test ended without its log of what it read"
	case before.Early != "" && !before.Failed:
		return fmt.Sprintf("no result kept: %s was written less than two seconds before the go command looked at it the last time", now.relative(before.Early))
	}
	causes := w.changes(now, before)
	if before.Failed && (len(causes) == 0 || causes[0].rank > rankSure) {
		return "no result kept: the test failed last time"
	}
	if before.Failed {
		return listed(causes) + "; and the test failed last time, so no result was kept"
	}
	if len(causes) > 0 {
		return listed(causes)
	}
	return unexplained(before)
}

func notKnown(why string) string { return "not known: " + why }

// unexplained is the reason if everything that was noted is the same.
func unexplained(before state) string {
	same := "the test binary, its flags, and the variables and files that it read are those of its last run"
	if before.More {
		same = fmt.Sprintf("the test binary, its flags, and the first %d variables and files that it read are those of its last run", mostInputs)
	}
	return notKnown(same + "; perhaps the result is gone from GOCACHE, or a package changed that only -coverpkg names")
}

// expiry is when go clean -testcache was run (cmd/go/internal/clean).
func expiry(cache string) time.Time {
	text, err := os.ReadFile(filepath.Join(cache, "testexpire.txt"))
	if err != nil {
		return time.Time{}
	}
	nanoseconds, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds)
}

// newTest is the reason if there was no run of this binary with these arguments. The run to compare
// with is the one with the fewest differences.
func (w *Watch) newTest(now current, earlier []state) string {
	best := slices.MinFunc(earlier, func(a, b state) int { // of equal ones the newest, which is the first
		_, weightA := now.different(a)
		_, weightB := now.different(b)
		return cmp.Or(isOther(a.Dir, now.Dir)-isOther(b.Dir, now.Dir), weightA-weightB)
	})
	kinds, _ := now.different(best)
	return strings.Join(kinds, "; ")
}

// different returns what differs in the test binary, its arguments and the words of -exec, and how
// much that is.
func (now current) different(before state) (kinds []string, weight int) {
	add := func(text string, much int) {
		kinds = append(kinds, text)
		weight += much
	}
	if now.Program != before.Program {
		add("gotestshard was "+plain.Line(before.Program), 1)
	}
	if now.Timeout != before.Timeout {
		add("-timeout differs", 1)
	}
	if now.Part != before.Part {
		add("--partition selects other tests", 1)
	}
	if flags := differentFlags(now.Args, before.Args); len(flags) > 0 {
		add(some(flags)+differs(flags), len(flags))
	}
	if !now.isSameBinary(before.identity) {
		add(now.newBinary(before))
	}
	if len(kinds) == 0 {
		add("the flags have another order", 1)
	}
	return kinds, weight
}

func isOther(a, b string) int {
	if a == b {
		return 0
	}
	return 1
}

func differs(names []string) string {
	if len(names) == 1 {
		return " differs"
	}
	return " differ"
}

// some joins the first few names.
func some(names []string) string {
	const most = 3
	switch n := len(names); {
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	case n > 1:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return names[0]
}
