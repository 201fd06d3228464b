package gotest

import (
	"slices"
	"strings"
)

// Rerun is what a run of some tests again changes in the command that ran them
// first. The zero Rerun changes nothing.
type Rerun struct {
	// Package is the import path of the only package to test.
	Package string
	// Run is the -run pattern in place of the user's, empty to keep that.
	Run string
	// Skip is a -skip pattern beside the user's, empty for none.
	Skip string
	// Strict is whether the tests have to run, whatever the user's flags and the
	// cache say, and benchmarks only those that match Bench.
	Strict bool
	Bench  string
	// User is what the user set. A strict rerun needs it.
	User Settings
}

// Command puts a go test -json command together as gotestsum does: packages go
// before -args, or to the end; without arguments and packages it is ./... .
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
		leading = append(leading, "-count=1") // else the result may be one of another day
	}
	packages = defaultPackages(args, packages)
	if r.Package != "" {
		packages = []string{r.Package}
	}
	return assemble(leading, args, packages)
}

// withoutRun takes the user's -run out as gotestsum does, which asks nobody
// what is a value and what a flag.
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

// RawCommand appends to a command that gotestsum's --raw-command takes what such
// a command has to understand.
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
		case strings.HasPrefix(arg, logFlag):
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

// alternatives joins two -skip patterns. The test binary splits them at a | that
// is in no bracket.
func alternatives(user, own string) string {
	if user == "" {
		return own
	}
	return user + "|" + own
}
