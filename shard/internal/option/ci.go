package option

import (
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/node"
)

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
	return []flag{{name: "ci", plain: string(ci.None), task: taskNodes, to: choice(&j.choice, "name", names...), value: ciAuto, merge: true,
		help: "adapt the log to a CI: auto (detected from the environment; without this flag only with -n or --shard), github, gitlab, teamcity, buildkite, none"}}
}

// settle finds out whether this is a CI's job. Without a flag of ours the output
// stays gotestsum's; neither a run that a test started nor a watch is a job.
func (j *Job) settle(given, distributed bool, w Watching, env environ.List) {
	j.CI = ci.None
	switch {
	case w.Watch:
	case given && j.choice != ciAuto:
		j.CI = ci.Provider(j.choice)
	case (given || distributed) && env.Get("GOTESTSHARD_WORKER") == "":
		j.CI = node.CI(env.Get)
	}
	j.Workspace, j.StepSummary = node.Files(j.CI, env.Get)
}
