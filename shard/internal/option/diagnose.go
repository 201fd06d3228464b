package option

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// Diagnose is what gotestshard diagnose is asked to do.
type Diagnose struct {
	Call
	File   string        // a result file, empty for the last kept run
	Budget time.Duration // for how long tests run, without the time to build them
	JSON   bool
	// Show are the options that show the run again, with the reports that are asked for.
	Show Options

	args []string // more flags for go test
}

// diagnoseReports are the flags of reports with verdicts, and of what these are like.
const diagnoseReports = "summary-md html junitfile junitfile-style junitfile-testsuite-name junitfile-testcase-classname junitfile-project-name " +
	"junitfile-hide-empty-pkg junitfile-hide-skipped-tests"

// set returns the flags, and those of f that are about reports.
func (d *Diagnose) set(f *flags) *pflag.FlagSet {
	set := newFlagSet("gotestshard diagnose")
	for _, row := range d.flags() {
		row.declare(set, d.Environ)
	}
	set.AddFlagSet(f.subset(func(row flag) bool { return slices.Contains(strings.Fields(diagnoseReports), row.name) }))
	return set
}

func (d *Diagnose) flags() []flag {
	return []flag{
		{name: "diagnose-budget", to: &d.Budget, value: "2m", help: "run tests for at most this `TIME`; the time to build them does not count"},
		{name: "json", to: &d.JSON, help: "print JSON"},
	}
}

// ParseDiagnose reads the arguments of gotestshard diagnose, those after "diagnose", of a call.
func ParseDiagnose(args []string, call Call) (Diagnose, error) {
	d := Diagnose{Call: call}
	f := newFlags(call)
	f.opts.Environ = f.withoutReports(call.Environ) // those are of the run, and may be of another one
	f = newFlags(f.opts.Call)
	set := d.set(f)
	if err := set.Parse(args); err != nil {
		return d, helpOr(err, func(err error) error { return explainFlag(err, set, set.Name()) })
	}
	files := set.Args()
	if dash := set.ArgsLenAtDash(); dash >= 0 {
		files, d.args = files[:dash], files[dash:]
	}
	if packages := gotest.Args(d.args).Packages(); len(packages) > 0 {
		return d, fmt.Errorf("%q is a package, and gotestshard diagnose runs those with a failed test; leave it out", packages[0])
	}
	switch {
	case len(files) > 1:
		return d, fmt.Errorf("gotestshard diagnose takes one file that --result wrote, but there are %d; diagnose them one after another", len(files))
	case d.Budget <= 0:
		return d, fmt.Errorf("--diagnose-budget %s is not above 0; write a time such as 2m", d.Budget)
	}
	if len(files) == 1 {
		d.File = files[0]
	}
	show, err := f.show(d.File)
	show.Environ = call.Environ
	d.Show = show.again(show.Reports)
	d.Show.StepSummary = show.StepSummary
	return d, err
}

// again returns the options that write reports of the run of these options, or of another one, again
// and show nothing.
func (o Options) again(reports Reports) Options {
	o.Display, o.Job = Display{Format: "none"}, Job{CI: ci.None}
	o.Reports = Reports{JUnit: reports.JUnit, HTML: reports.HTML, SummaryMarkdown: reports.SummaryMarkdown}
	return o
}

// Rewrites returns the options that write the files of a run again which its result file tells,
// those that can have verdicts.
func (o Options) Rewrites() Options {
	o.Merge = &Merge{Files: []string{o.Result}, Single: true, Here: true}
	o = o.again(o.Reports)
	o.SummaryMarkdown = "" // which is written already
	return o
}

// Again returns the options of a run like that of an earlier command line, with a number of
// workers, which shows and keeps nothing.
func (d Diagnose) Again(command []string, workers int) (Options, error) {
	l := Last{args: d.args, words: []word{
		{"format", "none"}, {"hide-summary", "all"}, {"heartbeat", "off"}, {"timings", "off"}, {"no-keep", "true"}, {"no-tests", NoTestsPass},
		{"workers", strconv.Itoa(workers)}, {"dist", string(plan.LoadScope)},
	}}
	opts, err := l.Again(command, d.Call)
	opts.Reports, opts.Reruns, opts.Part, opts.Job = Reports{}, Reruns{}, Part{}, Job{CI: ci.None}
	opts.Area, opts.Keys, opts.MaxFails = false, false, 0
	opts.Workers = workers // whatever --max-workers is
	return opts, err
}

// WriteHelp writes the help text of gotestshard diagnose.
func (d Diagnose) WriteHelp(out io.Writer) error {
	set := (&Diagnose{}).set(newFlags(Call{}))
	_, err := fmt.Fprintf(out, diagnoseHelp, usages(set))
	return err
}

const diagnoseHelp = `Usage:
    gotestshard diagnose [flags] [RESULT] [-- go test flags]

gotestshard diagnose runs each failed test of a run again, in fresh processes from one build,
and says why it failed: it is broken, it depends on other tests (with the smallest set of them),
it collides with a package at the same time, it is flaky, or the machine was slow. For each
it prints the shortest command that shows it. RESULT is a file of --result; without it, it is
about the last run of this module that was kept, as for gotestshard last. The flags of reports
write those of that run again, with the verdicts.

    gotestshard diagnose
    gotestshard diagnose --diagnose-budget 10m part-1.gotestshard

Flags:
%s
Exit codes:
    0       each failed test has a verdict, or none failed
    1       some have none: the time was over, or they could not be built or run
    3       a bad flag, a result that cannot be used, or another error of gotestshard itself
    128+N   it was ended by signal N: 130 for Ctrl-C
`
