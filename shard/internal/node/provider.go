package node

// provider is a CI and how it tells a job which of several it is.
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
	// hint is what a user has to do who has not got the variables.
	hint string
}

// providers are from the providers' references of environment variables.
var providers = []provider{
	{name: "GitLab", job: "GITLAB_CI", index: "CI_NODE_INDEX", total: "CI_NODE_TOTAL", first: 1, alone: true, hint: "has the job parallel: N?"},
	{name: "CircleCI", job: "CIRCLECI", index: "CIRCLE_NODE_INDEX", total: "CIRCLE_NODE_TOTAL", hint: "has the job parallelism: N?"},
	{name: "Buildkite", job: "BUILDKITE", index: "BUILDKITE_PARALLEL_JOB", total: "BUILDKITE_PARALLEL_JOB_COUNT", hint: "has the step parallelism: N?"},
	{name: "Semaphore", job: "SEMAPHORE", index: "SEMAPHORE_JOB_INDEX", total: "SEMAPHORE_JOB_COUNT", first: 1, hint: "has the job parallelism: N?"},
	{name: "Azure Pipelines", job: "TF_BUILD", index: "SYSTEM_JOBPOSITIONINPHASE", total: "SYSTEM_TOTALJOBSINPHASE", first: 1,
		hint: "has the job's strategy parallel: N?"},
	{name: "Bitbucket", job: "BITBUCKET_BUILD_NUMBER", index: "BITBUCKET_PARALLEL_STEP", total: "BITBUCKET_PARALLEL_STEP_COUNT",
		hint: "is the step one of parallel?"},
	{name: "Heroku CI", job: "HEROKU_TEST_RUN_ID", index: "CI_NODE_INDEX", total: "CI_NODE_TOTAL", hint: "has the test environment a quantity?"},
	{name: "Cirrus CI", job: "CIRRUS_CI", index: "CI_NODE_INDEX", total: "CI_NODE_TOTAL", hint: "write the part of each task"},
	{name: "Bazel", job: "TEST_TOTAL_SHARDS", index: "TEST_SHARD_INDEX", total: "TEST_TOTAL_SHARDS", touch: "TEST_SHARD_STATUS_FILE"},
	{name: "GitHub Actions", job: "GITHUB_ACTIONS",
		hint: `with a matrix write --partition "$(( ${{ strategy.job-index }} + 1 ))/${{ strategy.job-total }}"`},
	{name: "Kubernetes", job: "JOB_COMPLETION_INDEX", index: "JOB_COMPLETION_INDEX", last: true},
}

// jobs are the variables that tell of a CI.
func jobs() []string {
	var names []string
	for _, p := range providers {
		names = append(names, p.job)
	}
	return names
}

// Variables are the names of all variables that Partition.Resolve may ask for.
func Variables() []string {
	var names []string
	for _, p := range providers {
		for _, name := range []string{p.job, p.index, p.total, p.touch} {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}
