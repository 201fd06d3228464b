// Package option turns the command line and the environment into Options that
// are checked against each other, and holds the help text.
package option

import (
	"fmt"
	"io"
	"slices"

	"github.com/gotestshard/gotestshard/format"
)

// Options are what a run is asked to do: what each concern is asked, and what is about
// the program itself.
type Options struct {
	Call
	// Command is the whole command line, without the program's name.
	Command []string
	// Merge is not nil for gotestshard merge, which runs nothing.
	Merge *Merge
	// Last is not nil if gotestshard last runs something again.
	Last *Last
	// Unit is not nil for the run of a unit on one of the workers of a node.
	Unit *Unit

	Configuration
	GoTest
	Distribution
	Part
	Pulling
	Changes
	Invocations
	Scope
	Display
	Job
	Reports
	Reruns
	Limits
	Diagnosing
	Watching
	Linking

	Debug   bool
	Version bool
}

// Distributed reports whether workers or shards run the tests, and not one
// plain go test; those of other machines count too.
func (o Options) Distributed() bool {
	return o.Workers > 0 || len(o.Shards) > 0 || o.Merge != nil
}

// ShardNames returns the ids of the workers, or the names of the shards.
func (o Options) ShardNames() []string {
	var names []string
	for worker := range o.Workers {
		names = append(names, o.WorkerName(worker))
	}
	for _, shard := range o.Shards {
		names = append(names, shard.Name)
	}
	if o.Merge != nil {
		names = append(names, o.Merge.Workers...)
	}
	return names
}

// WorkerName returns the name of a worker of the run with that index.
func (o Options) WorkerName(index int) string {
	if o.Unit != nil {
		index += o.Unit.Worker
	}
	return WorkerName(index)
}

// AllWorkers returns the number of workers that the test processes of a run get in their environment.
func (o Options) AllWorkers() int {
	if o.Unit != nil {
		return o.Unit.Workers
	}
	return o.Workers
}

// GoEnvironment is the environment of a go command whose test processes have an
// identity of their own: without that of a run around this one, and with what --setup
// wrote.
func (o Options) GoEnvironment() []string {
	return append(o.Identity().Without(slices.Clone(o.Environ)), o.SetupEnv...)
}

// Debugf prints a line for --debug.
func (o Options) Debugf(out io.Writer, text string, args ...any) {
	if o.Debug {
		_, _ = fmt.Fprintf(out, text+"\n", args...)
	}
}

// OwnSummary is whether the summary is gotestshard's, and not gotestsum's.
func (o Options) OwnSummary() bool {
	return o.Distributed() || o.RerunFailsStrict || o.HideFailedParents || o.ownFailures || o.Format == format.Failures || o.FailuresFile != "" || len(o.Flaky) > 0
}

// WholeOutput returns the words for where all of a test's output is, if only a part of it is
// shown.
func (o Options) WholeOutput() string {
	switch {
	case o.Keep:
		return "gotestshard last"
	case o.Result != "" && !o.OwnResult:
		return "gotestshard show " + o.Result
	case o.JSONFile != "":
		return "in " + o.JSONFile
	}
	return "with --jsonfile FILE or --result FILE"
}

// ForPeople is whether there is a summary for people to write.
func (o Options) ForPeople() bool {
	return o.SummaryMarkdown != "" || o.StepSummary != "" || o.ShowsTests()
}
