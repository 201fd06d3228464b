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

// Folds reports whether logs of p have sections that fold.
func (p Provider) Folds() bool { return p == GitHub || p == GitLab || p == Buildkite }
