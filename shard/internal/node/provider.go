package node

import (
	"slices"
	"strconv"

	"github.com/gotestshard/gotestshard/format/ci"
)

// provider is a CI: how to recognize its jobs, which node a job is, and what else it
// provides to a job.
type provider struct {
	name         string // as its users know it
	job          string // a variable that is set in all its jobs
	index, total string // the variables; empty if there are none
	first        int    // the index of the first node: CIs with the same variables may count from 0 or from 1
	// alone is whether a single job has a total of 1 and no index.
	alone bool
	// touch is a variable with the name of a file to touch. Bazel requires this to know
	// that a test supports shards.
	touch string
	// last is whether it only counts if no other CI is found, because runners of other
	// CIs also run in its jobs.
	last bool
	// hint is what to do if the variables are not set. It is empty if the CI is not used
	// to find the node.
	hint string

	log  ci.Provider // the syntax of its log, empty if no commands are written for it
	says []string    // the values of job for which log applies, none for any value
	// workspace and summary are variables with the folder of the job and the file for its
	// summary.
	workspace, summary string
	attempt            string // a variable that counts how often the job was started
	firstAttempt       int    // its value at the first start
}

// providers are based on the providers' documentation of environment variables, in the
// order of messages.
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
	{name: GitHub, job: "GITHUB_ACTIONS",
		hint: `with a matrix use --partition "$(( ${{ strategy.job-index }} + 1 ))/${{ strategy.job-total }}"`,
		log:  ci.GitHub, says: []string{"true"}, workspace: "GITHUB_WORKSPACE", summary: "GITHUB_STEP_SUMMARY",
		attempt: "GITHUB_RUN_ATTEMPT", firstAttempt: 1},
	{name: "Kubernetes", job: "JOB_COMPLETION_INDEX", index: "JOB_COMPLETION_INDEX", last: true},
	{name: "TeamCity", job: "TEAMCITY_VERSION", log: ci.TeamCity},
}

// hasNodes reports whether p's environment is used to find the node.
func (p provider) hasNodes() bool { return p.index != "" || p.hint != "" }

// of returns the provider with that log, or an empty one for ci.None.
func of(log ci.Provider) provider {
	i := slices.IndexFunc(providers, func(p provider) bool { return p.log == log })
	if i < 0 {
		return provider{}
	}
	return providers[i]
}

// CI returns the CI of this job by its log, ci.None for none. If several match, the first
// one in the table counts. getenv is os.Getenv.
func CI(getenv func(string) string) ci.Provider {
	for _, log := range []ci.Provider{ci.GitHub, ci.GitLab, ci.TeamCity, ci.Buildkite, ci.CircleCI, ci.Azure} {
		p := of(log)
		if said := getenv(p.job); said != "" && (p.says == nil || slices.Contains(p.says, said)) {
			return log
		}
	}
	return ci.None
}

// Files returns the folder of a job of that CI and the file for the job's summary, empty if
// the CI does not have them.
func Files(log ci.Provider, getenv func(string) string) (workspace, summary string) {
	p := of(log)
	return getenv(p.workspace), getenv(p.summary)
}

// Attempt is how often the CI has started this job, from 1, or 0 if unknown. If several
// match, the last one in the table counts.
func Attempt(getenv func(string) string) int {
	for _, p := range slices.Backward(providers) {
		if n, err := strconv.Atoi(getenv(p.attempt)); err == nil && n >= p.firstAttempt {
			return n - p.firstAttempt + 1
		}
	}
	return 0
}

// jobs are the variables that identify a CI with nodes.
func jobs() []string {
	var names []string
	for _, p := range providers {
		if p.hasNodes() {
			names = append(names, p.job)
		}
	}
	return names
}

// Variables are the names of all variables that are read here.
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
