package option

import "errors"

// Changes is which packages are left out because nothing that they depend on has changed.
type Changes struct {
	// Changed is what to compare with: a commit or branch, or ChangedFromMain. It is empty if
	// everything runs.
	Changed string
	// Explain is whether the reason of each package is printed.
	Explain bool

	// LeftOut are the import paths of the packages that a run leaves out because of Changed.
	LeftOut []string
	// NothingChanged is whether it leaves out all of them.
	NothingChanged bool
}

// ChangedFromMain is the value of --changed without one: where the history left that of the
// main branch.
const ChangedFromMain = "auto"

func (c *Changes) flags() []flag {
	return []flag{
		{name: "changed", task: taskWorkers, to: &c.Changed, bare: ChangedFromMain, once: true,
			help: "run only the packages that can behave differently than at `REF`, a branch or commit: those that differ from where HEAD left it, and those that depend on these or read what differs; without a value it is the main branch, and --changed=HEAD is for what is not committed"},
		{name: "explain", to: &c.Explain, once: true, help: "with --changed, print for each package why it runs"},
	}
}

func (c *Changes) settle(i Invocations, g GoTest, w Watching) error {
	switch {
	case c.Explain && c.Changed == "":
		return errors.New("--explain says why --changed runs a package: add --changed")
	case c.Changed == "":
		return nil
	case len(i.Shards) > 0:
		return errors.New("--changed and --shard cannot be used together: --changed needs go test's arguments, and a --shard command can be anything; " +
			"put --changed into the command, as in --shard 'NAME=gotestshard --changed -f json ...'")
	case g.RawCommand:
		return errors.New("--changed and --raw-command cannot be used together: --changed chooses packages for go test, --raw-command runs any command; " +
			"leave out --raw-command and write go test's arguments")
	case w.Watch:
		return errors.New("--changed and --watch cannot be used together: --watch runs the tests of what is saved; use one of them")
	}
	return nil
}
