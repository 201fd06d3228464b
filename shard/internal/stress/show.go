package stress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// shownLines is how many lines of the first failure's output are shown at most, its last ones.
const shownLines = 30

// text returns the results so far.
func (t *tally) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		return ""
	}
	groups := slices.Clone(t.groups)
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(b.failures, a.failures) })
	var b strings.Builder
	for _, g := range groups {
		b.WriteString(t.groupText(g) + "\n")
	}
	if len(t.packages) > 1 {
		for _, name := range t.names() {
			p := t.packages[name]
			what := counted(p.failed, p.ended)
			if p.failed == 0 && len(p.tests) == 0 && p.ended > 0 {
				what = "no test ran"
			}
			fmt.Fprintf(&b, "%s: %s\n", plain.Line(name), what)
		}
	}
	took := t.last.Sub(t.began)
	fmt.Fprintf(&b, "DONE %s in %s", counted(t.failedLocked(), t.ended()), took.Round(time.Millisecond))
	if rate := float64(t.ended()) / took.Seconds(); took > 0 {
		fmt.Fprintf(&b, " (%.3g per second)", rate)
	}
	b.WriteString("\n")
	return b.String()
}

// groupText shows a group: how often, the first failure and the command for its process.
func (t *tally) groupText(g *group) string {
	runs := max(g.failures, t.packages[g.pkg].tests[g.test])
	low, high := plain.Interval(g.failures, runs)
	var b strings.Builder
	fmt.Fprintf(&b, "FAIL %s\n", g.title())
	fmt.Fprintf(&b, "  %s of %s: %s (95%% interval %s)\n", plain.Number(g.failures), plain.Counted(runs, "run"), plain.Percent(float64(g.failures)/float64(runs)), plain.Range(low, high))
	seed := ""
	if t.shuffled {
		seed = fmt.Sprintf(", with -shuffle=%d", g.first.Seed)
	}
	fmt.Fprintf(&b, "  first in process %d%s:\n", g.first.Number, seed)
	lines := strings.Split(strings.TrimRight(g.output, "\n"), "\n")
	if over := len(lines) - shownLines; over > 0 {
		fmt.Fprintf(&b, "    … %s before\n", plain.Counted(over, "line"))
		lines = lines[over:]
	}
	for _, line := range lines {
		fmt.Fprintf(&b, "    %s\n", plain.Lines(plain.Text(line), "\t"))
	}
	fmt.Fprintf(&b, "  its process again: %s\n", plain.Line(t.command(g)))
	return b.String()
}

// title is what failed, and how.
func (g *group) title() string {
	text := plain.Line(g.pkg + " " + g.test)
	if g.message != "" {
		text += ": " + plain.Cut(plain.Line(g.message), 200)
	}
	return text
}

// command returns the command that runs the tests of a group's first process in their order.
func (t *tally) command(g *group) string {
	args := gotest.Args(t.asked.Args)
	flags := []string{"go", "test"}
	if t.only != nil {
		args = args.Without("run")
		flags = append(flags, "-run="+gotest.NamesPattern(t.only[g.pkg]))
	}
	if t.shuffled {
		flags = append(flags, fmt.Sprintf("-shuffle=%d", g.first.Seed))
	}
	return gotest.Line(append(flags, args.WithPackages([]string{g.pkg})...)...)
}

// counted says how many of some processes failed, and what that says about the rate.
func counted(failed, all int) string {
	low, high := plain.Interval(failed, all)
	switch {
	case all == 0:
		return "no process ended"
	case failed == 0:
		return fmt.Sprintf("%s passed, so that the rate of failures is below %s (95%% interval)", processes(all), plain.Percent(high))
	}
	return fmt.Sprintf("%s of %s failed: %s (95%% interval %s)", plain.Number(failed), processes(all), plain.Percent(float64(failed)/float64(all)), plain.Range(low, high))
}

// processes returns a number of processes.
func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return plain.Number(n) + " processes"
}
