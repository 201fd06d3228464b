package node

import "slices"

// baseVariables have the branch that a change is for, and then the main branch of the repository.
var baseVariables = []string{
	"GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
	"CI_DEFAULT_BRANCH", "BUILDKITE_PIPELINE_DEFAULT_BRANCH",
}

// Branches returns the branch itself and then those that it has probably left, the nearest first.
func Branches(branch string, getenv func(string) string) []string {
	branches := []string{branch}
	for _, variable := range baseVariables {
		branches = append(branches, getenv(variable))
	}
	branches = append(branches, "main", "master")
	var distinct []string
	for i, name := range branches {
		if !slices.Contains(distinct, name) && (i == 0 || name != "") {
			distinct = append(distinct, name)
		}
	}
	return distinct
}
