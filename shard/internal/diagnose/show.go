package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

// The verdicts, in the order of the last line.
const (
	Broken    = "broken"
	Dependent = "order-dependent"
	Collides  = "collides"
	Flaky     = "flaky"
	Slow      = "slow machine"
	Unknown   = "unknown"
)

// verdict returns why a test failed.
func (f *failure) verdict() string {
	switch f.found.Kind {
	case verdict.Broken:
		return Broken
	case verdict.Polluted, verdict.Needs:
		return Dependent
	case verdict.Flaky:
		return Flaky
	case verdict.NotAgain:
		switch {
		case len(f.with) > 0:
			return Collides
		case f.again.Failures > 0:
			return Flaky
		case f.load.Failures > 0:
			return Slow
		case f.found.Unfinished != "" || f.late != "":
			return Unknown
		}
		return Flaky
	}
	return Unknown
}

// failedAgain reports whether a test failed in any of the runs for its verdict.
func (f *failure) failedAgain() bool {
	return f.found.Alone.Failures+f.found.Together.Failures+f.again.Failures+f.load.Failures+len(f.with) > 0
}

// text returns all verdicts.
func (d *diagnosis) text() string {
	var b strings.Builder
	counts := map[string]int{}
	for _, f := range d.results.failures {
		of := f.verdict()
		counts[of]++
		fmt.Fprintf(&b, "%s %s\n", strings.ToUpper(of), plain.Line(f.title()))
		if f.message != "" {
			fmt.Fprintf(&b, "    it failed: %s\n", plain.Cut(plain.Line(f.message), 200))
		}
		for _, line := range f.why(d.ended()) {
			fmt.Fprintf(&b, "    %s\n", plain.Line(line))
		}
		if command := d.command(f); command != "" {
			fmt.Fprintf(&b, "    %s\n", plain.Line(command))
		}
		b.WriteString("\n")
	}
	var parts []string
	for _, of := range []string{Broken, Dependent, Collides, Flaky, Slow, Unknown} {
		if counts[of] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[of], of))
		}
	}
	processes := "processes"
	if d.runs == 1 {
		processes = "process"
	}
	fmt.Fprintf(&b, "DIAGNOSED %s: %s; %s %s in %s\n", plain.Counted(len(d.results.failures), "failed test"), strings.Join(parts, ", "),
		plain.Number(d.runs), processes, d.spent.Round(10*time.Millisecond))
	return b.String()
}

// diagnoses returns all verdicts for a report.
func (d *diagnosis) diagnoses() (all []report.Diagnosis) {
	for _, f := range d.results.failures {
		all = append(all, report.Diagnosis{Package: f.pkg, Test: f.test, Verdict: f.verdict(), Title: f.title(), Why: f.why(d.ended()), Command: d.command(f)})
	}
	return all
}

// title is the test and what it depends on.
func (f *failure) title() string {
	title := f.pkg + " " + f.test
	if f.outside() {
		title = f.pkg + ", outside its tests,"
	}
	switch {
	case f.verdict() == Collides:
		return title + " fails while these run: " + neighbours(f.with)
	case f.found.Kind == verdict.Polluted:
		return title + " fails after " + listed(f.found.Others)
	case f.found.Kind == verdict.Needs:
		return title + " passes only after " + listed(f.found.Others)
	}
	return strings.TrimSuffix(title, ",")
}

// listed returns names, the first ones if there are many.
func listed(names []string) string {
	const most = 10
	text := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += ", and " + plain.Counted(more, "other test")
	}
	return text
}

