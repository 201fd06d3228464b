package node

import (
	"testing"

	"github.com/gotestshard/gotestshard/format/ci"
)

func TestCI(t *testing.T) {
	for variables, want := range map[string]ci.Provider{
		"":                                   ci.None,
		"CI=true":                            ci.None,
		"GITHUB_ACTIONS=true":                ci.GitHub,
		"GITHUB_ACTIONS=false":               ci.None,
		"GITLAB_CI=true":                     ci.GitLab,
		"TEAMCITY_VERSION=2026.1":            ci.TeamCity,
		"BUILDKITE=true":                     ci.Buildkite,
		"CIRCLECI=true":                      ci.CircleCI,
		"TF_BUILD=True":                      ci.Azure,
		"GITHUB_ACTIONS=true GITEA_CI=1":     ci.GitHub,
		"BUILDKITE=true GITHUB_ACTIONS=true": ci.GitHub,
	} {
		if got := CI(environment(variables)); got != want {
			t.Errorf("%s: %s, want %s", variables, got, want)
		}
	}
}

func TestAttempt(t *testing.T) {
	for variables, want := range map[string]int{
		"": 0, "GITHUB_RUN_ATTEMPT=1": 1, "GITHUB_RUN_ATTEMPT=3": 3, "GITHUB_RUN_ATTEMPT=0": 0, "GITHUB_RUN_ATTEMPT=x": 0,
		"BUILDKITE_RETRY_COUNT=0": 1, "BUILDKITE_RETRY_COUNT=2": 3, "BUILDKITE_RETRY_COUNT=-1": 0, "SYSTEM_JOBATTEMPT=2": 2,
	} {
		if got := Attempt(environment(variables)); got != want {
			t.Errorf("%s: %d, want %d", variables, got, want)
		}
	}
}
