package trial

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// text returns the report for people.
func (r *report) text() string {
	var b strings.Builder
	for _, p := range r.packages {
		p.write(&b, r.mode, len(r.seeds))
	}
	if slices.ContainsFunc(r.packages, pkgReport.hasDetails) {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "TRIED %s with --dist %s on %d workers, -shuffle=%s: %s", plain.Counted(len(r.packages), "package"), r.mode, r.workers, numbers(r.seeds), r.counts())
	if whole, split := r.longest(); split > 0 {
		fmt.Fprintf(&b, "; the longest took %s whole and %s split", short(whole), short(split))
	}
	b.WriteString("\n")
	if next := r.next(); next != "" {
		fmt.Fprintf(&b, "NEXT %s\n", plain.Line(next))
	}
	return b.String()
}

// counts says how many packages have which answer.
func (r *report) counts() string {
	var parts []string
	for _, of := range []struct {
		answer
		words string
	}{{safe, "safe"}, {directives, "safe with directives"}, {keepWhole, "to keep whole"}, {whole, "cannot be split"}, {unbuilt, "not built"}} {
		if n := r.count(of.answer); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, of.words))
		}
	}
	return strings.Join(parts, ", ")
}

func (p pkgReport) hasDetails() bool { return len(p.before.fails)+len(p.found) > 0 }

// write writes what is known about a package.
func (p pkgReport) write(b *strings.Builder, mode plan.Mode, runs int) {
	times := ""
	if p.whole > 0 {
		times = ", " + short(p.whole) + " whole"
	}
	if p.split > 0 && p.answer != whole {
		times += ", " + short(p.split) + " split"
	}
	name := plain.Line(p.name)
	if p.grouped() {
		mode = plan.LoadGroup
	}
	switch p.answer {
	case safe:
		fmt.Fprintf(b, "%s %s%s\n", strings.ToUpper(string(mode)), name, times)
	case directives:
		fmt.Fprintf(b, "%s %s after %s%s\n", strings.ToUpper(string(mode)), name, plain.Counted(len(p.directives), "directive"), times)
	case keepWhole:
		fmt.Fprintf(b, "WHOLE %s after %s%s\n", name, plain.Counted(len(p.directives), "directive"), times)
	case whole:
		fmt.Fprintf(b, "WHOLE %s%s: %s\n", name, times, plain.Line(p.reason))
	case unbuilt:
		fmt.Fprintf(b, "NOT BUILT %s\n", name)
	}
	for _, f := range p.before.fails {
		words := "fails without splitting too"
		if !f.too {
			words = "fails without splitting, and not in the split runs"
		}
		fmt.Fprintf(b, "    %s %s\n", plain.Line(named(f.test)), words)
	}
	if n := p.before.unseen; n > 0 {
		fmt.Fprintf(b, "    %s ran only in the split runs, because a failure ended the process before\n", plain.Counted(n, "test"))
	}
	for _, f := range p.found {
		f.write(b, runs)
	}
	for _, d := range p.directives {
		fmt.Fprintf(b, "    add %s\n", plain.Line(d.String()))
	}
}

// write writes a difference.
func (f found) write(b *strings.Builder, runs int) {
	in := fmt.Sprintf("in %d of %d split runs", f.runs, runs)
	if f.when != failed {
		fmt.Fprintf(b, "    %s %s, %s\n", plain.Line(named(f.test)), f.when, in)
		return
	}
	title := strings.TrimPrefix(f.Title, f.pkg)
	fmt.Fprintf(b, "    %s %s, %s\n", strings.ToUpper(f.Verdict), plain.Line(strings.TrimLeft(title, " ,")), in)
	if f.Message != "" {
		fmt.Fprintf(b, "        it failed: %s\n", plain.Cut(plain.Line(f.Message), 200))
	}
	why := f.Why
	switch {
	case f.ownFault():
		why = append(slices.Clone(why), "so it fails without splitting too")
	case f.Verdict == "flaky":
		why = append(slices.Clone(why), "as it failed only when it was split, its package is safe only whole")
	case f.sourceOrder:
		why = append(slices.Clone(why), "in the order of the source it comes first, so that only -shuffle shows this, or what a test leaves behind after its process")
	}
	for _, line := range append(why, f.Command) {
		if line != "" {
			fmt.Fprintf(b, "        %s\n", plain.Line(line))
		}
	}
}

// String says where a directive is to be added.
func (d directive) String() string {
	at := cmp.Or(d.File, "a test file")
	switch {
	case d.Test == "":
		return fmt.Sprintf("%s above the package clause of %s", d.Text, at)
	case d.Line > 0:
		at += fmt.Sprintf(":%d", d.Line)
	}
	return fmt.Sprintf("%s above %s, %s", d.Text, d.Test, at)
}

// named returns the name of a test, or words for what is outside all tests.
func named(test string) string {
	if test == split.OutsideTests {
		return "the process outside its tests"
	}
	return test
}

// short returns a duration with three digits.
func short(d time.Duration) string {
	unit := time.Duration(1)
	for 1000*unit <= d {
		unit *= 10
	}
	return d.Round(unit).String()
}

// numbers returns the seeds as words.
func numbers(seeds []int64) string {
	var words []string
	for _, seed := range seeds {
		words = append(words, fmt.Sprint(seed))
	}
	return strings.Join(words, ", ")
}

// worth is how much faster the longest package has to be for a mode to be recommended: about as long
// as the go command takes for anything.
const worth = 200 * time.Millisecond

// next returns the one thing to do next.
func (r *report) next() string {
	added := 0
	var grouped, fault, late bool
	var command string
	for _, p := range r.packages {
		added += len(p.directives)
		grouped = grouped || p.grouped()
		for _, f := range p.found {
			late = late || f.when == failed && f.Unfinished && !f.known()
			if f.ownFault() && !fault {
				fault, command = true, f.Command
			}
		}
	}
	whole, split := r.longest()
	gains := split > 0 && whole-split >= max(whole/10, worth)
	switch again := r.again(grouped); {
	case r.interrupted:
		return ""
	case r.count(unbuilt) > 0:
		return "make the packages build that did not, then run: " + again
	case late:
		return "give it more time to find out why tests failed: gotestshard trial --diagnose-budget 10m" + strings.TrimPrefix(r.again(false), "gotestshard trial")
	case added > 0 && !gains:
		return fmt.Sprintf("splitting makes the longest package no faster, so gotestshard -n auto is enough, without the %s above; to split anyway, add them, then run: %s",
			plain.Counted(added, "directive"), again)
	case added > 0:
		return fmt.Sprintf("add the %s above, then run: %s", plain.Counted(added, "directive"), again)
	case fault:
		return "mend the tests that fail without splitting too; this shows the first one: " + command
	case r.count(safe)+r.count(directives) == 0:
		return "not one package can be split: stay with gotestshard -n auto"
	case !gains:
		return fmt.Sprintf("%s is safe, but splitting makes the longest package no faster: gotestshard -n auto is enough", r.mode)
	}
	return fmt.Sprintf(`run gotestshard -n auto --dist %s, or write workers = "auto" and dist = "%[1]s" to .gotestshard.toml`, r.mode)
}

// again returns the command for the next trial.
func (r *report) again(grouped bool) string {
	words := []string{"gotestshard", "trial"}
	switch {
	case grouped || r.mode == plan.LoadGroup:
		words = append(words, "--dist", string(plan.LoadGroup))
	case r.mode != plan.Load:
		words = append(words, "--dist", string(r.mode))
	}
	return gotest.Line(append(words, r.args...)...)
}
