package option

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/config"
)

// RunConfig runs gotestshard config with the arguments after "config": it prints the value of
// each flag and where it is from, or with init writes a configuration file.
func RunConfig(args []string, call Call, out io.Writer) error {
	if len(args) > 0 && args[0] == "init" {
		return initConfig(args[1:], out)
	}
	f := newFlags(call)
	words, err := f.words(args)
	if err == nil {
		err = f.set.Parse(args)
	}
	switch {
	case errors.Is(err, ErrHelp), errors.Is(err, ErrShortHelp):
		return writeText(out, configHelp)
	case err != nil:
		return explainFlag(err, f.set, "gotestshard config")
	case f.set.NArg() > 0:
		return fmt.Errorf("gotestshard config takes flags, or the word init, but there is %q: %swrite go test's flags into the key args of the file",
			f.set.Arg(0), plain.Suggest(f.set.Arg(0), []string{"init"}))
	}
	if err := f.configure(flag.isKey); err != nil {
		return err
	}
	f.configureArgs()
	if err := f.sources(f.settle()); err != nil {
		return err
	}
	return writeText(out, f.inForce(words))
}

func writeText(out io.Writer, text string) error {
	_, err := io.WriteString(out, text)
	return err
}

// widest is the longest line, in characters, behind which the comments of all lines are
// aligned.
const widest = 60

// inForce returns the values of all flags in the form of a configuration file, the defaults
// as comments. words are the flags of the command line.
func (f *flags) inForce(words []word) string {
	type line struct{ text, from string }
	var chosen []line
	var defaults, others []string // others need what this run does not have
	for _, row := range f.table {
		if !row.isKey() {
			continue
		}
		text, from := f.origin(row, words)
		add, lacks := &defaults, f.opts.lacks(row.needs)
		if lacks {
			add = &others
		}
		switch {
		case from != "" && lacks:
			chosen = append(chosen, line{row.name + " = " + text, from + ", only with " + string(row.needs)})
		case from != "":
			chosen = append(chosen, line{row.name + " = " + text, from})
		case text == `""`:
			*add = append(*add, "# "+row.name+" is not set")
		default:
			*add = append(*add, "# "+row.name+" = "+text)
		}
	}
	if f.file != nil && f.opts.configArgs > 0 {
		value := f.file.values[keyArgs]
		chosen = append(chosen, line{keyArgs + " = " + tomlOf(value), f.place(value)})
	}
	var b strings.Builder
	width := 0
	for _, one := range chosen {
		if n := utf8.RuneCountInString(one.text); n <= widest {
			width = max(width, n)
		}
	}
	switch {
	case f.opts.noConfig:
		b.WriteString("# Without a configuration file\n")
	case f.file == nil:
		b.WriteString("# There is not a configuration file; gotestshard config init writes one.\n")
	case f.file.profile == "":
		fmt.Fprintf(&b, "# %s, without a profile\n", f.file.file.Path)
	default:
		fmt.Fprintf(&b, "# %s, profile %s\n", f.file.file.Path, f.file.profile)
	}
	for _, one := range chosen {
		fmt.Fprintf(&b, "%-*s # %s\n", width, one.text, one.from)
	}
	b.WriteString("\n# Defaults:\n")
	for _, one := range defaults {
		b.WriteString(one + "\n")
	}
	if len(others) > 0 {
		b.WriteString("\n# Defaults of what only has an effect with " + f.opts.lacking() + ":\n")
		b.WriteString(strings.Join(others, "\n") + "\n")
	}
	if f.file != nil {
		b.WriteString(f.tablesInForce())
	}
	return b.String()
}

// tablesInForce returns the tables of the file, which are in force as they are there.
func (f *flags) tablesInForce() string {
	var b strings.Builder
	for _, kind := range f.opts.Tables.list() {
		list := f.file.file.Root.Get(kind.name)
		if list == nil {
			continue
		}
		for _, item := range list.Items {
			fmt.Fprintf(&b, "\n[[%s]] # %s\n", kind.name, f.place(item))
			for _, value := range item.Items {
				fmt.Fprintf(&b, "%s = %s\n", value.Key, tomlOf(value))
			}
		}
	}
	return b.String()
}

// origin returns the value of a flag as a configuration file has it, and where it is from,
// empty for the default.
func (f *flags) origin(row flag, words []word) (text, from string) {
	var values []string
	for _, word := range words {
		if word.name == row.name || f.row(word.name).of == row.name {
			values = append(values, word.value)
		}
	}
	switch {
	case len(values) > 0:
		return row.toml(values), "command line"
	case slices.Contains(f.fromFile, row.name):
		value := f.file.values[row.name]
		return tomlOf(value), f.place(value)
	case row.fromEnvironment(f.opts.Environ) != "":
		from := "GOTESTSHARD_" + row.env
		if f.opts.Environ.Get(from) == "" {
			from = "GOTESTSUM_" + row.env
		}
		return row.toml([]string{row.fromEnvironment(f.opts.Environ)}), from
	}
	if row.plain != "" && !f.opts.Distributed() {
		return row.toml([]string{row.plain}), ""
	}
	return row.initial(f.set), ""
}

// place is where a value of the file is, without the column.
func (f *flags) place(value *config.Value) string {
	place := f.file.file.Place(value)
	return place[:strings.LastIndexByte(place, ':')]
}

