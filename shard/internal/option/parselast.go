package option

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// ParseLast reads the arguments of gotestshard last, those after "last", of a call. If
// something is to be run again, the options have Last, and Again has those of the run.
func ParseLast(args []string, call Call) (Options, error) {
	f, l := newFlags(call), &Last{}
	for _, row := range l.flags() {
		row.declare(f.set, call.Environ)
	}
	words, err := f.words(args)
	if err == nil {
		err = f.set.Parse(args)
	}
	if err != nil {
		return explainIn("gotestshard last", err, f.set, call)
	}
	l.args = f.set.Args()
	for _, word := range words {
		if word.name != "failed" && word.name != "same-process" && word.name != "packages" {
			l.words = append(l.words, word)
		}
	}
	again := l.Failed || l.SameProcess != ""
	if err := f.checkLast(l, again); err != nil {
		return onlyColor(f.opts.NoColor), err
	}
	if again {
		l.Packages = f.opts.Packages
		f.opts.Last = l
		f.opts.Job.settle(f.given("ci"), true, f.opts.Watching, call.Environ)
		return f.opts, nil
	}
	return f.show("")
}

// checkLast refuses flags that gotestshard last has no use for.
func (f *flags) checkLast(l *Last, again bool) error {
	if l.Failed && l.SameProcess != "" {
		return errors.New("--failed and --same-process cannot be used together; use one of them")
	}
	for _, word := range l.words {
		row := f.table[slices.IndexFunc(f.table, func(row flag) bool { return row.name == word.name })]
		switch {
		case !again && !row.merge:
			return fmt.Errorf("--%s is for a run, and gotestshard last only shows the last one; add --failed or --same-process TEST to run it again", word.name)
		case again && slices.Contains(strings.Fields(otherRuns+" shard raw-command diagnose diagnose-budget"), word.name):
			return fmt.Errorf("--%s cannot be used with gotestshard last --failed or --same-process", word.name)
		}
	}
	packages := gotest.Args(l.args).Packages()
	switch {
	case !again && len(f.opts.Packages) > 0, l.Failed && len(f.opts.Packages) > 0:
		return errors.New("--packages is for --same-process: it names the package of the test")
	case !again && len(l.args) > 0:
		return fmt.Errorf("gotestshard last shows the last run and takes no arguments, but there is %q; to show a file, write gotestshard show FILE", l.args[0])
	case len(packages) > 0:
		return fmt.Errorf("%q is a package, and gotestshard last runs those of the last run; leave it out", packages[0])
	}
	return nil
}

// ParseShow reads the arguments of gotestshard show, those after "show", of a call.
func ParseShow(args []string, call Call) (Options, error) {
	f := newFlags(call)
	set := newFlagSet("gotestshard show")
	set.AddFlagSet(f.subset(func(row flag) bool { return row.merge }))
	if err := set.Parse(args); err != nil {
		return explainIn("gotestshard show", err, set, call)
	}
	if set.NArg() != 1 {
		return onlyColor(f.opts.NoColor), fmt.Errorf("gotestshard show needs one file that --result wrote, but there are %d; "+
			"gotestshard merge makes one report of several files", set.NArg())
	}
	return f.show(set.Arg(0))
}

func explainIn(command string, err error, set *pflag.FlagSet, call Call) (Options, error) {
	if errors.Is(err, ErrHelp) || errors.Is(err, ErrShortHelp) {
		return onlyColor(call.Plain), ErrHelp
	}
	return onlyColor(call.Plain), explainFlag(err, set, command)
}

// show returns the options that show a file, empty for one that is not known yet.
func (f *flags) show(file string) (Options, error) {
	f.opts.Merge, f.opts.Pulling = &Merge{Files: []string{file}, Single: true}, Pulling{}
	if err := f.configure(func(row flag) bool { return row.isKey() && row.merge && isAgain(row) }); err != nil {
		return onlyColor(f.opts.NoColor), err
	}
	if err := f.sources(f.settle()); err != nil {
		return onlyColor(f.opts.NoColor), err
	}
	f.opts.Merge.AutoPrefix = f.opts.prefix == prefixAuto
	return f.opts, nil
}

// words returns the flags of a command line in order.
func (f *flags) words(args []string) (words []word, err error) {
	err = f.set.ParseAll(args, func(given *pflag.Flag, value string) error {
		words = append(words, word{given.Name, value})
		return nil
	})
	return words, err
}

