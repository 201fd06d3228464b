package node

// GitHub is the name of the CI of GitHub.
const GitHub = "GitHub Actions"

// Job is a job of a CI, and the state of the sources that it tests. Fields that the CI does
// not state are empty.
type Job struct {
	CI     string `json:"ci"`
	Name   string `json:"name"`
	URL    string `json:"url"`
	Commit string `json:"commit"`
	Branch string `json:"branch"`
	// Repository is its address for a browser or for git.
	Repository string `json:"repository"`
}

// Title is the name of the job after that of its CI, empty without a job.
func (j Job) Title() string { return joined(" ", j.CI, j.Name) }

// JobOf returns the job that this process belongs to, with an empty CI for none. getenv is
// os.Getenv.
func JobOf(getenv func(string) string) Job {
	switch {
	case getenv("GITHUB_ACTIONS") != "":
		job := Job{CI: GitHub, Name: joined(" / ", getenv("GITHUB_WORKFLOW"), getenv("GITHUB_JOB")), Commit: getenv("GITHUB_SHA"), Branch: getenv("GITHUB_HEAD_REF")}
		if job.Branch == "" {
			job.Branch = getenv("GITHUB_REF_NAME")
		}
		if server, name := getenv("GITHUB_SERVER_URL"), getenv("GITHUB_REPOSITORY"); server != "" && name != "" {
			job.Repository = server + "/" + name
			if run := getenv("GITHUB_RUN_ID"); run != "" {
				job.URL = job.Repository + "/actions/runs/" + run
			}
		}
		return job
	case getenv("GITLAB_CI") != "":
		return Job{
			CI: "GitLab", Name: joined(" / ", getenv("CI_JOB_STAGE"), getenv("CI_JOB_NAME")), URL: getenv("CI_JOB_URL"),
			Commit: getenv("CI_COMMIT_SHA"), Branch: getenv("CI_COMMIT_REF_NAME"), Repository: getenv("CI_PROJECT_URL"),
		}
	case getenv("BUILDKITE") != "":
		return Job{
			CI: "Buildkite", Name: joined(" / ", getenv("BUILDKITE_PIPELINE_NAME"), getenv("BUILDKITE_LABEL")), URL: getenv("BUILDKITE_BUILD_URL"),
			Commit: getenv("BUILDKITE_COMMIT"), Branch: getenv("BUILDKITE_BRANCH"), Repository: getenv("BUILDKITE_REPO"),
		}
	case getenv("CIRCLECI") != "":
		return Job{
			CI: "CircleCI", Name: getenv("CIRCLE_JOB"), URL: getenv("CIRCLE_BUILD_URL"),
			Commit: getenv("CIRCLE_SHA1"), Branch: getenv("CIRCLE_BRANCH"), Repository: getenv("CIRCLE_REPOSITORY_URL"),
		}
	case getenv("TEAMCITY_VERSION") != "":
		return Job{
			CI: "TeamCity", Name: joined(" / ", getenv("TEAMCITY_PROJECT_NAME"), getenv("TEAMCITY_BUILDCONF_NAME")),
			URL: getenv("BUILD_URL"), Commit: getenv("BUILD_VCS_NUMBER"),
		}
	case getenv("TF_BUILD") != "":
		return Job{
			CI: "Azure Pipelines", Name: joined(" / ", getenv("BUILD_DEFINITIONNAME"), getenv("SYSTEM_JOBDISPLAYNAME")),
			Commit: getenv("BUILD_SOURCEVERSION"), Branch: getenv("BUILD_SOURCEBRANCHNAME"), Repository: getenv("BUILD_REPOSITORY_URI"),
		}
	case getenv("JENKINS_URL") != "":
		return Job{
			CI: "Jenkins", Name: getenv("JOB_NAME"), URL: getenv("BUILD_URL"),
			Commit: getenv("GIT_COMMIT"), Branch: getenv("GIT_BRANCH"), Repository: getenv("GIT_URL"),
		}
	}
	return Job{}
}

// joined joins two texts of which either may be empty.
func joined(separator, a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + separator + b
}
