package option

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/mod/semver"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/config"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// joined is the value of a flag that is a list in one word.
type joined interface{ separator() string }

func (v *fieldsValue) separator() string      { return " " }
func (v *hideSummaryValue) separator() string { return "," }

// isKey is whether a configuration file can have the flag.
func (f flag) isKey() bool { return !f.hidden && !f.once }

// kinds returns of which kinds the flag's value can be in a configuration file, and a word
// for it that errors can use.
func (f flag) kinds() (kinds []config.Kind, word string) {
	switch to := f.to.(type) {
	case *bool:
		return []config.Kind{config.Bool}, "true or false"
	case *int:
		return []config.Kind{config.Integer}, "a whole number, such as 3"
	case *string:
		return []config.Kind{config.Text}, `a text, such as "x"`
	case *[]string, *shardsValue:
		return []config.Kind{config.List}, `a list of texts, such as ["x", "y"]`
	case *time.Duration:
		return []config.Kind{config.Text}, `a text with a unit, such as "10s"`
	case *workersValue:
		return []config.Kind{config.Integer, config.Text}, `a whole number, or a text such as "auto"`
	case joined:
		return []config.Kind{config.List, config.Text}, `a list of texts, such as ["x", "y"]`
	case *choiceValue:
		return []config.Kind{config.Text}, "one of " + quoted(to.choices)
	}
	return []config.Kind{config.Text}, `a text, such as "x"`
}

func quoted(words []string) string {
	var all []string
	for _, word := range words {
		all = append(all, fmt.Sprintf("%q", word))
	}
	return strings.Join(all, ", ")
}

// set sets the flag to a value of a configuration file.
func (f flag) set(set *pflag.FlagSet, value *config.Value) error {
	kinds, word := f.kinds()
	if !slices.Contains(kinds, value.Kind) {
		return fmt.Errorf("this is %s: write %s", value.Kind, word)
	}
	if _, bad := value.Texts(); bad != nil {
		return fmt.Errorf("the list has %s: write %s", bad.Kind, word)
	}
	for _, text := range f.words(value) {
		if err := set.Set(f.name, text); err != nil {
			return withoutFlag(err)
		}
	}
	return nil
}

// words returns the values that a command line has instead of one of a configuration file.
func (f flag) words(value *config.Value) []string {
	if value.Kind != config.List {
		return []string{value.Text}
	}
	texts, _ := value.Texts()
	if to, ok := f.to.(joined); ok {
		return []string{strings.Join(texts, to.separator())}
	}
	return texts
}

// withoutFlag returns the part of an error of pflag that is about the value.
func withoutFlag(err error) error {
	if invalid, ok := err.(*pflag.InvalidValueError); ok { //nolint:errorlint // as pflag returns it
		if cause := invalid.Unwrap(); cause != nil {
			return fmt.Errorf("%q: %w", invalid.GetValue(), cause)
		}
	}
	return err
}

// checkTable checks a table of flags and a few further keys, each value in a set of flags of
// its own.
func (f *flags) checkTable(file *config.File, table *config.Value, further ...string) error {
	if table.Kind != config.Table {
		return file.Errorf(table, "%s: this is %s: write a table, [%s.%[1]s]", table.Key, table.Kind, keyProfile)
	}
	scratch := newFlags(Call{})
	known := slices.Clone(further)
	for _, row := range scratch.table {
		if row.isKey() {
			known = append(known, row.name)
		}
	}
	for _, value := range table.Items {
		at := slices.IndexFunc(scratch.table, func(row flag) bool { return row.name == value.Key })
		var err error
		switch {
		case slices.Contains(further, value.Key):
			err = checkFurther(file, value)
		case at < 0:
			err = file.Errorf(value, "%q is not a key: %sgotestshard --help lists the flags, whose long names are the keys", value.Key, plain.Suggest(value.Key, known))
		case !scratch.table[at].isKey():
			err = file.Errorf(value, "%q is for the command line only, so it cannot be in a file", value.Key)
		default:
			if err = scratch.table[at].set(scratch.set, value); err != nil {
				err = file.Errorf(value, "%s: %w", value.Key, err)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkFurther checks the value of a key that is not a flag.
func checkFurther(file *config.File, value *config.Value) error {
	kind, word := config.Text, `a text, such as "x"`
	switch value.Key {
	case keyArgs:
		kind, word = config.List, `a list of texts, such as ["-race"]`
	case keyProfile:
		kind, word = config.Table, "a table for each profile, such as [profile.ci]"
	}
	if value.Kind != kind {
		return file.Errorf(value, "%s: this is %s: write %s", value.Key, value.Kind, word)
	}
	if value.Key != keyArgs {
		return nil
	}
	args, bad := value.Texts()
	if bad != nil {
		return file.Errorf(bad, "%s: the list has %s: write %s", value.Key, bad.Kind, word)
	}
	for i, arg := range args {
		switch name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "="); name {
		case "":
			return file.Errorf(value.Items[i], "%s: %q is not a flag: write the flags of go test, each with = before its value", value.Key, arg)
		case "args", "C", "json":
			return file.Errorf(value.Items[i], "%s: %s is for the command line only, so it cannot be in a file", value.Key, arg)
		}
	}
	if gotest.Args(args).Unfinished() {
		last := len(args) - 1
		return file.Errorf(value.Items[last], "%s: %s has no value: write %[2]s=VALUE", value.Key, args[last])
	}
	if packages := gotest.Args(args).Packages(); len(packages) > 0 {
		return file.Errorf(value, "%s: %q is a package, and the packages are chosen on the command line; write the flags of go test, each with = before its value", value.Key, packages[0])
	}
	return nil
}

// checkVersion refuses a file that needs a newer gotestshard, before it finds in it what this
// one does not know. A build without a version is for those who know what it can do.
func (f *flags) checkVersion(file *config.File) error {
	required := file.Root.Get(keyRequiredVersion)
	if required == nil || required.Kind != config.Text {
		return nil
	}
	version := "v" + strings.TrimPrefix(required.Text, "v")
	own := "v" + strings.TrimPrefix(f.opts.Program, "v")
	switch {
	case !semver.IsValid(version):
		return file.Errorf(required, "%s: %q is not a version: write one such as \"1.2.0\"", keyRequiredVersion, required.Text)
	case semver.IsValid(own) && semver.Compare(own, version) < 0:
		return file.Errorf(required, "this file needs gotestshard %s, and this is %s: install a newer one", required.Text, f.opts.Program)
	}
	return nil
}
