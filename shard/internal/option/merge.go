package option

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// Merge is what gotestshard merge is asked to do beside the reports of a run.
type Merge struct {
	Files        []string // result files, and folders of them; at least one
	Expect       int      // how many parts there have to be, 0 for as many as the files say
	CoverProfile string   // file name, empty for none
	Timings      string   // file name, empty for none
	// Workers are the names of all workers, which the files tell.
	Workers []string
	// AutoPrefix is whether lines have their worker in front when there are two or more.
	AutoPrefix bool
}

// mergeFlags are those of merge: its own, whose values go to m, and those of the reports,
// whose values go to f.
func mergeFlags(f *flags, m *Merge) *pflag.FlagSet {
	s := newFlagSet("gotestshard merge")
	for _, flag := range m.flags() {
		flag.declare(s, f.opts.Environ)
	}
	s.AddFlagSet(f.subset(func(flag flag) bool { return flag.merge }))
	return s
}

func (m *Merge) flags() []flag {
	return []flag{
		{name: "expect", to: &m.Expect, help: "fail unless there are results of `N` parts; 0 is as many as the files say there are"},
		{name: "coverprofile", to: &m.CoverProfile, help: "write what all parts covered to `FILE`"},
		{name: "timings", to: &m.Timings, help: "add how long the tests of all parts took to the timing history `FILE`"},
	}
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
		return onlyColor(call.Plain), fmt.Errorf("%w; gotestshard merge --help lists the flags", err)
	}
	m.Files = s.Args()
	opts := f.opts
	opts.Merge = m
	switch {
	case len(m.Files) == 0:
		return onlyColor(opts.NoColor), fmt.Errorf("gotestshard merge needs the files that --result wrote, or folders of *%s files: "+
			"write gotestshard merge FILES", result.Extension)
	case m.Expect < 0 || m.Expect > result.MostParts:
		return onlyColor(opts.NoColor), fmt.Errorf("--expect %d: write a number from 1 to %d, or 0 for as many parts as the files say", m.Expect, result.MostParts)
	case s.Changed("timings") && (m.Timings == "" || m.Timings == TimingsOff):
		return onlyColor(opts.NoColor), errors.New("merge --timings names no file: leave it out to add the timings to none")
	}
	if err := f.resolve(&opts); err != nil {
		return onlyColor(opts.NoColor), err
	}
	m.AutoPrefix = opts.prefix == prefixAuto
	return opts, nil
}

// WriteMergeHelp writes the help text of gotestshard merge.
func WriteMergeHelp(out io.Writer, call Call) error {
	_, err := fmt.Fprintf(out, mergeHelp, mergeFlags(newFlags(call), &Merge{}).FlagUsages())
	return err
}

const mergeHelp = `Usage:
    gotestshard merge [flags] FILES

makes one report of what several CI nodes did. FILES are those that their
gotestshard --result FILE wrote, or folders, in which files *.gotestshard are
looked for. Summary, formats and reports are those of a run; workers are called
PART/WORKER, such as 2/gw0.

    gotestshard merge --junitfile report.xml results/
    gotestshard merge --coverprofile cover.out --timings timings.json part-1.gotestshard part-2.gotestshard

Flags:
%s
Exit codes:
    0       everything passed on every node, and nothing is missing
    1       a test or a build failed, or a part or a test is missing, or ran twice
    3       a file that cannot be used, or a report that cannot be written
    other   that of a node; of several the highest
`
