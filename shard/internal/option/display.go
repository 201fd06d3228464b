package option

import "gotest.tools/gotestsum/testjson"

// Display is what is printed while the tests run, and after them.
type Display struct {
	Format        string
	FormatOptions testjson.FormatOptions
	WorkerPrefix  bool
	NoColor       bool
	HideSummary   testjson.Summary // the sections to print, as testjson has it
	HideShards    bool
	// HideFailedParents is whether a test that failed only because a subtest did
	// is left out of the summary.
	HideFailedParents bool
}
