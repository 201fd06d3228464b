package option

import (
	"fmt"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// checkBehindPackages refuses a flag of gotestshard behind a package, where it goes to go
// test, which does not know it. Flags behind a -- are go test's or those of the tests. A plain
// run leaves gotestsum's flags to gotestsum's way.
func (f *flags) checkBehindPackages() error {
	args := f.opts.Args
	if f.set.ArgsLenAtDash() >= 0 || f.opts.RawCommand {
		return nil
	}
	for i, arg := range args {
		if arg == "-args" || arg == "--args" || arg == "--" {
			return nil
		}
		if f.isOwn(arg) || isWorkers(args[i:]) {
			return fmt.Errorf("flags of gotestshard go before the packages: write %s before %s; if it is a flag of the tests, write -- before %[2]s", arg, args[0])
		}
	}
	return nil
}

// isOwn reports whether an argument is a flag of gotestshard that go test does not know.
func (f *flags) isOwn(arg string) bool {
	name, _, _ := strings.Cut(arg, "=")
	for _, row := range f.table {
		if row.upstream && !f.opts.Distributed() {
			continue
		}
		if name == "--"+row.name || row.short != "" && name == "-"+row.short {
			return !gotest.IsFlag(name)
		}
	}
	return false
}

// isWorkers reports whether arguments begin with -n and a number of workers. The -n of go
// test has no value.
func isWorkers(args []string) bool {
	value, ok := strings.CutPrefix(args[0], "-n")
	if value == "" && len(args) > 1 {
		value = args[1]
	}
	return ok && (&workersValue{to: new(int)}).Set(strings.TrimPrefix(value, "=")) == nil
}
