package option

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// mixedSet returns the flags of a command: its own, and those of a run that has allows.
func mixedSet(command string, own []flag, f *flags, has func(flag) bool) *pflag.FlagSet {
	set := newFlagSet(command)
	for _, row := range own {
		row.declare(set, f.opts.Environ)
	}
	set.AddFlagSet(f.subset(has))
	return set
}

// refuseNoTests refuses flags of go test with which it runs something else than tests.
func refuseNoTests(command string, args gotest.Args) error {
	for _, name := range []string{"bench", "fuzz", "c", "list"} {
		if _, ok := args.Lookup(name); ok {
			return fmt.Errorf("-%s cannot be used with %s, which runs tests", name, command)
		}
	}
	return nil
}

// seedOf returns the seed of a value of -shuffle, 0 for on, off and none.
func seedOf(shuffle string) (seed int64, err error) {
	if shuffle == "" || shuffle == "on" || shuffle == "off" {
		return 0, nil
	}
	if _, err = fmt.Sscanf(shuffle, "%d", &seed); err != nil || fmt.Sprint(seed) != shuffle {
		return 0, fmt.Errorf("-shuffle %s is neither on, off nor a number", shuffle)
	}
	return seed, nil
}

// wordsOfRun returns those of the flags that are of a run, and not a command's own.
func wordsOfRun(set *pflag.FlagSet, own []flag, args []string) (words []string) {
	_ = set.ParseAll(args, func(given *pflag.Flag, value string) error { // was parsed before
		if !slices.ContainsFunc(own, func(row flag) bool { return row.name == given.Name }) {
			words = append(words, "--"+given.Name+"="+value)
		}
		return nil
	})
	return words
}

// splitMixed returns the arguments of a command and those of go test, which may be mixed: -run and
// others of go test are what such a command is mostly used with.
func splitMixed(set *pflag.FlagSet, args []string) (own []string, goArgs gotest.Args, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		word, takes := ownFlag(set, arg)
		to := &own
		switch {
		case arg == "--":
			return own, append(goArgs, args[i+1:]...), nil
		case arg == "-args" || arg == "--args":
			return own, append(goArgs, args[i:]...), nil
		case arg == "-h" || arg == "-help" || arg == "--help":
			return nil, nil, ErrHelp
		case word != "":
			arg = word
		case strings.HasPrefix(arg, "--") && !gotest.IsFlag(arg):
			return []string{arg}, nil, nil // parsing it has the error
		default:
			to, takes = (*[]string)(&goArgs), strings.HasPrefix(arg, "-") && gotest.Args{arg}.Unfinished()
		}
		*to = append(*to, arg)
		if takes && i+1 < len(args) {
			i++
			*to = append(*to, args[i])
		}
	}
	return own, goArgs, nil
}

// ownFlag returns an argument as set reads it, and whether its value is the next one; empty if it
// is not one of its flags. These may have one dash, as -count has for go test.
func ownFlag(set *pflag.FlagSet, arg string) (word string, takes bool) {
	name, _, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	if name == "" || !strings.HasPrefix(arg, "-") {
		return "", false
	}
	if flag := set.Lookup(name); flag != nil {
		return "--" + strings.TrimLeft(arg, "-"), !hasValue && flag.NoOptDefVal == ""
	}
	if strings.HasPrefix(arg, "--") || set.ShorthandLookup(name[:1]) == nil || !isNumber(name[1:]) {
		return "", false
	}
	return arg, len(name) == 1 && !hasValue // -n 8, -n8 and -n=8
}

func isNumber(text string) bool { return strings.Trim(text, "0123456789") == "" }
