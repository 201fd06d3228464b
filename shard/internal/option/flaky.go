package option

import (
	"errors"
	"fmt"
	"io"
)

// Flaky is what gotestshard flaky is asked to do.
type Flaky struct {
	Call
	Files   []string // result files and folders of them, none for the kept runs of the module
	All     bool     // whether tests are listed that failed and have not passed in the same state of the sources
	JSON    bool
	Suggest bool // whether it prints entries for the configuration file
}

func (a *Flaky) flags() []flag {
	return []flag{
		{name: "all", to: &a.All, help: "also list tests that failed, but never failed and passed on one commit"},
		{name: "json", to: &a.JSON, help: "print JSON"},
		{name: "suggest", to: &a.Suggest, help: "print an entry for the configuration file for each flaky test"},
	}
}

// ParseFlaky reads the arguments of gotestshard flaky, those after "flaky", of a call.
func ParseFlaky(args []string, call Call) (Flaky, error) {
	a := Flaky{Call: call}
	set := newFlagSet("gotestshard flaky")
	for _, row := range a.flags() {
		row.declare(set, call.Environ)
	}
	if err := set.Parse(args); err != nil {
		return a, helpOr(err, func(err error) error { return explainFlag(err, set, set.Name()) })
	}
	a.Files = set.Args()
	if a.JSON && a.Suggest {
		return a, errors.New("--json and --suggest cannot be used together; use one of them")
	}
	return a, nil
}

// WriteHelp writes the help text of gotestshard flaky.
func (a Flaky) WriteHelp(out io.Writer) error {
	set := newFlagSet("gotestshard flaky")
	for _, row := range (&Flaky{}).flags() {
		row.declare(set, a.Environ)
	}
	_, err := fmt.Fprintf(out, flakyHelp, usages(set))
	return err
}

const flakyHelp = `Usage:
    gotestshard flaky [flags] [RESULTS]

gotestshard flaky lists the tests that have failed and passed with the same sources, over
many runs: how often they ran and failed, how often the result changed on one commit, and
between which values the rate of failures is (95 %% interval). RESULTS are files of --result,
such as artifacts of CI jobs, or folders of them. Without RESULTS, it is about the kept runs
of this module, the last ten.

    gotestshard flaky
    gotestshard flaky artifacts/
    gotestshard flaky --suggest artifacts/ >> .gotestshard.toml

Flags:
%s
Exit codes:
    0       the results were read, also if tests are flaky
    3       a file cannot be used, or there are none
`
