// Package pulling runs the tests of a build on a node of a queue: gotestshard --queue, and merges
// what all nodes ran: gotestshard merge --queue.
//
//	list once ─ plan (the first node's counts) ─ units ─ a run for each on a free worker ─ its result, in chunks
//	                                                                                       │
//	                          the node's own summary, or that of the whole run (--wait) ───┘
//
// A unit is an ordinary run (package run) with one worker. What surrounds the tests, such as --setup
// and the folder of the run, is there once per node.
package pulling

import (
	"errors"
	"fmt"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/run"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Run runs what the queue of a build has for this node. It returns nil if that ran, whatever the
// tests came to, unless the options ask for more.
func Run(opts option.Options, stdout, stderr io.Writer) error {
	if opts.Queue.URL == option.QueueEmbed {
		var child bool
		if opts, child = asChild(opts); !child {
			return embed(opts, stdout, stderr)
		}
	}
	interrupts := signals.Start(true)
	if opts.Embedded {
		go endWith(opts.Stdin, interrupts)
	}
	opts.Environ = option.WithoutToken(opts.Environ)
	q, err := open(interrupts.Ctx, opts.Queue)
	switch {
	case err != nil && interrupts.Received() != 0:
		interrupts.Stop()
		return exit.Signalled(interrupts.Received())
	case err != nil && opts.QueueFallback != "": // also without a token: a pull request from a fork has no secrets
		_, _ = fmt.Fprintf(stderr, "gotestshard: %v\ngotestshard: this node runs part %s instead (--queue-fallback %s)\n", err, opts.FallbackPart, opts.QueueFallback)
		opts.Partition, opts.PartitionTouch = opts.FallbackPart, opts.FallbackTouch
		_, err = run.Until(interrupts, opts, stdout, stderr)
		return err
	case err != nil:
		interrupts.Stop()
		return err
	}
	opts.Result = "" // it is for a part, and the queue has the units
	return run.Around(interrupts, opts, stdout, stderr, func(opts option.Options) error {
		n := newNode(interrupts, q, opts, stdout, stderr)
		return errors.Join(n.run(), q.Close())
	})
}
