package gotest

import (
	"slices"
	"strings"
)

// Rerun describes how a rerun of some tests changes the command that ran them first. The
// zero Rerun changes nothing.
type Rerun struct {
	// Package is the import path of the only package to test.
	Package string
	// Run is the -run pattern instead of the user's, empty to keep that.
	Run string
	// Skip is a -skip pattern in addition to the user's, empty for none.
	Skip string
	// Strict is whether the tests must run, regardless of the user's flags and the cache,
	// and benchmarks only if they match Bench.
	Strict bool
	Bench  string
	// User are the user's settings. A strict rerun needs them.
	User Settings
}

// Command builds a go test -json command as gotestsum does. Packages go before -args, or to
// the end. Without arguments and packages, the package is ./... .
func (r Rerun) Command(args Args, packages []string) []string {
	var leading []string
	if !slices.Contains(args, "-json") && !slices.Contains(args, "--json") {
		leading = []string{"-json"}
	}
	if r.Run != "" {
		leading = append(leading, FlagRun+r.Run)
		args = withoutRun(args)
	}
	if r.Skip != "" {
		leading = append(leading, FlagSkip+alternatives(r.User.Skip, r.Skip))
		args = args.Without("skip")
	}
	if r.Strict && r.Run != "" && r.User.Bench != "" {
		leading = append(leading, flagBench+r.Bench)
		args = args.Without("bench")
	}
	if r.Strict && r.User.Count == "" {
		leading = append(leading, "-count=1") // otherwise the result may come from the cache
	}
	packages = defaultPackages(args, packages)
	if r.Package != "" {
		packages = []string{r.Package}
	}
	return assemble(leading, args, packages)
}

// withoutRun removes the user's -run as gotestsum does, which does not distinguish values
// from flags.
func withoutRun(args Args) Args {
	for i, arg := range args {
		name := strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-")
		switch {
		case name == "run" && name != arg && i+1 < len(args):
			return slices.Delete(slices.Clone(args), i, i+2)
		case strings.HasPrefix(name, "run=") && name != arg:
			return slices.Delete(slices.Clone(args), i, i+1)
		case name == "run" && name != arg:
			return args
		}
	}
	return args
}

// RawCommand appends arguments to a command of gotestsum's --raw-command, which must
// understand them.
func (r Rerun) RawCommand(command []string) []string {
	command = slices.Clip(command)
	if r.Run != "" {
		command = append(command, FlagRun+r.Run)
	}
	if r.Skip != "" {
		command = append(command, FlagSkip+r.Skip)
	}
	if r.Package != "" {
		command = append(command, r.Package)
	}
	return command
}

// Binary changes the arguments of a test binary.
func (r Rerun) Binary(args []string) []string {
	isFlag := func(arg string) bool { return strings.HasPrefix(arg, "-") && arg != "-" && arg != "--" }
	end := slices.IndexFunc(args, func(arg string) bool { return !isFlag(arg) })
	if end < 0 {
		end = len(args)
	}
	var changed []string
	skip := r.Skip
	bench := false
	for _, arg := range args[:end] {
		user, isSkip := strings.CutPrefix(arg, FlagSkip)
		switch {
		case strings.HasPrefix(arg, LogFlag):
		case r.Run != "" && strings.HasPrefix(arg, FlagRun):
		case r.Run != "" && strings.HasPrefix(arg, flagBench):
			bench = true
		case isSkip && r.Skip != "":
			skip = alternatives(user, r.Skip)
		default:
			changed = append(changed, arg)
		}
	}
	if r.Run != "" {
		changed = append(changed, FlagRun+r.Run)
	}
	if bench && r.Bench != "" {
		changed = append(changed, flagBench+r.Bench)
	}
	if skip != "" {
		changed = append(changed, FlagSkip+skip)
	}
	return append(changed, args[end:]...)
}

// alternatives joins two -skip patterns. The test binary splits them at a | outside
// brackets.
func alternatives(user, own string) string {
	if user == "" {
		return own
	}
	return user + "|" + own
}
