package option

import (
	"os"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/node"
)

// Call is how the program was called, beside its arguments.
type Call struct {
	Environ environ.List
	// Program is the version of gotestshard.
	Program string
	// Now is the time of this process, nil for time.Now.
	Now func() time.Time
	// Stdin, Stdout and Stderr are the files of this process for commands that get them
	// as they are, nil for none.
	Stdin, Stdout, Stderr *os.File
	// Plain is whether standard output shows no colors.
	Plain bool
	// Terminal is whether a person reads standard error.
	Terminal bool
	// Screen is whether standard output is a terminal on which lines can be drawn again.
	Screen bool
}

// Today is the day on which the program was called.
func (c Call) Today() Day {
	if c.Now == nil {
		return DayOf(time.Now())
	}
	return DayOf(c.Now())
}

// plain is gotestsum's rule for output without colors: of standard output that shows none,
// except in a CI that is known to show them. Its CIs are gotestsum's list, not the table of
// package node, so that the output has the colors of gotestsum's.
func (c Call) plain() bool {
	isSet := func(name string) bool { _, ok := c.Environ.Lookup(name); return ok }
	if isSet("CI") {
		known := []string{"APPVEYOR", "BUILDKITE", "CIRCLECI", "DRONE", "GITEA_ACTIONS", "GITHUB_ACTIONS", "GITLAB_CI", "TRAVIS"}
		if slices.ContainsFunc(known, isSet) || c.Environ.Get("CI_NAME") == "codeship" || c.Environ.Get("CI") == "woodpecker" {
			return false
		}
	}
	return !isSet("TEAMCITY_VERSION") && c.Plain
}

// inCI is whether this is the job of a CI.
func inCI(env environ.List) bool {
	general := env.Get("CI") // most CIs set it
	return node.CI(env.Get) != ci.None || general != "" && general != "false" && general != "0"
}
