package flaky

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// suggestedFor is for how long after the last run a suggested entry holds.
const suggestedFor = 30 * 24 * time.Hour

// suggest writes an entry of the configuration file for each flaky test.
func (s summary) suggest(stdout, stderr io.Writer) error {
	flaky := slices.DeleteFunc(slices.Clone(s.flaky()), func(t test) bool { return t.Test == split.OutsideTests }) // an entry has no effect on it
	if len(flaky) == 0 {
		_, err := fmt.Fprintf(stderr, "gotestshard: %s: no test is flaky, so there is nothing to suggest\n", s.title())
		return err
	}
	var b strings.Builder
	for _, t := range flaky {
		b.WriteString(s.entry(t))
	}
	_, err := io.WriteString(stdout, b.String())
	return err
}

// entry returns the entry of a test. It ends some time after the last of the runs, so that it is
// the same whenever it is made.
func (s summary) entry(t test) string {
	reason := fmt.Sprintf("failed in %d of %s, last on %s", t.Failures, plain.Counted(t.Runs, "run"), day(t.LastFailed))
	if t.Message != "" {
		reason += ": " + short(t.Message)
	}
	return fmt.Sprintf("\n[[flaky]]\nmatch = %s\nreason = %s\nissue = \"\"\nowner = \"\"\nuntil = %s\n",
		quote(t.Package+"."+t.Test), quote(reason), day(s.Last.Add(suggestedFor)))
}

// quote returns a text as a string of TOML.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
