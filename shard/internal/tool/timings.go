package tool

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

const timingsHelp = `Usage: %[1]s COMMAND [flags]

Commands:
    %[1]s import    import durations from files of gotestsum, go test -json or JUnit
    %[1]s show      print the slowest tests and packages

Use '%[1]s COMMAND --help' for command specific help.
`

// runTimings runs the tool for the timing history; args are those after "timings".
func runTimings(name string, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "", "help", "?", "-h", "--help":
		_, err := fmt.Fprintf(stdout, timingsHelp+"\n", name)
		return err
	case "import":
		return importTimings(name+" "+command, args, stdin, stdout, stderr)
	case "show":
		return showTimings(name+" "+command, args, stdout)
	}
	_, err := fmt.Fprintf(stderr, timingsHelp+"\n", name)
	return errors.Join(fmt.Errorf("invalid command: %s %s", name, command), err)
}

// timingsFlags are the flags that the commands share. The help is the usage, with the name
// of the command, and then the flags.
type timingsFlags struct {
	*pflag.FlagSet
	file string
}

func newTimingsFlags(name string) *timingsFlags {
	f := &timingsFlags{FlagSet: pflag.NewFlagSet(name, pflag.ContinueOnError)}
	f.SortFlags = false
	f.Usage = func() {} // errors describe the problem, parse prints the help
	f.StringVar(&f.file, "timings", "", "timing history `FILE` (default: the one of the module or workspace in the user's cache directory)")
	return f
}

// parse returns done if the help was requested and printed.
func (f *timingsFlags) parse(args []string, usage string, stdout io.Writer) (done bool, err error) {
	switch err := f.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		_, err := fmt.Fprintf(stdout, usage+"\nFlags:\n%[2]s", f.Name(), f.FlagUsages())
		return true, err
	case err != nil:
		return false, fmt.Errorf("%w; see '%s --help'", err, f.Name())
	}
	if f.Changed("timings") && f.file == "" {
		return false, errors.New("--timings is empty; leave it out to use the timing history of the module or workspace")
	}
	return false, nil
}

// history returns the named file or that of the module or the workspace, and its modules,
// which may be empty for a named file.
func (f *timingsFlags) history() (file string, modules []string, err error) {
	signals := signals.Start(false)
	defer signals.Stop()
	modules, err = history.Modules(signals.Ctx, ".")
	if signals.Received() != 0 {
		return "", nil, exit.Signalled(signals.Received())
	}
	switch {
	case f.file != "":
		return f.file, modules, nil
	case err != nil:
		return "", nil, fmt.Errorf("%w; go to the folder of the module or workspace, or name a timing history with --timings", err)
	}
	file, err = history.DefaultFile(modules)
	return file, modules, err
}
