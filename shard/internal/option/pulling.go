package option

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// Pulling is what a run on a node of a queue is asked to do beside others.
type Pulling struct {
	Queue Queue
	// Nodes is about how many nodes there are, 0 if that is not known.
	Nodes int
	// Wait is whether the node reports the whole run, and FailNode whether it fails if a test did
	// that it ran.
	Wait, FailNode bool
	// QueueFallback is FallbackPartition, or empty.
	QueueFallback string
	// FallbackPart is the part for FallbackPartition, and FallbackTouch as Part.PartitionTouch.
	FallbackPart  node.Partition
	FallbackTouch string
	// NoFallback is why there is no part, nil if there is one.
	NoFallback error
	// Node is the name of this node, empty if it has no name that others do not have.
	Node string
	// Embedded is whether this node is one of those that --queue embed started.
	Embedded bool
}

// FallbackPartition is the value of --queue-fallback.
const FallbackPartition = "partition"

func (p *Pulling) flags() []flag {
	return append(p.Queue.flags(),
		flag{name: "nodes", to: &p.Nodes,
			help: "about how many nodes there are, `N`, for --queue: the units are cut for that, but any number may come; with --queue embed, how many to start"},
		flag{name: "wait", to: &p.Wait, help: "with --queue, report the whole run at the end, of all nodes, with the exit code of that"},
		flag{name: "fail-node", to: &p.FailNode, help: "with --queue, fail if a test failed that this node ran; otherwise only gotestshard merge and --wait do"},
		flag{name: "queue-fallback", to: choice(&p.QueueFallback, "what", FallbackPartition),
			help: "if the server of --queue cannot be reached: partition runs the part of this node, as --partition auto/N does with the N of --nodes"},
	)
}

// inQueue reports whether a flag says which queue is meant.
func inQueue(row flag) bool {
	return slices.ContainsFunc((&Queue{}).flags(), func(other flag) bool { return other.name == row.name })
}

// asked reports whether the units come from a queue.
func (p *Pulling) asked() bool { return p.Queue.URL != "" }

// settlePulling finds out how a node takes part in a build.
func (o *Options) settlePulling(typed, fromFile func(flag string) bool) error {
	p := &o.Pulling
	if err := p.Queue.settle(o.Environ, typed); err != nil {
		return err
	}
	switch {
	case p.Nodes < 0 || p.Nodes > node.MostParts:
		return fmt.Errorf("--nodes %d is out of range: write a number from 1 to %d, or 0 if it is not known", p.Nodes, node.MostParts)
	case !p.asked():
		for _, name := range []string{"nodes", "wait", "fail-node", "queue-fallback"} {
			if typed(name) {
				return fmt.Errorf("--%s is for --queue: add --queue URL", name)
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
	case o.Result != "" && !o.OwnResult:
		return errors.New("--queue and --result cannot be used together: the queue has the results, and gotestshard merge --queue URL --build ID reads them there" + one)
	case o.Changed != "":
		return errors.New("--queue and --changed cannot be used together yet: run gotestshard --changed without a queue, or everything with one" + one)
	case o.MaxFails > 0 && !fromFile("max-fails"):
		return errors.New("--queue and --max-fails cannot be used together: a node does not know what fails on others" + one)
	case o.Diagnose && !fromFile("diagnose"):
		return errors.New("--queue and --diagnose cannot be used together; run gotestshard diagnose on one machine after the build" + one)
	}
	o.MaxFails, o.Diagnose, o.Keep = 0, false, false
	return nil
}

// findNode finds out which node this is, where the CI says so.
func (p *Pulling) findNode(getenv func(string) string) {
	p.FallbackPart, p.FallbackTouch, p.NoFallback = node.Partition{}.Resolve(getenv)
	if p.NoFallback != nil && p.Nodes > 0 { // a CI that only numbers its nodes
		p.FallbackPart, p.FallbackTouch, p.NoFallback = node.Partition{Total: p.Nodes}.Resolve(getenv)
	}
	if p.NoFallback == nil {
		p.Node = fmt.Sprintf("node-%d", p.FallbackPart.Index)
	}
}

// WithoutToken returns an environment without the secret of the queue, which tests must not see.
func WithoutToken(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool {
		return len(variable) > len(QueueTokenVariable) && variable[:len(QueueTokenVariable)+1] == QueueTokenVariable+"="
	})
}
