package node

import "testing"

func TestJobOf(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want Job
	}{
		{nil, Job{}},
		{
			map[string]string{
				"GITHUB_ACTIONS": "true", "GITHUB_WORKFLOW": "CI", "GITHUB_JOB": "test", "GITHUB_SHA": "abc", "GITHUB_REF_NAME": "7/merge", "GITHUB_HEAD_REF": "fix",
				"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "5",
			},
			Job{CI: "GitHub Actions", Name: "CI / test", URL: "https://github.com/o/r/actions/runs/5", Commit: "abc", Branch: "fix", Repository: "https://github.com/o/r"},
		},
		{
			map[string]string{"GITLAB_CI": "true", "CI_JOB_NAME": "unit", "CI_JOB_URL": "https://x/-/jobs/1", "CI_COMMIT_SHA": "abc", "CI_COMMIT_REF_NAME": "main", "CI_PROJECT_URL": "https://x"},
			Job{CI: "GitLab", Name: "unit", URL: "https://x/-/jobs/1", Commit: "abc", Branch: "main", Repository: "https://x"},
		},
		{map[string]string{"JENKINS_URL": "https://j", "JOB_NAME": "shop", "BUILD_URL": "https://j/1"}, Job{CI: "Jenkins", Name: "shop", URL: "https://j/1"}},
	} {
		if got := JobOf(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("got %+v, want %+v", got, test.want)
		}
	}
}
