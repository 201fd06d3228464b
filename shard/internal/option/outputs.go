package option

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Output is a file that a flag has written.
type Output struct{ Flag, File string } // the flag without its dashes

// Outputs are the files that are written, the timing history included.
func (o *Options) Outputs() []Output {
	var merge Merge
	if o.Merge != nil {
		merge = *o.Merge
	}
	all := []Output{
		{"coverprofile", merge.CoverProfile}, {"timings", merge.Timings},
		{"jsonfile", o.JSONFile}, {"jsonfile-timing-events", o.JSONFileTimingEvents}, {"junitfile", o.JUnit.File},
		{"rerun-fails-report", o.RerunFailsReport}, {"shard-report", o.ShardReport},
		{"timings", o.Timings}, {"result", o.Result},
		{"summary-md", o.SummaryMarkdown}, {"html", o.HTML}, {"trace", o.Trace}, {"svg", o.SVG}, {"failures-file", o.FailuresFile},
	}
	return slices.DeleteFunc(all, func(output Output) bool { return output.File == "" })
}

// check refuses what cannot be the file of a report, or is hardly meant to be: a folder, packages
// and Go files, which belong to go test's arguments.
func (o Output) check() error {
	info, err := os.Stat(o.File)
	var what string
	switch {
	case err == nil && info.IsDir():
		what = "is a folder"
	case strings.HasSuffix(o.File, "..."):
		what = "is a pattern of packages"
	case err == nil && strings.HasSuffix(o.File, ".go"):
		what = "is a Go file, which would be overwritten"
	default:
		return nil
	}
	return fmt.Errorf("--%s %s: that %s; write the name of the file to write behind --%[1]s, and packages behind all flags", o.Flag, o.File, what)
}

// checkOutputs refuses what cannot be a file, and one file for two reports, of which one
// would be lost. A plain run leaves gotestsum's own to gotestsum's way.
func (o *Options) checkOutputs() error {
	if !o.Distributed() && o.ShardReport == "" && o.SummaryMarkdown == "" && !o.ShowsTests() && o.Result == "" && o.FailuresFile == "" {
		return nil
	}
	files := map[string]string{}
	for _, output := range o.Outputs() {
		if err := output.check(); err != nil {
			return err
		}
		file := filepath.Clean(output.File)
		if other := files[file]; other != "" && file != os.DevNull {
			return fmt.Errorf("--%s and --%s both write %s: give each its own file", other, output.Flag, output.File)
		}
		files[file] = output.Flag
	}
	return nil
}
