package option

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/config"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// configure reads the configuration file, and sets those flags that has allows to what it
// has for them.
func (f *flags) configure(has func(flag) bool) error {
	c, err := f.readConfig()
	if err != nil || c == nil {
		return err
	}
	f.file = c
	given := f.givenNames()
	for _, row := range f.table {
		value := c.values[row.name]
		if value == nil || given[row.name] || !has(row) {
			continue
		}
		if err := row.set(f.set, value); err != nil {
			return c.file.Errorf(value, "%s: %w", row.name, err)
		}
		f.fromFile = append(f.fromFile, row.name)
	}
	return nil
}

// fileWords returns what the configuration file adds to the flags of a command line. Those of
// go test are not among them, because the kept command line of a run has them.
func (f *flags) fileWords(words []word) ([]word, error) {
	for _, word := range words {
		if err := f.set.Set(word.name, word.value); err != nil {
			return nil, err
		}
	}
	if err := f.configure(flag.isKey); err != nil {
		return nil, err
	}
	var added []word
	for _, name := range f.fromFile {
		for _, text := range f.row(name).words(f.file.values[name]) {
			added = append(added, word{name, text})
		}
	}
	return added, nil
}

// givenNames returns the flags that the user chose, and those in place of which the user
// chose others: the second names of a flag, the packages, and what the tests are run by.
func (f *flags) givenNames() map[string]bool {
	given := map[string]bool{}
	for _, row := range f.table {
		if f.given(row.name) {
			given[row.name], given[row.of] = true, true
		}
	}
	if len(gotest.Args(f.opts.Args).Packages()) > 0 {
		given["packages"] = true
	}
	ways := []string{"workers", "shard", "raw-command"}
	if slices.ContainsFunc(ways, func(name string) bool { return given[name] }) {
		for _, name := range ways {
			given[name] = true
		}
	}
	return given
}

// configureArgs puts go test's arguments of the configuration file before those of the
// command line, where go test gives the latter precedence.
func (f *flags) configureArgs() {
	o := &f.opts
	if f.file == nil || f.file.values[keyArgs] == nil || o.RawCommand || len(o.Shards) > 0 {
		return
	}
	args, _ := f.file.values[keyArgs].Texts()
	if len(args) == 0 {
		return
	}
	if len(o.Args) == 0 && len(o.Packages) == 0 {
		o.Packages = gotest.DefaultPackages(o.Environ, o.Dir, nil) // those of a command line without arguments
	}
	own := o.Command[:len(o.Command)-len(o.Args)]
	if len(own) > 0 && own[len(own)-1] == "--" {
		own = own[:len(own)-1]
	}
	given := gotest.Args(o.Args)
	if slices.ContainsFunc(args, func(arg string) bool { return !gotest.IsFlag(arg) }) {
		// A package behind a flag of the tests would be its value for go test.
		given = given.WithPackages(nil)
		args = slices.Concat(gotest.Args(o.Args).Packages(), o.Packages, args)
		o.Packages = nil
	}
	o.Args, o.configArgs = slices.Concat(args, given), len(args)
	o.Command = slices.Concat(own, []string{"--"}, o.Args)
}

// readConfig returns what the configuration file has, nil if there is none.
func (f *flags) readConfig() (*configured, error) {
	c := f.opts.Configuration
	path := c.config
	switch {
	case c.noConfig && f.set.Changed("config"):
		return nil, errors.New("--config and --no-config cannot be used together; use one of them")
	case c.noConfig && f.set.Changed("profile"):
		return nil, errors.New("--profile and --no-config cannot be used together; use one of them")
	case c.noConfig: // the variable may be for all calls of a CI job
		return nil, nil
	case path == "":
		var err error
		dir, _ := gotest.Args(f.opts.Args).Lookup("C")
		if path, err = config.Find(cmp.Or(dir, ".")); err != nil {
			return nil, err
		}
	}
	if path == "" {
		if c.profile != "" {
			return nil, fmt.Errorf("%s needs a configuration file: write %s at the root of the module, or choose a file with --config FILE", f.askedProfile(), config.Name)
		}
		return nil, nil
	}
	file, err := config.Read(path)
	if err != nil {
		return nil, err
	}
	return f.readProfile(file)
}

