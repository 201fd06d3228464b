package differential

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
)

// keptDifference is an intended difference.
type keptDifference struct {
	what, reason string
	// is reports whether the runs differ only in this.
	is func(c diffCase, theirs, ours outcome) bool
}

var keptDifferences = []keptDifference{
	{
		what:   "a wrong flag",
		reason: "one line that says what is wrong and where help is, not the whole help with the error at its end",
		is: func(_ diffCase, theirs, ours outcome) bool {
			usage, message, ok := cutLast(theirs.stderr, "\nERROR ")
			return ok && strings.HasPrefix(usage, "Usage:") && theirs.exit == 3 && ours.exit == 3 &&
				theirs.stdout == "" && ours.stdout == "" && len(ours.files) == 0 && strings.Count(ours.stderr, "\n") == 1 &&
				strings.HasPrefix(ours.stderr, "ERROR "+ownWords(strings.TrimRight(message, "\n"))) &&
				strings.Contains(ours.stderr, "; gotestshard --help lists the flags")
		},
	},
	{
		what:   "an unknown format",
		reason: "an error before anything is started, which lists the formats and names a similar one",
		is: func(_ diffCase, theirs, ours outcome) bool {
			message := strings.TrimRight(theirs.stderr, "\n")
			return strings.Contains(message, "unknown format ") && strings.HasPrefix(ours.stderr, message+"; ") && strings.Contains(ours.stderr, " the formats are ") &&
				theirs.exit == 3 && ours.exit == 3 && ours.stdout == "" && len(ours.files) == 0
		},
	},
	{
		what:   "the help and the version",
		reason: "they are those of gotestshard",
		is: func(c diffCase, theirs, ours outcome) bool {
			asked := func(arg string) bool { return slices.Contains(c.args, arg) }
			return slices.ContainsFunc([]string{"--help", "-h", "help", "?", "--version"}, asked) &&
				theirs.exit == 0 && ours.exit == 0 && ours.stderr == "" && strings.Contains(ours.stdout, "gotestshard") && len(ours.files) == 0
		},
	},
	{
		what:   "--rerun-fails with a negative number",
		reason: "gotestsum makes no rerun and exits with 0, though tests failed; here it is 0, no reruns",
		is: func(c diffCase, theirs, ours outcome) bool {
			negative := func(arg string) bool { return strings.HasPrefix(arg, "--rerun-fails=-") }
			refused := strings.HasPrefix(theirs.stderr, ours.stderr+"ERROR rerun aborted because ")
			return slices.ContainsFunc(c.args, negative) && ours.exit != 0 && theirs.stdout == ours.stdout &&
				(theirs.exit == 0 && theirs.stderr == ours.stderr || theirs.exit == exit.OwnError && refused)
		},
	},
	{
		what:   "a line over 64 KiB",
		reason: "gotestsum ends the run, and says no more than \"token too long\"; here the line is cut into several",
		is: func(_ diffCase, theirs, ours outcome) bool {
			return strings.Contains(theirs.stderr, "bufio.Scanner: token too long") && theirs.exit == exit.OwnError &&
				!strings.Contains(ours.stderr, "token too long") && strings.Contains(ours.stdout, "DONE ")
		},
	},
	{
		what:   "a crash",
		reason: "gotestsum makes up the end of a test that it knows neither name nor package of, and its formats crash on that (gotestsum#413)",
		is: func(_ diffCase, theirs, ours outcome) bool {
			return crashed(theirs) && !crashed(ours)
		},
	},
}

// ownWords removes the error from strconv, because the flag packages show it differently.
func ownWords(message string) string {
	message, _, _ = strings.Cut(message, "strconv.")
	return message
}

func crashed(o outcome) bool { return o.exit == 2 && strings.Contains(o.stderr, "goroutine ") }

func cutLast(text, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// keptCount counts the cases with each kept difference.
type keptCount struct {
	mu     sync.Mutex
	ran    int
	counts map[string]int
}

// allows reports whether the difference of a case is intended. It is called for all cases.
func (k *keptCount) allows(c diffCase, theirs, ours outcome, difference string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ran++
	if difference == "" {
		return true
	}
	for _, d := range keptDifferences {
		if d.is(c, theirs, ours) {
			k.counts[d.what]++
			return true
		}
	}
	return false
}

// log lists the differences. If all cases have run, it fails for a difference that no case
// has.
func (k *keptCount) log(t *testing.T, cases int) {
	t.Helper()
	for _, d := range keptDifferences {
		t.Logf("kept in %d cases: %s: %s", k.counts[d.what], d.what, d.reason)
		if k.counts[d.what] == 0 && k.ran == cases {
			t.Errorf("%s: no case has this difference any more", d.what)
		}
	}
}
