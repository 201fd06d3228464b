// Package tool implements gotestshard tool: gotestsum's tools and those for test durations.
package tool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"gotest.tools/gotestsum/cmd/tool/slowest"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// toolHelp is gotestsum's, plus tools of our own.
const toolHelp = `Usage: %[1]s COMMAND [flags]

Commands:
    %[1]s slowest      find or skip the slowest tests
    %[1]s ci-matrix    use previous test runtime to place packages into optimal buckets
    %[1]s timings      import or show test durations
    %[1]s report       make a page of the output of go test -json

Use '%[1]s COMMAND --help' for command specific help.
`

// Run runs gotestsum's tools and our own; args are those after "tool". Gotestsum's tools
// use the streams and the environment of this process.
func Run(args []string, call option.Call, stdout, stderr io.Writer) error {
	name := "gotestshard tool"
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "", "help", "?", "-h", "--help":
		_, err := fmt.Fprintf(stdout, toolHelp+"\n", name)
		return err
	case "slowest":
		if file := call.Environ.Get("GOTESTSHARD_JSONFILE"); file != "" {
			// Gotestsum reads this variable; ours takes precedence.
			if err := os.Setenv("GOTESTSUM_JSONFILE", file); err != nil {
				return err
			}
		}
		return slowest.Run(name+" "+command, args)
	case "ci-matrix":
		return runMatrix(name+" "+command, args, call, stdout, stderr)
	case "timings":
		return runTimings(name+" "+command, args, call.Stdin, stdout, stderr)
	case "report":
		return runReport(name+" "+command, args, call, stdout, stderr)
	}
	_, err := fmt.Fprintf(stderr, toolHelp+"\n", name)
	invalid := fmt.Sprintf("invalid command: %s %s", name, command)
	if hint := plain.Suggest(command, []string{"slowest", "ci-matrix", "timings", "report"}); hint != "" {
		invalid += "; " + strings.TrimSpace(hint)
	}
	return errors.Join(errors.New(invalid), err)
}