func neighbours(all []neighbour) string {
	var texts []string
	for _, n := range all {
		text := n.pkg
		if len(n.tests) > 0 {
			text += " " + listed(n.tests)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

// why returns what the verdict is from.
func (f *failure) why(ended bool) (lines []string) {
	r := f.found
	switch of := f.verdict(); {
	case !f.decided && ended:
		return []string{"not done"}
	case !f.decided:
		return []string{"its package could not be built"}
	case of == Broken && f.outside():
		lines = append(lines, "the process failed "+times(r.Alone)+", although its tests passed")
	case of == Broken:
		lines = append(lines, "it failed "+times(r.Alone)+" alone")
	case of == Dependent && r.Kind == verdict.Polluted:
		lines = append(lines, fmt.Sprintf("it passed %s alone, and failed %s after %s", passes(r.Alone), times(r.Together), one(r.Others)))
	case of == Dependent:
		lines = append(lines, fmt.Sprintf("it failed %s alone, and passed %s after %s", times(r.Alone), passes(r.Together), one(r.Others)))
	case of == Collides:
		lines = append(lines, "it passed alone and after the tests of its process, "+passes(f.passed()))
		if words := verdict.Words(f.shares); words != "" {
			lines = append(lines, words)
		}
	case of == Flaky && r.Kind == verdict.Flaky, of == Flaky && f.again.Failures > 0:
		lines = append(lines, rate(f))
	case of == Flaky:
		all := f.passed()
		_, high := plain.Interval(0, all.Runs)
		lines = append(lines, fmt.Sprintf("it did not fail again in %s, so that its rate is below %s (95%% interval)", plain.Counted(all.Runs, "run"), plain.Percent(high)))
		if f.load.Runs > 0 {
			lines = append(lines, fmt.Sprintf("it failed by time, but not in %s under load, so the machine of that run may have been slower", plain.Counted(f.load.Runs, "run")))
		}
	case of == Slow:
		lines = append(lines, fmt.Sprintf("it passed %s with nothing beside it, and failed by time %s with %d processes of it at once", passes(f.passed()), times(f.load), loadWorkers()))
	}
	for _, late := range []string{r.Unfinished, f.late} {
		switch {
		case late == "":
		case late == verdict.DidNotRun:
			lines = append(lines, late)
		case ended:
			lines = append(lines, "interrupted: "+late)
		default:
			lines = append(lines, "not done in this time: "+late)
		}
	}
	return lines
}

// unfinished reports whether there was no time for something.
func (f *failure) unfinished() bool {
	left := cmp.Or(f.found.Unfinished, f.late)
	return left != "" && left != verdict.DidNotRun
}

// passed are the runs of a test that did not fail again, except those beside others.
func (f *failure) passed() verdict.Rate {
	return verdict.Rate{Failures: f.again.Failures, Runs: f.found.Alone.Runs + f.found.Together.Runs + f.again.Runs}
}

// rate returns the rate of a flaky test.
func rate(f *failure) string {
	all := verdict.Rate{Failures: f.found.Alone.Failures, Runs: f.found.Alone.Runs}
	where := "alone"
	if f.found.Kind == verdict.NotAgain {
		all, where = f.passed(), "alone, as it ran and beside others"
	} else if f.found.Together.Runs > 0 {
		all.Failures += f.found.Together.Failures
		all.Runs += f.found.Together.Runs
		where = "alone and after others"
	}
	low, high := plain.Interval(all.Failures, all.Runs)
	return fmt.Sprintf("it failed in %d of %s %s: %s (95%% interval %s)", all.Failures, plain.Counted(all.Runs, "run"), where,
		plain.Percent(float64(all.Failures)/float64(all.Runs)), plain.Range(low, high))
}

func one(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return "them"
}

func times(r verdict.Rate) string  { return fmt.Sprintf("%d of %d times", r.Failures, r.Runs) }
func passes(r verdict.Rate) string { return fmt.Sprintf("%d of %d times", r.Runs-r.Failures, r.Runs) }

// command returns the shortest command that shows the verdict, empty for none.
func (d *diagnosis) command(f *failure) string {
	args := d.args.Without("run")
	only := func(tests ...string) string {
		if root, names := cutRoot(tests); strings.Contains(f.test, "/") {
			return "-run=" + gotest.NamesPattern([]string{root}) + "/" + gotest.NamesPattern(names)
		}
		return "-run=" + gotest.NamesPattern(tests)
	}
	words := []string{"go", "test", "-count=1"}
	switch of := f.verdict(); {
	case f.outside() && of != Collides, !f.decided:
		return gotest.Line(append(words, d.args.WithPackages([]string{f.pkg})...)...)
	case f.found.Kind == verdict.Polluted && of == Dependent:
		words = append(words, only(append(slices.Clone(f.found.Others), f.test)...))
		if f.seed != "" {
			words = append(words, "-shuffle="+f.seed)
		}
	case of == Broken, of == Dependent:
		words = append(words, only(f.test))
	case of == Collides:
		packages := []string{f.pkg}
		for _, other := range f.with {
			if !slices.Contains(packages, other.pkg) {
				packages = append(packages, other.pkg)
			}
		}
		words = []string{"gotestshard", fmt.Sprintf("-n=%d", max(2, len(packages)))}
		if len(packages) == 1 {
			words = append(words, "--dist=load")
		}
		return gotest.Line(append(append(words, "--", "-count=1"), d.args.WithPackages(packages)...)...)
	case of == Flaky, of == Slow:
		words = []string{"gotestshard", "stress", only(f.test)}
		if of == Slow {
			words = append(words, fmt.Sprintf("-n=%d", loadWorkers()))
		}
	default:
		return ""
	}
	return gotest.Line(append(words, args.WithPackages([]string{f.pkg})...)...)
}
