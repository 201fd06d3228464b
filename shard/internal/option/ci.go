package option

import "github.com/gotestshard/gotestshard/format/ci"

// Job is the job of a CI that this run is.
type Job struct {
	// CI is whose job this is, ci.None when its log is to be gotestsum's.
	CI ci.Provider
	// Workspace is the folder of the job, empty for none.
	Workspace string
	// StepSummary is the file that GitHub shows as the summary of a step, empty for none.
	StepSummary string
}
