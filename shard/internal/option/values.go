package option

import (
	"encoding/csv"
	"errors"
	"fmt"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/node"
)

// maxWorkers is more than any machine is for: what is above is a mistake.
const maxWorkers = 10_000

// workersValue is the value of -n.
type workersValue struct {
	text  string
	count int
	given bool
}

func (v *workersValue) String() string { return v.text }
func (v *workersValue) Type() string   { return "N" }

func (v *workersValue) Set(text string) error {
	switch text {
	case "auto":
		v.count = runtime.GOMAXPROCS(0) // obeys cgroup limits since Go 1.25
	case "logical":
		v.count = runtime.NumCPU()
	default:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxWorkers {
			return fmt.Errorf("write a number from 0 to %d, auto or logical", maxWorkers)
		}
		v.count = n
	}
	v.text, v.given = text, v.count > 0
	return nil
}

// partitionValue is the value of --partition.
type partitionValue struct {
	node.Partition
	given bool
}

func (v *partitionValue) Type() string { return "m/n" }

func (v *partitionValue) String() string {
	if !v.given {
		return ""
	}
	return v.Partition.String()
}

func (v *partitionValue) Set(text string) (err error) {
	v.Partition, err = node.Parse(text)
	v.given = err == nil
	return err
}

// choiceValue is one of a few words.
type choiceValue struct {
	name    string
	choices []string
	choice  string
}

func (v *choiceValue) String() string { return v.choice }
func (v *choiceValue) Type() string   { return v.name }

func (v *choiceValue) Set(text string) error {
	if !slices.Contains(v.choices, text) {
		return fmt.Errorf("write one of %s", strings.Join(v.choices, ", "))
	}
	v.choice = text
	return nil
}

// shardsValue is the values of all --shard.
type shardsValue struct{ shards []Shard }

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
	v.shards = append(v.shards, shard)
	return nil
}

// isShellSyntax reports whether a word is what only a shell understands.
func isShellSyntax(word string) bool {
	switch word {
	case "|", "||", "&", "&&", ";", ">", ">>", "<", "2>&1":
		return true
	}
	return len(word) > 1 && strings.HasSuffix(word, ";")
}

// resolve names the shards that have no name and puts them into opts.
func (v *shardsValue) resolve(opts *Options) error {
	if len(v.shards) == 0 {
		return nil
	}
	if opts.RawCommand {
		return errors.New("--shard and --raw-command both say what to run: use one of them")
	}
	if len(opts.Args) > 0 {
		return fmt.Errorf("with --shard every command has its own arguments: put %q into the commands", strings.Join(opts.Args, " "))
	}
	seen := map[string]bool{}
	for i, shard := range v.shards {
		if shard.Name == "" {
			shard.Name = WorkerName(i)
		}
		if seen[shard.Name] {
			return fmt.Errorf("two shards are called %s: give each --shard a NAME= of its own", shard.Name)
		}
		seen[shard.Name] = true
		opts.Shards = append(opts.Shards, shard)
	}
	return nil
}

// hideSummaryValue is the value of --hide-summary: gotestsum's sections, which
// are subtracted one by one as gotestsum does, and shards.
type hideSummaryValue struct {
	sections testjson.Summary
	shards   bool
}

func (v *hideSummaryValue) String() string {
	hidden := testjson.SummarizeAll ^ v.sections
	switch {
	case !v.shards:
		return hidden.String()
	case hidden == testjson.SummarizeNone:
		return "shards"
	}
	return hidden.String() + ",shards"
}

func (v *hideSummaryValue) Type() string { return "summary" }

func (v *hideSummaryValue) Set(text string) error {
	if text == "" {
		return nil
	}
	items, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return err
	}
	for _, item := range items {
		if item == "shards" {
			v.shards = true
			continue
		}
		section, ok := testjson.NewSummary(item)
		if !ok {
			return fmt.Errorf("value must be one or more of: %s,shards,all", testjson.SummarizeAll)
		}
		v.sections -= section
		v.shards = v.shards || item == "all"
	}
	return nil
}

const packageNameForms = "full, relative, short"

// packageNameValue says how a package is named in the JUnit file. As in
// gotestsum, full leaves an earlier choice as it is.
type packageNameValue struct{ format func(string) string }

func (v *packageNameValue) String() string { return "full" }
func (v *packageNameValue) Type() string   { return "field-format" }

func (v *packageNameValue) Set(text string) error {
	switch text {
	case "full":
	case "relative":
		v.format = testjson.RelativePackagePath
	case "short":
		v.format = path.Base
	default:
		return fmt.Errorf("invalid value: %v, must be one of: %s", text, packageNameForms)
	}
	return nil
}

// fieldsValue is a list that is split at white space.
type fieldsValue []string

func (v *fieldsValue) String() string { return strings.Join(*v, " ") }
func (v *fieldsValue) Type() string   { return "list" }

func (v *fieldsValue) Set(text string) error {
	*v = append(*v, strings.Fields(text)...)
	return nil
}