// otherRuns are the flags of what is not a run of all chosen tests.
const otherRuns = "plan collect-only partition version watch watch-clear watch-chdir watch-start watch-deps watch-interrupt watch-poll " +
	"queue build nodes wait fail-node queue-fallback queue-token-file queue-creds queue-ca"

// notAgain are further flags that another run does not take from an earlier one, because they
// are about one call or its log.
const notAgain = "run-id packages ci post-run-command changed explain diagnose diagnose-budget "

// reportFiles are the flags of files that a run of some of the tests must not overwrite. It
// takes them neither from an earlier run nor from the environment.
const reportFiles = `shard-report result summary-md html trace svg jsonfile jsonfile-timing-events junitfile failures-file rerun-fails-report`

// isAgain is whether another run takes a flag from an earlier one.
func isAgain(row flag) bool {
	return !slices.Contains(strings.Fields(otherRuns+" "+notAgain+reportFiles+" config no-config profile"), row.name)
}

// GoTestArgs returns the arguments of go test in an earlier command line, nil if it ran another
// command.
func GoTestArgs(command []string, call Call) gotest.Args {
	f := newFlags(call)
	words, _ := f.words(command) // Again returns the error
	if slices.ContainsFunc(words, word.isCommand) {
		return nil
	}
	return f.set.Args()
}

// isCommand reports whether a flag makes a run have another command than go test.
func (w word) isCommand() bool { return w.name == "shard" || w.name == "raw-command" }

// Again returns the options of a run like that of an earlier command line, with the flags
// of this one in addition.
func (l *Last) Again(command []string, call Call) (Options, error) {
	f := newFlags(call)
	words, err := f.words(command)
	if err != nil {
		return Options{}, fmt.Errorf("reading the command line of the last run: %w", err)
	}
	fromFile, err := f.fileWords(slices.Concat(words, l.words))
	if err != nil {
		return Options{}, err
	}
	words = append(fromFile, words...)
	words = slices.DeleteFunc(words, func(word word) bool {
		return !isAgain(f.row(word.name)) || slices.ContainsFunc(l.words, word.sameName)
	})
	words = append(words, l.words...)
	if at := slices.IndexFunc(words, word.isCommand); at >= 0 {
		return Options{}, fmt.Errorf("the last run has --%s, whose command can be anything, so its tests cannot be run again one by one; run the command itself", words[at].name)
	}
	plain := slices.Contains(words, word{"dist", distNo}) || !slices.ContainsFunc(words, func(word word) bool {
		return (word.name == "workers" || word.name == "numprocesses") && word.value != "0"
	})
	if l.SameProcess != "" || plain {
		words = slices.DeleteFunc(words, func(word word) bool {
			return slices.Contains([]string{"workers", "numprocesses", "max-workers", "dist"}, word.name)
		})
	}
	switch {
	case l.SameProcess != "": // the last run is still the one to study
		words = append(words, word{"workers", "1"}, word{"no-keep", "true"})
	case plain:
		words = append(words, word{"workers", "auto"})
	}
	var all []string
	if f.file != nil {
		all = append(all, "--no-config") // its values are among the words
	}
	for _, word := range words {
		all = append(all, "--"+word.name+"="+word.value)
	}
	partly := call
	partly.Environ = f.withoutReports(call.Environ)
	opts, err := Parse(slices.Concat(all, []string{"--"}, gotest.Args(f.set.Args()).WithFlags(l.args)), partly)
	opts.Environ, opts.Tables = call.Environ, f.opts.Tables
	if !slices.ContainsFunc(words, word{name: "link-cache"}.sameName) {
		_ = opts.Linking.turnOn() // such runs come several times, like those of watch mode
	}
	return opts, err
}

// withoutReports returns the environment without the defaults of reportFiles and of a queue.
func (f *flags) withoutReports(env environ.List) environ.List {
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool {
		return slices.ContainsFunc(f.table, func(row flag) bool {
			return (slices.Contains(strings.Fields(reportFiles), row.name) || inQueue(row)) && row.fromEnvironment(environ.List{variable}) != ""
		})
	})
}

func (w word) sameName(other word) bool { return w.name == other.name }

// WithGoTest returns the options with other arguments of go test, as if the command line
// had them.
func (o Options) WithGoTest(args gotest.Args) Options {
	own := len(o.Command) - len(o.Args)
	o.Args, o.Packages = args, nil
	o.Command = slices.Concat(o.Command[:own], args)
	return o
}
