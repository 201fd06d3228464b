// Package ci writes to the log of a CI job. It keeps the CI from taking what tests print
// for commands, and writes commands of its own: folded sections, annotations and
// TeamCity's service messages.
//
// A Log owns the standard output and standard error of the process. Everything written
// to its Stdout and Stderr is text, even if it looks like a command. Commands are
// written by the Log's own methods.
package ci

// Provider is a CI, identified by the command syntax of its logs.
type Provider string

// The providers. CircleCI and Azure are only detected: no commands are written for
// them, but text is still kept from being taken for commands.
const (
	None      Provider = "none"
	GitHub    Provider = "github" // also Gitea and Forgejo, which identify as GitHub
	GitLab    Provider = "gitlab"
	TeamCity  Provider = "teamcity"
	Buildkite Provider = "buildkite"
	CircleCI  Provider = "circleci"
	Azure     Provider = "azure"
)

// Folds reports whether p's logs have sections that fold.
func (p Provider) Folds() bool { return p == GitHub || p == GitLab || p == Buildkite }
