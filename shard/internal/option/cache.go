package option

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Cache is what a command of gotestshard cache is asked to do.
type Cache struct {
	Call
	Command string   // prepare, explain or trim
	Args    []string // what follows the flags: the folder of prepare, the packages of explain
	Max     Bytes    // of trim: how large the go command's build cache may be, 0 for any size
}

// cacheCommands are the commands of gotestshard cache.
var cacheCommands = []string{"prepare", "explain", "trim"}

func (c *Cache) flags() []flag {
	switch c.Command {
	case "trim":
		return []flag{
			{name: "max", to: &c.Max, help: "remove also what was used, the least recently used first, until the rest has at most this `SIZE`, such as 2G or 500M"},
		}
	default:
		return nil
	}
}

// ParseCache reads the arguments of gotestshard cache, those after "cache", of a call. With ErrHelp,
// it returns what the help is to be about.
func ParseCache(args []string, call Call) (Cache, error) {
	c := Cache{Call: call}
	if len(args) == 0 || args[0] == "help" || args[0] == "?" {
		return c, ErrHelp
	}
	if strings.HasPrefix(args[0], "-") {
		return c, helpOr(newFlagSet("gotestshard cache").Parse(args), func(err error) error {
			return fmt.Errorf("%w; gotestshard cache --help lists the commands, which come before their flags", err)
		})
	}
	if _, ok := cacheHelp[args[0]]; !ok {
		return c, fmt.Errorf("unknown command: gotestshard cache %s; %sgotestshard cache --help lists the commands", args[0], plain.Suggest(args[0], cacheCommands))
	}
	c.Command = args[0]
	set := newFlagSet("gotestshard cache " + c.Command)
	for _, row := range c.flags() {
		row.declare(set, call.Environ)
	}
	if err := set.Parse(args[1:]); err != nil {
		return c, helpOr(err, func(err error) error { return explainFlag(err, set, set.Name()) })
	}
	c.Args = set.Args()
	return c, nil
}

// helpOr returns ErrHelp for a flag that asks for help, and what explain makes of another error.
func helpOr(err error, explain func(error) error) error {
	if errors.Is(err, ErrHelp) || errors.Is(err, ErrShortHelp) {
		return ErrHelp
	}
	return explain(err)
}

// WriteHelp writes the help text of the command, or of gotestshard cache if there is none.
func (c Cache) WriteHelp(out io.Writer) error {
	set := newFlagSet(c.Command)
	for _, row := range c.flags() {
		row.declare(set, c.Environ)
	}
	text := cacheHelp[c.Command]
	if set.HasFlags() {
		text += "\nFlags:\n" + usages(set)
	}
	_, err := io.WriteString(out, text)
	return err
}

// cacheHelp is the help of each command, and under "" that of gotestshard cache.
var cacheHelp = map[string]string{
	"": `Usage:
    gotestshard cache prepare [DIR]
    gotestshard cache explain [packages]
    gotestshard cache trim [--max SIZE]

gotestshard cache makes the results that go test keeps hold in a CI, where every job has
a fresh clone.

Commands:
    gotestshard cache prepare    set the times of files and folders from what is in them, as
                                 go test's cached results depend on these times
    gotestshard cache explain    say for each package of the last run why it was not cached
    gotestshard cache trim       remove from the go command's build cache what was not used
                                 since prepare, before a CI stores it

gotestshard cache COMMAND --help describes a command.
`,
	"prepare": `Usage:
    gotestshard cache prepare [DIR]

gotestshard cache prepare sets the modification times of files, links and folders from a
hash of what is in them. They are part of the go command's key of a test result, and a new
clone has new ones, so without this no result of an earlier CI job is found. DIR is the
folder of this workspace or module if it is left out. What git ignores keeps its times.

    gotestshard cache prepare
    gotestshard -n auto
    gotestshard cache trim --max 2G

Exit codes:
    0       all times are right now
    3       something else, such as a time that cannot be set
`,
	"explain": `Usage:
    gotestshard cache explain [packages]

gotestshard cache explain says for each package of the last run why the go command did not
take its result from the cache: a flag, a changed file or variable, a new test binary, a
test that failed the last time. If that is not known, it says what is excluded. The
packages are written as for go test; without them, it is about all of the run. The run
must have -n, and is not kept with --no-keep, or in a CI without --no-keep=false.

Exit codes:
    0       each package has its line
    3       something else, such as no kept run, or packages that do not exist
`,
	"trim": `Usage:
    gotestshard cache trim [--max SIZE]

gotestshard cache trim removes from the go command's build cache (go env GOCACHE) what was
not used since the last trim, or else since gotestshard cache prepare. A CI stores the rest
for its next job. No go command should run at the same time.

Exit codes:
    0       the build cache is trimmed
    3       something else, such as a file that cannot be removed
`,
}
