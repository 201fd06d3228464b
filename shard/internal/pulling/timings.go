package pulling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	ci "github.com/gotestshard/gotestshard/shard/internal/node"
)

// timingsTime is for how long a node tries to read or add to the durations that all builds share.
// Many nodes end at the same time.
const timingsTime = 15 * time.Second

// timingKeys returns where the server has the durations of this branch, and then of those that it
// left. It is nil if this node does not share durations.
func (n *node) timingKeys() (keys []string) {
	if n.opts.Timings != "" || n.opts.Embedded || n.origin.Repository == "" || jetstream.IsBuildToken(n.opts.Queue.Token) {
		return nil
	}
	for _, branch := range ci.Branches(n.origin.Branch, n.opts.Environ.Get) {
		keys = append(keys, jetstream.TimingsKey(n.origin.Repository, branch))
	}
	return keys
}

// withTimings calls do with the durations on the server. An error is a message: they only make plans
// better.
func (n *node) withTimings(ctx context.Context, do func(context.Context, *jetstream.Timings, []string) error) {
	keys := n.timingKeys()
	if keys == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timingsTime)
	defer cancel()
	err := func() error {
		timings, err := jetstream.OpenTimings(ctx, configOf(n.opts.Queue))
		if err != nil {
			return err
		}
		return errors.Join(do(ctx, timings, keys), timings.Close())
	}()
	if err != nil && n.interrupts.Received() == 0 {
		n.say(fmt.Sprintf("durations that builds share: %v", err))
	}
}

// loadTimings takes the durations on the server in place of those on this machine, if there are some.
func (n *node) loadTimings(ctx context.Context) {
	n.withTimings(ctx, func(ctx context.Context, timings *jetstream.Timings, keys []string) error {
		text, err := timings.Load(ctx, keys...)
		if err != nil || text == nil {
			return err
		}
		past, err := history.Parse(text)
		if err != nil {
			return fmt.Errorf("those on the server are not used: %w", err)
		}
		n.timings.Past, n.shared = past, true
		return nil
	})
}

// saveTimings adds the durations of what this node ran to those on the server.
func (n *node) saveTimings(ctx context.Context) {
	if tests, _ := n.measured.Counts(); tests == 0 {
		return
	}
	n.withTimings(ctx, func(ctx context.Context, timings *jetstream.Timings, keys []string) error {
		return timings.Save(ctx, keys, func(text []byte) ([]byte, error) {
			merged, err := n.measured.Merged(text, time.Now(), jetstream.MostTimings)
			if err != nil { // as a damaged file, it is not kept
				return n.measured.Merged(nil, time.Now(), jetstream.MostTimings)
			}
			return merged, nil
		})
	})
}

// measure notes the durations of a unit. n.mu is held.
func (n *node) measure(unit *history.Run) {
	if unit == nil {
		return
	}
	for record := range unit.Records() {
		_ = n.measured.Add(record) // what was measured can be added
	}
}
