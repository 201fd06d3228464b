package option

import (
	"fmt"
	"io"
	"strconv"
	"time"

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

	args []string // more flags for go test
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
	set := newFlagSet("gotestshard diagnose")
	for _, row := range d.flags() {
		row.declare(set, call.Environ)
	}
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
	return d, nil
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
	set := newFlagSet("")
	for _, row := range (&Diagnose{}).flags() {
		row.declare(set, d.Environ)
	}
	_, err := fmt.Fprintf(out, diagnoseHelp, set.FlagUsages())
	return err
}

const diagnoseHelp = `Usage:
    gotestshard diagnose [flags] [RESULT] [-- go test flags]

gotestshard diagnose runs each failed test of a run again, in fresh processes from one build,
and says why it failed: it is broken, it depends on other tests (with the smallest set of them),
it collides with a package at the same time, it is flaky, or the machine was slow. For each
it prints the shortest command that shows it. RESULT is a file of --result; without it, it is
about the last run of this module that was kept, as for gotestshard last.

    gotestshard diagnose
    gotestshard diagnose --diagnose-budget 10m part-1.gotestshard

Flags:
%s
Exit codes:
    0       each failed test has a verdict, or there is not any
    1       some have none: there was no time, or they could not be built or run
    3       a bad flag, a result that cannot be used, or another error of gotestshard itself
    128+N   it was ended by signal N: 130 for Ctrl-C
`
