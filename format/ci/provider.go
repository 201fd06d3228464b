// Package ci speaks to the CI whose job a run is: it keeps what tests print from
// being taken for the CI's commands, and writes those that are meant: folded
// sections, annotations and TeamCity's service messages.
//
// A Log owns the standard output and standard error of the process. What goes
// through its Stdout and Stderr is text, whatever it looks like; commands go past
// them through the Log's own methods.
package ci

// Provider is a CI, by the dialect that its logs understand.
type Provider string

// The providers. CircleCI and Azure are found in the environment only: no
// commands are written for them, and text is kept from being one all the same.
const (
	None      Provider = "none"
	GitHub    Provider = "github" // Gitea's and Forgejo's too, which call themselves that
	GitLab    Provider = "gitlab"
	TeamCity  Provider = "teamcity"
	Buildkite Provider = "buildkite"
	CircleCI  Provider = "circleci"
	Azure     Provider = "azure"
)

// Variables are what Detect looks at.
var Variables = []string{"GITHUB_ACTIONS", "GITLAB_CI", "TEAMCITY_VERSION", "BUILDKITE", "CIRCLECI", "TF_BUILD"}

// Detect returns the CI that the environment tells of, None for none. getenv is
// os.Getenv.
func Detect(getenv func(string) string) Provider {
	switch {
	case getenv("GITHUB_ACTIONS") == "true":
		return GitHub
	case getenv("GITLAB_CI") == "true":
		return GitLab
	case getenv("TEAMCITY_VERSION") != "":
		return TeamCity
	case getenv("BUILDKITE") == "true":
		return Buildkite
	case getenv("CIRCLECI") == "true":
		return CircleCI
	case getenv("TF_BUILD") == "True", getenv("TF_BUILD") == "true":
		return Azure
	}
	return None
}

// Folds reports whether logs of p have sections that fold.
func (p Provider) Folds() bool { return p == GitHub || p == GitLab || p == Buildkite }
