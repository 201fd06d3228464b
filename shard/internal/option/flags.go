package option

import (
	"slices"

	"github.com/spf13/pflag"
)

// flags are the command line's flags and what they were set to.
type flags struct {
	opts  Options
	table []flag
	set   *pflag.FlagSet

	file     *configured // nil for none
	fromFile []string    // the flags whose value is from there
}

// newFlags declares the flags of the table.
func newFlags(call Call) *flags {
	f := &flags{opts: Options{Call: call, Display: newDisplay(call.plain())}, set: newFlagSet("gotestshard")}
	f.set.SetInterspersed(false)
	f.table = f.opts.table()
	for _, row := range f.table {
		row.declare(f.set, call.Environ)
	}
	f.set.Var(helpValue{}, "help", "show this help text")
	f.set.Lookup("help").Hidden, f.set.Lookup("help").NoOptDefVal = true, "true"
	return f
}

// helpValue is the value of --help, which pflag cannot tell from -h otherwise.
type helpValue struct{}

func (helpValue) String() string   { return "" }
func (helpValue) Type() string     { return "bool" }
func (helpValue) Set(string) error { return ErrHelp }

// subset returns a set of those flags that have what is asked for.
func (f *flags) subset(has func(flag) bool) *pflag.FlagSet {
	set := newFlagSet("")
	for _, row := range f.table {
		if has(row) {
			set.AddFlag(f.set.Lookup(row.name))
		}
	}
	return set
}

// given is whether the user chose the value of a flag, on the command line or in the
// environment.
func (f *flags) given(name string) bool {
	return f.set.Changed(name) || f.row(name).fromEnvironment(f.opts.Environ) != ""
}

// chosen is whether the user or the configuration file chose the value of a flag.
func (f *flags) chosen(name string) bool {
	return f.given(name) || slices.Contains(f.fromFile, name)
}

// row returns the row of a flag that the table has.
func (f *flags) row(name string) flag {
	return f.table[slices.IndexFunc(f.table, func(row flag) bool { return row.name == name })]
}

// ours is whether the command line has a flag that gotestsum does not have. One that
// turns something off does not count.
func (f *flags) ours() bool {
	return slices.ContainsFunc(f.table, func(row flag) bool { return !row.upstream && row.name != "no-keep" && f.set.Changed(row.name) })
}

// mergeFlags are those of merge: its own, whose values go to m, and those of the reports,
// whose values go to f.
func mergeFlags(f *flags, m *Merge) *pflag.FlagSet {
	s := newFlagSet("gotestshard merge")
	for _, row := range m.flags() {
		row.declare(s, f.opts.Environ)
	}
	s.AddFlagSet(f.subset(func(row flag) bool { return row.merge || inQueue(row) }))
	return s
}