// initial returns the default of a flag as a configuration file has it.
func (f flag) initial(set *pflag.FlagSet) string {
	switch to := f.to.(type) {
	case *workersValue:
		return "0"
	case *choiceValue:
		return quoted([]string{cmp.Or(set.Lookup(f.name).DefValue, to.choices[0])})
	}
	if f.isList() {
		return "[]"
	}
	return f.toml([]string{set.Lookup(f.name).DefValue})
}

func (f flag) isList() bool {
	kinds, _ := f.kinds()
	return kinds[0] == config.List
}

// toml returns the values that a command line has for a flag as a configuration file has them.
func (f flag) toml(values []string) string {
	kinds, _ := f.kinds()
	last := values[len(values)-1]
	switch to := f.to.(type) {
	case joined:
		return "[" + quoted(strings.FieldsFunc(strings.Join(values, to.separator()), func(r rune) bool { return strings.ContainsRune(to.separator(), r) })) + "]"
	default:
		if f.isList() {
			return "[" + quoted(values) + "]"
		}
	}
	if _, err := strconv.Atoi(last); kinds[0] == config.Bool || kinds[0] == config.Integer && err == nil {
		return last
	}
	return strconv.Quote(last)
}

// tomlOf returns a value of a configuration file in one line.
func tomlOf(value *config.Value) string {
	switch value.Kind {
	case config.List:
		texts, _ := value.Texts()
		return "[" + quoted(texts) + "]"
	case config.Text:
		return strconv.Quote(value.Text)
	}
	return value.Text
}

// initConfig writes a configuration file in which all is a comment.
func initConfig(args []string, out io.Writer) error {
	if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
		return writeText(out, configHelp)
	}
	if len(args) > 0 {
		return fmt.Errorf("gotestshard config init takes no arguments, but there is %q: leave it out", args[0])
	}
	path, err := config.Place(".")
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists already: edit it, or remove it first", path)
	}
	if err == nil {
		_, err = file.WriteString(template())
		err = cmp.Or(err, file.Close())
	}
	if err != nil {
		return fmt.Errorf("writing the configuration file: %w", err)
	}
	_, err = fmt.Fprintf(out, "wrote %s: remove the # in front of what you want to change\n", path)
	return err
}

// SchemaURL is where the JSON schema of the configuration file is published.
const SchemaURL = "https://raw.githubusercontent.com/gotestshard/gotestshard/main/docs/gotestshard.schema.json"

// template returns a configuration file with the most common flags as comments.
func template() string {
	f := newFlags(Call{})
	var b strings.Builder
	fmt.Fprintf(&b, "#:schema %s\n%s\n", SchemaURL, templateHead)
	for _, task := range tasks() {
		fmt.Fprintf(&b, "\n#### %s\n", task)
		for _, row := range f.table {
			if row.task != task || !row.isKey() {
				continue
			}
			_, help := pflag.UnquoteUsage(f.set.Lookup(row.name))
			text := cmp.Or(row.example, row.initial(f.set))
			fmt.Fprintf(&b, "\n# %s:\n# %s = %s\n", firstPart(help), row.name, text)
		}
	}
	b.WriteString(templateEnd)
	for _, kind := range f.opts.Tables.list() {
		fmt.Fprintf(&b, "\n#### Tables of which there can be several: %s\n\n# [[%s]]\n", kind.help, kind.name)
		for _, row := range kind.add().keys() {
			fmt.Fprintf(&b, "# %s = %s\n", row.name, row.example)
		}
	}
	return b.String()
}

const templateHead = `# Defaults of gotestshard's flags in this module. The command line and the variables
# GOTESTSHARD_... have precedence. gotestshard config shows what is in force.
`

const templateEnd = `
#### Flags of go test, before those of the command line

# args = ["-race", "-shuffle=on"]

#### Profiles: used with --profile NAME, and ci by every job of a CI

# [profile.ci]
# junitfile = "junit.xml"
# rerun-fails = 2
`

const configHelp = `Usage:
    gotestshard config [flags]     print the value of each flag and where it is from
    gotestshard config init        write a commented ` + config.Name + `

Values of flags are from, in this order: the command line, a variable GOTESTSHARD_...,
the profile, the configuration file, the default. The file is ` + config.Name + ` at the
root of the module or workspace, or --config FILE; --no-config leaves it out.

    workers = "auto"
    args = ["-race"]           # flags of go test

    [profile.ci]               # --profile ci; in a CI also without the flag
    junitfile = "junit.xml"

    [[test]]                   # for some of the tests
    match = "store.TestImport*"
    timeout = "2m"

The keys are the long names of the flags: gotestshard --help lists them.
`

// lacks reports whether a run does not have what flags need.
func (o *Options) lacks(what need) bool {
	switch what {
	case needsWorkers:
		return o.Workers == 0
	case needsSeveral:
		return !o.Distributed()
	case needsQueue:
		return !o.Pulling.asked()
	}
	return false
}

// lacking names what some flags need and the run does not have.
func (o *Options) lacking() string {
	var names []string
	for _, of := range []struct {
		need need
		name string
	}{{needsWorkers, "workers (-n)"}, {needsSeveral, "shards (--shard)"}, {needsQueue, "a queue (--queue)"}} {
		if o.lacks(of.need) {
			names = append(names, of.name)
		}
	}
	return strings.Join(names, " or ")
}
