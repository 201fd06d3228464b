package option

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// ErrHelp is returned by Parse when the help was asked for, and ErrShortHelp when that of -h
// was.
var (
	ErrHelp      = errors.New("help was asked for")
	ErrShortHelp = pflag.ErrHelp
)

// Parse reads args, without the program's name, of a call. With an error it returns only
// how that is to be shown: Options.NoColor.
func Parse(args []string, call Call) (Options, error) {
	return newFlags(call).parseRun(args, call, flag.isKey)
}

// parseRun takes those flags of the configuration file that has allows.
func (f *flags) parseRun(args []string, call Call, has func(flag) bool) (Options, error) {
	if err := f.set.Parse(args); err != nil {
		for _, help := range []error{ErrHelp, ErrShortHelp} {
			if errors.Is(err, help) {
				return onlyColor(call.Plain), help
			}
		}
		return onlyColor(call.Plain), explainFlag(err, f.set, "gotestshard")
	}
	f.opts.Command, f.opts.Args = args, f.set.Args()
	if f.opts.Version {
		return f.opts, nil
	}
	if err := f.checkBehindPackages(); err != nil {
		return onlyColor(f.opts.NoColor), err
	}
	if err := f.configure(has); err != nil {
		return onlyColor(f.opts.NoColor), err
	}
	if !has(f.row("queue")) { // its variable is for runs on nodes
		f.opts.Pulling = Pulling{}
	}
	f.configureArgs()
	if err := f.sources(f.settle()); err != nil {
		return onlyColor(f.opts.NoColor), err
	}
	// After the checks: where --rerun-fails asks for packages, gotestsum means
	// the flag.
	if len(f.opts.Packages) == 0 && !f.opts.Watch { // where gotestsum has no use for it
		if dir := call.Environ.Get("TEST_DIRECTORY"); dir != "" {
			f.opts.Packages = []string{dir}
		}
	}
	return f.opts, nil
}

// ParseMerge reads the arguments of gotestshard merge, those after "merge", of a call.
// With an error it returns only how that is to be shown: Options.NoColor.
func ParseMerge(args []string, call Call) (Options, error) {
	f := newFlags(call)
	m := &Merge{}
	s := mergeFlags(f, m)
	if err := s.Parse(args); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return onlyColor(call.Plain), ErrHelp
		}
		return onlyColor(call.Plain), explainFlag(err, s, "gotestshard merge")
	}
	m.Files = s.Args()
	f.opts.Merge = m
	if len(m.Files) > 0 && !s.Changed("queue") { // its variable is for nodes
		f.opts.Pulling = Pulling{}
	}
	if err := m.check(s.Changed("timings"), f.opts.Queue.URL); err != nil {
		return onlyColor(f.opts.NoColor), err
	}
	if err := f.configure(func(row flag) bool { return row.isKey() && (row.merge || inQueue(row)) }); err != nil {
		return onlyColor(f.opts.NoColor), err
	}
	if err := f.sources(f.settle()); err != nil {
		return onlyColor(f.opts.NoColor), err
	}
	m.AutoPrefix = f.opts.prefix == prefixAuto
	return f.opts, nil
}

// onlyColor are the options of a command line that is refused.
func onlyColor(no bool) Options { return Options{Display: Display{NoColor: no}} }

// explainFlag says what to type instead of a flag that was not understood. command has the
// flags of set.
func explainFlag(err error, set *pflag.FlagSet, command string) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return fmt.Errorf("%w; %s --help lists the flags", err, command)
	}
	var known []string
	set.VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			known = append(known, "--"+flag.Name)
		}
	})
	// One dash is how go test's flags are written.
	name := "--" + cmp.Or(unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName())
	if gotest.IsFlag(name) || newFlags(Call{}).set.Lookup(unknown.GetSpecifiedName()) != nil {
		known = nil // it is a flag, but of go test or of a run
	}
	err = fmt.Errorf("%w; %s%s --help lists the flags", err, plain.Suggest(name, known), command)
	if command == "gotestshard" {
		err = fmt.Errorf("%w; write the flags of go test after --", err)
	}
	return err
}

// settle checks the options, those of a concern against those of the concerns that it is
// handed, and finds out what depends on several of them.
func (f *flags) settle() error {
	o := &f.opts
	if o.Workers == 0 && slices.Contains(f.fromFile, "dist") {
		o.Dist = "" // it is for runs with workers
	}
	if err := o.Distribution.settle(o.Invocations, o.GoTest, o.Watching); err != nil {
		return err
	}
	fromFile := func(name string) bool { return slices.Contains(f.fromFile, name) }
	if err := o.Watching.settle(o.Distribution, func(name string) bool { return f.given(name) && !fromFile(name) }); err != nil {
		return err
	}
	if err := o.Part.settle(o.Distribution, o.Invocations, o.GoTest, o.Watching, o.Environ); err != nil {
		return err
	}
	if err := o.Changes.settle(o.Invocations, o.GoTest, o.Watching); err != nil {
		return err
	}
	if err := o.Invocations.settle(o.GoTest, o.Watching); err != nil {
		return err
	}
	o.Job.settle(f.given("ci"), o.Distributed(), o.Watching, o.Environ)
	o.Reruns.raise(o.Tables, o.Distribution, o.GoTest)
	if err := o.Reruns.settle(f.chosen, o.Distribution, o.Invocations, o.GoTest); err != nil {
		return err
	}
	if err := o.Limits.settle(o.Distribution, o.Invocations, o.Watching, fromFile); err != nil {
		return err
	}
	if err := o.Diagnosing.check(o.Invocations, o.GoTest, o.Watching); err != nil {
		return err
	}
	if err := o.Linking.settle(o.Invocations, o.GoTest, o.Watching); err != nil {
		return err
	}
	if err := o.Reports.check(o.Watching); err != nil {
		return err
	}
	if err := o.checkOutputs(); err != nil {
		return err
	}
	if err := o.Scope.settle(f.given); err != nil {
		return err
	}
	o.GoTest.settleNoTests(o.Distributed())
	o.Reports.settleKeep(f.given("no-keep"), o.Merge == nil && (o.Distributed() || f.ours()), o.Environ)
	if err := o.settlePulling(func(name string) bool { return f.set.Changed(name) && !fromFile(name) }, fromFile); err != nil {
		return err
	}
	o.Display.settlePrefix(o.Distributed(), o.ShardNames())
	o.Display.settleFailures(f.given("failures"), o.Screen && o.CI == ci.None, o.Distributed() && o.Merge == nil)
	if err := o.Display.settleFormat(f.given("format"), o.Job); err != nil {
		return err
	}
	o.settleLive()
	return nil
}
