package option

import (
	"errors"
	"fmt"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// Part is which of the tests run here, when several CI nodes share them.
type Part struct {
	// Partition is which part runs here, of how many; the zero value is for all of
	// them.
	Partition node.Partition
	// PartitionTouch is a file that is to be touched to show the CI that the tests
	// were shared out, empty for none.
	PartitionTouch string

	asked bool // whether there is a --partition, whose value Partition is at first
}

func (p *Part) flags() []flag {
	return []flag{{name: "partition", needs: needsWorkers, task: taskNodes, example: `"auto"`, to: &partitionValue{p},
		help: "run part `m/n` of the tests, m from 1 to n, each part on its own CI node; auto or auto/n reads the part from the CI's environment"}}
}

// settle finds out which part is run here.
func (p *Part) settle(d Distribution, i Invocations, g GoTest, w Watching, env environ.List) (err error) {
	if !p.asked {
		return nil
	}
	switch {
	case len(i.Shards) > 0:
		return errors.New("--partition and --shard cannot be used together: --partition needs go test's arguments, and a --shard command can be anything; " +
			"put --partition into the command, as in --shard 'NAME=gotestshard -n 2 --partition 1/4 -f json ...'")
	case g.RawCommand:
		return errors.New("--partition and --raw-command cannot be used together: --partition needs go test to list the tests, --raw-command runs any command; " +
			"leave out --raw-command, add -n auto and write go test's arguments")
	case d.Workers == 0:
		return errors.New("--partition needs workers: add -n auto")
	case w.Watch:
		return errors.New("--partition and --watch cannot be used together: --partition runs a part of the tests in a CI, --watch runs the tests of saved files; use one of them")
	case d.Dist == plan.Each:
		return errors.New("--dist each and --partition cannot be used together: --dist each runs every test on every worker, --partition runs each test on one node; use one of them")
	}
	asked := p.Partition
	p.Partition, p.PartitionTouch, err = asked.Resolve(env.Get)
	if err != nil {
		return fmt.Errorf("--partition %s: %w", asked, err)
	}
	return nil
}

// partitionValue is the value of --partition.
type partitionValue struct{ of *Part }

func (v *partitionValue) Type() string { return "m/n" }

func (v *partitionValue) String() string {
	if !v.of.asked {
		return ""
	}
	return v.of.Partition.String()
}

func (v *partitionValue) Set(text string) (err error) {
	v.of.Partition, err = node.Parse(text)
	v.of.asked = err == nil
	return err
}
