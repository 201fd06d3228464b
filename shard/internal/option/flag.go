package option

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// flag is a row of the table of flags. The command line, the help and its list of
// variables are made from the table.
type flag struct {
	name, short string
	// to is where the value goes: a *bool, *int, *string, *[]string, *time.Duration or
	// pflag.Value. It says the flag's type.
	to any
	// value is the default, as one writes it on the command line; without it the default
	// is what to holds.
	value string
	// bare is the value of the flag when it is written without one, empty if it needs one.
	bare string
	// env is the variable that has another default, without GOTESTSHARD_ or GOTESTSUM_.
	// Only a *bool and a *string have one: every text is right for them.
	env string
	// help has the name of the value in backquotes. -h shows it up to the first ": ", "; ",
	// " (" or ". ".
	help string
	// task is the heading under which -h shows the flag, empty for a flag that is not used
	// every day.
	task string
	// example is a value for the file of gotestshard config init, in the form of that file;
	// without it it is the default.
	example string

	// needs is what a flag has an effect with, empty for any run.
	needs need
	// plain is the default in a run without workers and shards, empty for the same one.
	plain string

	// of is the flag of which this is a second name, empty for a flag of its own.
	of string

	upstream bool // gotestsum has this flag too, and the help is gotestsum's
	hidden   bool // the help does not list it
	merge    bool // gotestshard merge has this flag too
	once     bool // about one call, so it has no place in a configuration file
	required bool // for a key of a table in that file: it must be there
}

// need is what a flag has an effect with.
type need string

const (
	needsWorkers need = "-n"
	needsSeveral need = "-n or --shard"
	needsQueue   need = "--queue"
)

// declare adds the flag to set.
func (f flag) declare(set *pflag.FlagSet, env environ.List) {
	switch to := f.to.(type) {
	case *bool:
		set.BoolVarP(to, f.name, f.short, *to, f.help)
	case *int:
		set.IntVarP(to, f.name, f.short, *to, f.help)
	case *string:
		set.StringVarP(to, f.name, f.short, *to, f.help)
	case *[]string:
		set.StringArrayVarP(to, f.name, f.short, *to, f.help)
	case *time.Duration:
		set.DurationVarP(to, f.name, f.short, *to, f.help)
	case pflag.Value:
		set.VarP(to, f.name, f.short, f.help)
	}
	declared := set.Lookup(f.name)
	declared.Hidden = f.hidden
	declared.NoOptDefVal = cmp.Or(f.bare, declared.NoOptDefVal)
	text := cmp.Or(f.fromEnvironment(env), f.value)
	if text == "" {
		return
	}
	if err := declared.Value.Set(text); err != nil {
		panic(fmt.Sprintf("the default of --%s: %v", f.name, err)) // a test parses every default
	}
	declared.DefValue = declared.Value.String()
}

// fromEnvironment returns the default that the environment has for the flag, empty for
// none.
func (f flag) fromEnvironment(env environ.List) string {
	if f.env == "" {
		return ""
	}
	text := cmp.Or(env.Get("GOTESTSHARD_"+f.env), env.Get("GOTESTSUM_"+f.env))
	if _, ok := f.to.(*bool); ok && text != "" { // as gotestsum reads it
		return strconv.FormatBool(slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(text)))
	}
	return text
}

// newFlagSet returns a set that keeps the order of its flags.
func newFlagSet(name string) *pflag.FlagSet {
	set := pflag.NewFlagSet(name, pflag.ContinueOnError)
	set.SortFlags = false
	set.Usage = func() {} // Parse's caller prints the help
	return set
}
