package option

import (
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
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

// shardForm is what may stand before the = of a --shard. It is compiled when it is used:
// this program starts once for each test binary too, as the hook, which does not need it.
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
