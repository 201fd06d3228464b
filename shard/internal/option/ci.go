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

	choice string // the value of --ci: ciAuto, or CI
}

// ciAuto is the value of --ci that asks the environment.
const ciAuto = "auto"

func (j *Job) flags() []flag {
	names := []string{ciAuto, string(ci.GitHub), string(ci.GitLab), string(ci.TeamCity), string(ci.Buildkite), string(ci.None)}
	return []flag{{name: "ci", to: choice(&j.choice, "name", names...), value: ciAuto, merge: true,
		help: "write for the log of a CI: auto (what the environment tells of; with -n and --shard), github, gitlab, teamcity, buildkite, none"}}
}
