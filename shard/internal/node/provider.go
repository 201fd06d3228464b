package node

import (
	"slices"
	"strconv"

	"github.com/gotestshard/gotestshard/format/ci"
)

// provider is a CI: how its jobs are known, which of several a job is, and what else
// it tells a job.
type provider struct {
	name         string // as its users call it
	job          string // a variable that is set in all its jobs
	index, total string // the variables; empty when there are none
	first        int    // what the index of the first node is: the same name counts from 0 on one and from 1 on another
	// alone is whether a job of which there is one has a total of 1 and no index.
	alone bool
	// touch is a variable with the name of a file to be touched, as Bazel wants it:
	// else it takes a test that knows of shards for one that does not.
	touch string
	// last is whether it only counts when no other is there: runners of others live
	// in its jobs too.
	last bool
	// hint is what a user has to do who has not got the variables, and empty where
	// nobody asks for a node.
	hint string

	log  ci.Provider // the dialect of its log, empty when it is not written for
	says []string    // what job says where the log is the CI's, none for any text
	// workspace and summary are variables with the folder of the job and the file of
	// its summary.
	workspace, summary string
	attempt            string // a variable that counts how often the job was started
	firstAttempt       int    // what that says when it was started once
}

// providers are from the providers' references of environment variables, in the
// order in which messages list them.
var providers = []provider{
	{name: "GitLab", job: "GITLAB_CI", index: "CI_NODE_INDEX", total: "CI_NODE_TOTAL", first: 1, alone: true, hint: "does the job have parallel: N?",
		log: ci.GitLab, says: []string{"true"}, workspace: "CI_PROJECT_DIR"},
	{name: "CircleCI", job: "CIRCLECI", index: "CIRCLE_NODE_INDEX", total: "CIRCLE_NODE_TOTAL", hint: "does the job have parallelism: N?",
		log: ci.CircleCI, says: []string{"true"}},
	{name: "Buildkite", job: "BUILDKITE", index: "BUILDKITE_PARALLEL_JOB", total: "BUILDKITE_PARALLEL_JOB_COUNT", hint: "does the step have parallelism: N?",
		log: ci.Buildkite, says: []string{"true"}, attempt: "BUILDKITE_RETRY_COUNT"},
	{name: "Semaphore", job: "SEMAPHORE", index: "SEMAPHORE_JOB_INDEX", total: "SEMAPHORE_JOB_COUNT", first: 1, hint: "does the job have parallelism: N?"},
	{name: "Azure Pipelines", job: "TF_BUILD", index: "SYSTEM_JOBPOSITIONINPHASE", total: "SYSTEM_TOTALJOBSINPHASE", first: 1,
		hint: "does the job's strategy have parallel: N?",
		log:  ci.Azure, says: []string{"True", "true"}, attempt: "SYSTEM_JOBATTEMPT", firstAttempt: 1},
	{name: "Bitbucket", job: "BITBUCKET_BUILD_NUMBER", index: "BITBUCKET_PARALLEL_STEP", total: "BITBUCKET_PARALLEL_STEP_COUNT",
		hint: "is the step part of a parallel group?"},
	{name: "Heroku CI", job: "HEROKU_TEST_RUN_ID", index: "CI_NODE_INDEX", total: "CI_NODE_TOTAL", hint: "does the test environment have a quantity?"},
	{name: "Cirrus CI", job: "CIRRUS_CI", index: "CI_NODE_INDEX", total: "CI_NODE_TOTAL", hint: "name the part of each task"},
	{name: "Bazel", job: "TEST_TOTAL_SHARDS", index: "TEST_SHARD_INDEX", total: "TEST_TOTAL_SHARDS", touch: "TEST_SHARD_STATUS_FILE"},
	{name: "GitHub Actions", job: "GITHUB_ACTIONS",
		hint: `with a matrix use --partition "$(( ${{ strategy.job-index }} + 1 ))/${{ strategy.job-total }}"`,
		log:  ci.GitHub, says: []string{"true"}, workspace: "GITHUB_WORKSPACE", summary: "GITHUB_STEP_SUMMARY",
		attempt: "GITHUB_RUN_ATTEMPT", firstAttempt: 1},
	{name: "Kubernetes", job: "JOB_COMPLETION_INDEX", index: "JOB_COMPLETION_INDEX", last: true},
	{name: "TeamCity", job: "TEAMCITY_VERSION", log: ci.TeamCity},
}

// hasNodes is whether the environment of p's jobs is asked for the node.
func (p provider) hasNodes() bool { return p.index != "" || p.hint != "" }

// of returns the provider with that log, without anything for ci.None.
func of(log ci.Provider) provider {
	i := slices.IndexFunc(providers, func(p provider) bool { return p.log == log })
	if i < 0 {
		return provider{}
	}
	return providers[i]
}

// CI returns the CI whose job this is, by its log, ci.None for none. Of several the
// first that is asked for here counts. getenv is os.Getenv.
func CI(getenv func(string) string) ci.Provider {
	for _, log := range []ci.Provider{ci.GitHub, ci.GitLab, ci.TeamCity, ci.Buildkite, ci.CircleCI, ci.Azure} {
		p := of(log)
		if said := getenv(p.job); said != "" && (p.says == nil || slices.Contains(p.says, said)) {
			return log
		}
	}
	return ci.None
}

// Files returns the folder of a job of that CI and the file of the job's summary, empty
// for what the CI does not have.
func Files(log ci.Provider, getenv func(string) string) (workspace, summary string) {
	p := of(log)
	return getenv(p.workspace), getenv(p.summary)
}

// Attempt is how often the CI has started this job, from 1, and 0 when it does not
// say. Of several the one furthest down the table counts.
func Attempt(getenv func(string) string) int {
	for _, p := range slices.Backward(providers) {
		if n, err := strconv.Atoi(getenv(p.attempt)); err == nil && n >= p.firstAttempt {
			return n - p.firstAttempt + 1
		}
	}
	return 0
}

// jobs are the variables that tell of a CI with nodes.
func jobs() []string {
	var names []string
	for _, p := range providers {
		if p.hasNodes() {
			names = append(names, p.job)
		}
	}
	return names
}

// Variables are the names of all variables that are asked for here.
func Variables() []string {
	var names []string
	for _, p := range providers {
		for _, name := range []string{p.job, p.index, p.total, p.touch, p.workspace, p.summary, p.attempt} {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}