// askedProfile returns what asks for the profile, as it is written: the flag or the variable.
func (f *flags) askedProfile() string {
	if f.set.Changed("profile") {
		return "--profile " + f.opts.profile
	}
	return "GOTESTSHARD_PROFILE=" + f.opts.profile
}

// readProfile checks the whole file, and returns what its chosen profile has.
func (f *flags) readProfile(file *config.File) (*configured, error) {
	if err := f.checkVersion(file); err != nil {
		return nil, err
	}
	if err := f.checkTable(file, &file.Root, keyArgs, keyProfile, keyRequiredVersion); err != nil {
		return nil, err
	}
	if err := readTables(file, &f.opts.Tables); err != nil {
		return nil, err
	}
	profiles := file.Root.Get(keyProfile)
	if profiles == nil {
		profiles = &config.Value{Kind: config.Table}
	}
	byName := map[string]*config.Value{}
	for _, profile := range profiles.Items {
		if profile.Key == "" {
			return nil, file.Errorf(profile, "this profile has no name, so it cannot be chosen: write one such as [profile.ci]")
		}
		if err := f.checkTable(file, profile, keyArgs, keyInherits); err != nil {
			return nil, err
		}
		byName[profile.Key] = profile
	}
	if err := checkInheritance(file, profiles, byName); err != nil {
		return nil, err
	}
	name := f.opts.profile
	if name == "" && byName[profileCI] != nil && inCI(f.opts.Environ) {
		name = profileCI
	}
	if name != "" && byName[name] == nil {
		return nil, fmt.Errorf("%s has no profile %q, which %s asks for: %s", file.Path, name, f.askedProfile(), oneOf(name, keysOf(profiles)))
	}
	c := &configured{file: file, profile: name, values: map[string]*config.Value{}}
	for _, table := range append(inheritance(byName, name), &file.Root) {
		for _, value := range table.Items {
			if c.values[value.Key] == nil {
				c.values[value.Key] = value
			}
		}
	}
	return c, nil
}

// checkInheritance checks that each profile inherits from one that exists, and not from itself.
func checkInheritance(file *config.File, profiles *config.Value, byName map[string]*config.Value) error {
	seen := map[string]int{} // in the chain of which profile
	for i, profile := range profiles.Items {
		for at := profile; seen[at.Key] == 0; {
			seen[at.Key] = i + 1
			inherits := at.Get(keyInherits)
			if inherits == nil {
				break
			}
			parent := byName[inherits.Text]
			switch {
			case parent == nil:
				return file.Errorf(inherits, "inherits: there is not a profile %q: %s", inherits.Text, oneOf(inherits.Text, keysOf(profiles)))
			case seen[parent.Key] == i+1:
				return file.Errorf(inherits, "inherits: the profile %q inherits from itself", inherits.Text)
			}
			at = parent
		}
	}
	return nil
}

// inheritance returns a profile and those that it inherits from, the nearest first. There are
// none without a name.
func inheritance(byName map[string]*config.Value, name string) (chain []*config.Value) {
	for at := byName[name]; at != nil; {
		chain = append(chain, at)
		inherits := at.Get(keyInherits)
		if inherits == nil {
			break
		}
		at = byName[inherits.Text]
	}
	return chain
}

func keysOf(table *config.Value) []string {
	var names []string
	for _, item := range table.Items {
		names = append(names, item.Key)
	}
	return names
}

// oneOf says which of the known words can be written instead of one.
func oneOf(word string, known []string) string {
	if len(known) == 0 {
		return "the file has none"
	}
	return plain.Suggest(word, known) + "write one of " + strings.Join(known, ", ")
}

// sources adds to an error about flags where those of them that are in the configuration
// file have their values.
func (f *flags) sources(err error) error {
	if err == nil || f.file == nil {
		return err
	}
	text := err.Error() + " "
	var places []string
	for _, row := range f.table {
		mentioned := strings.Contains(text, "--"+row.name+" ") || row.short != "" && strings.Contains(text, "-"+row.short+" ") ||
			strings.HasPrefix(text, "unknown "+row.name+" ") // as gotestsum says it
		if mentioned && slices.Contains(f.fromFile, row.name) {
			places = append(places, fmt.Sprintf("%s: %s is set here", f.file.file.Place(f.file.values[row.name]), row.name))
		}
	}
	if len(places) == 0 {
		return err
	}
	return fmt.Errorf("%w\n%s", err, strings.Join(places, "\n"))
}
