package option

import (
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/config"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// checkTable checks a table of flags and a few further keys, each value in a set of flags of
// its own.
func (f *flags) checkTable(file *config.File, table *config.Value, further ...string) error {
	if table.Kind != config.Table {
		return file.Errorf(table, "%s: this is %s: write a table, [%s.%[1]s]", table.Key, table.Kind, keyProfile)
	}
	scratch := newFlags(Call{})
	known := slices.Clone(further)
	if table == &file.Root {
		for _, kind := range scratch.opts.Tables.list() {
			known = append(known, kind.name)
		}
	}
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
		case isTable(value.Key) && table == &file.Root:
			// readTables checks it.
		case isTable(value.Key):
			err = file.Errorf(value, "[[%s]] cannot be in a profile, it is for all of them: write it outside, as [[%[1]s]]", value.Key)
		case at < 0:
			err = file.Errorf(value, "%q is not a key: %sgotestshard --help lists the flags, whose long names are the keys", value.Key, scratch.suggestKey(value.Key, known))
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

// suggestKey returns a question about which of the known keys was meant, if one is similar or
// has this name as a short flag.
func (f *flags) suggestKey(name string, known []string) string {
	for _, row := range f.table {
		if row.short != "" && row.short == name && row.isKey() {
			return "did you mean " + row.name + "? "
		}
	}
	return plain.Suggest(name, known)
}
