package option

import (
	"errors"
	"fmt"

	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// settlePulling finds out how a node takes part in a build.
func (o *Options) settlePulling(typed, fromFile func(flag string) bool) error {
	p := &o.Pulling
	if err := p.Queue.settle(o.Environ); err != nil {
		return err
	}
	switch {
	case p.Nodes < 0 || p.Nodes > node.MostParts:
		return fmt.Errorf("--nodes %d is out of range: write a number from 1 to %d, or 0 if it is not known", p.Nodes, node.MostParts)
	case !p.asked():
		for _, row := range p.flags() {
			if row.needs == needsQueue && typed(row.name) {
				return fmt.Errorf("--%s is for --queue: add --queue URL", row.name)
			}
		}
		return nil
	case o.Merge != nil:
		return nil
	case p.Wait && p.FailNode:
		return errors.New("--wait and --fail-node cannot be used together: --wait ends with the exit code of the whole run, --fail-node with that of the node; use one of them")
	}
	if err := o.besideQueue(fromFile); err != nil {
		return err
	}
	p.findNode(o.Environ.Get)
	if p.QueueFallback != "" && p.NoFallback != nil {
		return fmt.Errorf("--queue-fallback %s: %w", p.QueueFallback, p.NoFallback)
	}
	return nil
}

// besideQueue refuses what a node cannot do. What the configuration file has is for other runs.
func (o *Options) besideQueue(fromFile func(flag string) bool) error {
	const one = "; use one of them"
	p := &o.Pulling
	switch {
	case len(o.Shards) > 0:
		return errors.New("--queue and --shard cannot be used together: --queue needs go test's arguments, and a --shard command can be anything" + one)
	case o.RawCommand:
		return errors.New("--queue and --raw-command cannot be used together: --queue needs go test to list the tests; leave out --raw-command and write go test's arguments")
	case o.Workers == 0:
		return errors.New("--queue needs workers: add -n auto")
	case o.Watch:
		return errors.New("--queue and --watch cannot be used together: --queue shares the tests out over CI nodes, --watch runs the tests of saved files" + one)
	case o.Dist == plan.Each:
		return errors.New("--queue and --dist each cannot be used together: --dist each runs every test on every worker, --queue runs each test on one node" + one)
	case o.Partition.Total > 0:
		return errors.New("--queue and --partition cannot be used together: with --queue nodes take what is left, with --partition each has its part from the start" + one +
			", or --queue-fallback partition for when the server cannot be reached")
	case o.Plan != "":
		return errors.New("--queue and --plan cannot be used together: which node runs what is not known before" + one)
	case o.Result != "" && !o.OwnResult && p.QueueFallback == "":
		return errors.New("--queue and --result cannot be used together: the queue has the results, and gotestshard merge --queue URL --build ID reads them there" + one +
			", or add --queue-fallback partition, whose parts are written to it")
	case o.MaxFails > 0 && !fromFile("max-fails"):
		return errors.New("--queue and --max-fails cannot be used together: a node does not know what fails on others" + one)
	case o.Diagnose && !fromFile("diagnose"):
		return errors.New("--queue and --diagnose cannot be used together; run gotestshard diagnose on one machine after the build" + one)
	}
	o.MaxFails, o.Diagnose, o.Keep = 0, false, false
	return nil
}
