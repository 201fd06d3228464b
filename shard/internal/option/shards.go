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
	return []flag{{name: "shard", to: (*shardsValue)(&i.Shards),
		help: "run `[NAME=]COMMAND`, which prints go test -json, side by side with the other shards; repeatable"}}
}

// settle names the shards that have no name.
func (i *Invocations) settle(g GoTest, w Watching) error {
	switch {
	case len(i.Shards) == 0:
		return nil
	case g.RawCommand:
		return errors.New("--shard and --raw-command both say what to run: use one of them")
	case len(g.Args) > 0:
		return fmt.Errorf("with --shard every command has its own arguments: put %q into the commands", strings.Join(g.Args, " "))
	}
	seen := map[string]bool{}
	for index := range i.Shards {
		shard := &i.Shards[index]
		shard.Name = cmp.Or(shard.Name, WorkerName(index))
		if seen[shard.Name] {
			return fmt.Errorf("two shards are called %s: give each --shard a NAME= of its own", shard.Name)
		}
		seen[shard.Name] = true
	}
	if w.Watch {
		return errors.New("--watch runs go test in the packages that were saved, and a --shard command may be anything: " +
			"use -n instead of --shard, or watch in a terminal for each shard with gotestshard --watch -- and its go test flags")
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
		return fmt.Errorf("splitting the command into words: %w; is a quote missing?", err)
	}
	if len(words) == 0 {
		return errors.New("it has no command; write --shard 'NAME=go test -json ./...'")
	}
	if i := slices.IndexFunc(words, isShellSyntax); i >= 0 {
		return fmt.Errorf("no shell runs it, so %q would be an argument; write NAME=sh -c '...' for one", words[i])
	}
	shard.Command = words
	*v = append(*v, shard)
	return nil
}
