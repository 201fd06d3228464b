package option

import (
	"fmt"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/node"
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
		flag{name: "nodes", needs: needsQueue, to: &p.Nodes,
			help: "about how many nodes there are, `N`, for --queue: the units are cut for that, but any number may join; with --queue embed, how many to start"},
		flag{name: "wait", needs: needsQueue, to: &p.Wait, help: "with --queue, at the end report the whole run, of all nodes, and exit with its code"},
		flag{name: "fail-node", needs: needsQueue, to: &p.FailNode, help: "with --queue, fail if a test failed that this node ran; otherwise only gotestshard merge and --wait do"},
		flag{name: "queue-fallback", needs: needsQueue, to: choice(&p.QueueFallback, "what", FallbackPartition),
			help: "if the server of --queue cannot be reached: partition runs the part of this node, as --partition auto/N does with the N of --nodes"},
	)
}

// inQueue reports whether a flag says which queue is meant.
func inQueue(row flag) bool {
	return slices.ContainsFunc((&Queue{}).flags(), func(other flag) bool { return other.name == row.name })
}

// asked reports whether the units come from a queue.
func (p *Pulling) asked() bool { return p.Queue.URL != "" }

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
