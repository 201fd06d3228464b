package gotest

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// binaryBools are the flags of a test binary without a value. Those that the go command
// passes on are in withoutValue.
var binaryBools = map[string]bool{"fuzzworker": true, "paniconexit0": true}

// written returns a flag for the place of the coverage that the user passed to the test
// binary in addition to the go command's flag.
func written(args []string) string {
	given := map[string]bool{}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		if name+"=" != coverFlag && name+"=" != profileFlag {
			continue
		}
		if given[name] || !filepath.IsAbs(value) { // the go command's is absolute
			return name
		}
		given[name] = true
	}
	return ""
}

// binaryFlags returns the values of the -test flags by their names without "test.". The
// last flag of a name counts.
func binaryFlags(args []string) (flags map[string]string, reason string) {
	flags = map[string]string{}
	uncertain := "" // a flag whose value may end the flags
	for i, arg := range args {
		isFlag := len(arg) > 1 && arg[0] == '-' && arg != "--"
		if !isFlag && uncertain == "" && (i == 0 || !mayTakeNext(args[i-1])) {
			return flags, ""
		}
		if !isFlag {
			if uncertain == "" {
				uncertain = args[i-1]
			}
			continue
		}
		name, value, hasValue := strings.Cut(arg, "=")
		known, isTest := strings.CutPrefix(name, FlagPrefix)
		switch {
		case strings.HasPrefix(arg, "-"+FlagPrefix):
			return nil, fmt.Sprintf("%s is written with two dashes", arg)
		case name == "-h", name == "-help", name == "--h", name == "--help":
			return nil, fmt.Sprintf("%s may be a request for help", arg)
		case !isTest:
		case uncertain != "":
			return nil, fmt.Sprintf("%s comes after %s, whose value may end the flags", arg, uncertain)
		case !hasValue && !withoutValue[known] && !binaryBools[known]:
			return nil, fmt.Sprintf("%s has its value in a separate argument", arg)
		default:
			flags[known] = value
		}
	}
	return flags, ""
}

// mayTakeNext reports whether an argument is a flag that may take the next one as its
// value.
func mayTakeNext(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && !strings.Contains(arg, "=") && !strings.HasPrefix(arg, FlagPrefix)
}

// times returns -count times the number of -cpu values, parsed as in package testing.
func times(flags map[string]string) (n int, reason string) {
	n = 1
	if text, ok := flags["count"]; ok {
		count, err := strconv.ParseUint(text, 0, 31)
		if err != nil || count == 0 {
			return 0, fmt.Sprintf("-count %q runs nothing", text)
		}
		n = int(count)
	}
	values := 0
	for value := range strings.SplitSeq(flags["cpu"], ",") {
		value = strings.TrimSpace(value)
		if value == "" {
			continue
		}
		if cpu, err := strconv.Atoi(value); err != nil || cpu <= 0 {
			return 0, fmt.Sprintf("-cpu %q runs nothing", flags["cpu"])
		}
		values++
	}
	return n * max(1, values), ""
}
