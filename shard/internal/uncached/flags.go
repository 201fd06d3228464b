package uncached

import (
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// cacheable are the flags of a test binary with which a result is cached (cmd/go/internal/test,
// runCache.tryCacheWithID). Their values are part of its key.
var cacheable = []string{"benchtime", "cpu", "list", "parallel", "run", "short", "skip", "timeout", "failfast", "v", "fullpath"}

// indifferent are flags with which a result is cached whatever their value.
var indifferent = []string{"coverprofile", "outputdir"}

// own are flags that the go command adds after it has looked for a result.
var own = []string{"testlogfile", "paniconexit0", "fuzzcachedir", "gocoverdir"}

func flagName(arg string) (name string, ok bool) {
	name, ok = strings.CutPrefix(arg, gotest.FlagPrefix)
	name, _, _ = strings.Cut(name, "=")
	return name, ok
}

// Disabled returns which of the arguments of a test binary keeps results out of the cache, as the
// user wrote it, or nothing.
func Disabled(args []string) string {
	for _, arg := range args {
		name, ok := flagName(arg)
		switch {
		case ok && slices.Contains(own, name):
		case !ok:
			return "the test gets the argument " + arg
		case !strings.Contains(arg, "="), !slices.Contains(cacheable, name) && !slices.Contains(indifferent, name):
			return "-" + strings.TrimPrefix(arg, gotest.FlagPrefix)
		}
	}
	return ""
}

// keyArgs returns the arguments that are part of the key.
func keyArgs(args []string) (key []string) {
	for _, arg := range args {
		if name, ok := flagName(arg); ok && slices.Contains(cacheable, name) {
			key = append(key, arg)
		}
	}
	return key
}

// differentFlags returns the names of the flags that only one of two command lines has, or that have
// another value there.
func differentFlags(a, b []string) (names []string) {
	for _, pair := range [][2][]string{{a, b}, {b, a}} {
		for _, arg := range pair[0] {
			name, _ := flagName(arg)
			if !slices.Contains(pair[1], arg) && !slices.Contains(names, "-"+name) {
				names = append(names, "-"+name)
			}
		}
	}
	return names
}
