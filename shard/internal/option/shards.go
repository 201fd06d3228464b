package option

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Invocations are commands that run tests side by side, instead of one go test.
type Invocations struct {
	// Shards are the named invocations; there are none with Workers.
	Shards []Shard
}

// Shard is one named invocation.
type Shard struct {
	Name    string
	Command []string // at least one word
}

func (i *Invocations) flags() []flag {
	return []flag{{name: "shard", task: taskWorkers, example: `["unit=go test -json ./...", "e2e=go test -json -tags e2e ./e2e"]`, to: (*shardsValue)(&i.Shards),
		help: "run `[NAME=]COMMAND`, which prints go test -json, side by side with the other shards; repeatable"}}
}

// settle names the shards that have no name.
func (i *Invocations) settle(g GoTest, w Watching) error {
	switch {
	case len(i.Shards) == 0:
		return nil
	case g.RawCommand:
		return errors.New("--shard and --raw-command cannot be used together: each of them is the command to run; use one of them")
	case len(g.Args) > 0:
		return fmt.Errorf("the arguments %q do not belong to a --shard command: put them into the commands", strings.Join(g.Args, " "))
	}
	seen := map[string]bool{}
	for index := range i.Shards {
		shard := &i.Shards[index]
		shard.Name = cmp.Or(shard.Name, WorkerName(index))
		if seen[shard.Name] {
			return fmt.Errorf("two shards are named %s: give each --shard its own NAME=", shard.Name)
		}
		seen[shard.Name] = true
	}
	if w.Watch {
		return errors.New("--watch and --shard cannot be used together: --watch runs go test for the packages that were saved, and a --shard command can be anything; " +
			"use -n instead of --shard, or start gotestshard --watch -- with the go test flags of each shard in its own terminal")
	}
	return nil
}

// shardForm is what may stand before the = of a --shard. It is compiled when it is used,
// as runIDForm is.
const shardForm = `^([A-Za-z0-9_][A-Za-z0-9_.-]*)=`

// shardsValue is the values of all --shard.
type shardsValue []Shard

func (v *shardsValue) String() string { return "" }
func (v *shardsValue) Type() string   { return "[NAME=]COMMAND" }

func (v *shardsValue) Set(text string) error {
	var shard Shard
	command := text
	if match := regexp.MustCompile(shardForm).FindStringSubmatch(text); match != nil {
		shard.Name = match[1]
		command = text[len(match[0]):]
	}
	words, err := splitCommand(runtime.GOOS, command)
	if err != nil {
		return fmt.Errorf("the command cannot be split into words: %w; is a quote missing?", err)
	}
	if len(words) == 0 {
		return errors.New("the command is empty; write --shard 'NAME=go test -json ./...'")
	}
	if i := slices.IndexFunc(words, isShellSyntax); i >= 0 {
		return fmt.Errorf("the command runs without a shell, so %q would be an argument; to use a shell, write NAME=sh -c '...'", words[i])
	}
	shard.Command = words
	*v = append(*v, shard)
	return nil
}
