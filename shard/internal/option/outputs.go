package option

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
		{"summary-md", o.SummaryMarkdown}, {"html", o.HTML},
	}
	return slices.DeleteFunc(all, func(output Output) bool { return output.File == "" })
}

// checkOutputs refuses one file for two reports, of which one would be lost. A
// plain run leaves gotestsum's own to gotestsum's way.
func (o *Options) checkOutputs() error {
	if !o.Distributed() && o.ShardReport == "" && o.SummaryMarkdown == "" && o.HTML == "" && o.Result == "" {
		return nil
	}
	files := map[string]string{}
	for _, output := range o.Outputs() {
		file := filepath.Clean(output.File)
		if other := files[file]; other != "" && file != os.DevNull {
			return fmt.Errorf("--%s and --%s both write %s: give each its own file", other, output.Flag, output.File)
		}
		files[file] = output.Flag
	}
	return nil
}
