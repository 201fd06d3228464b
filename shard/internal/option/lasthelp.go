package option

import (
	"fmt"
	"io"
)

// WriteLastHelp writes the help text of gotestshard last.
func WriteLastHelp(out io.Writer, call Call) error {
	own := newFlagSet("gotestshard last")
	for _, row := range (&Last{}).flags() {
		row.declare(own, call.Environ)
	}
	_, err := fmt.Fprintf(out, lastHelp, usages(own), showFlags(call))
	return err
}

// WriteShowHelp writes the help text of gotestshard show.
func WriteShowHelp(out io.Writer, call Call) error {
	_, err := fmt.Fprintf(out, showHelp, showFlags(call))
	return err
}

func showFlags(call Call) string {
	return usages(newFlags(call).subset(func(row flag) bool { return row.merge }))
}

const lastHelp = `Usage:
    gotestshard last [flags]
    gotestshard last --failed [flags] [-- go test flags]
    gotestshard last --same-process TEST [flags] [-- go test flags]

gotestshard last shows the last run of this module again, in any format and with any
report, and ends with its exit code. It works in every folder of the module. The
last run is the last one with -n, --shard or another flag that gotestsum does not
have; those of a CI and those with --no-keep are not kept.

    gotestshard last -f testname
    gotestshard last --html report.html --hide-summary all
    gotestshard last --failed -n 2 -- -race
    gotestshard last --same-process TestX
    gotestshard last --same-process store.TestX

To run tests again:
%s
They run with the flags of the last run, also those of go test, on the same number of
workers. Its report files are not written again. Flags of gotestshard and of go test
on this command line are added and take precedence.

To show the run:
%s
Exit codes:
    that of the last run, or of the new run
    1       also if a test that should run again did not run
    3       there is no last run, or it cannot be used
`

const showHelp = `Usage:
    gotestshard show [flags] FILE

gotestshard show shows a run again from the file that its --result wrote, such as the
artifact of a CI job, and ends with its exit code.

    gotestshard show -f testname part-1.gotestshard
    gotestshard show --html report.html part-1.gotestshard

Flags:
%s
Exit codes:
    that of the run
    1       the file is cut off
    3       the file cannot be used
`
