package jetstream

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// Counts returns how many units wait, and how many are leased.
func (q *Queue) Counts(ctx context.Context) (waiting, leased int, err error) {
	_, err = q.read(ctx, "counting the units that wait", workStream, func(ctx context.Context) error {
		consumer, err := q.js.Consumer(ctx, workStream, q.name.build)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			return nil // no node has taken any for a long time
		}
		if err != nil {
			return err
		}
		info := consumer.CachedInfo()
		waiting, leased = int(min(info.NumPending, 1<<31-1)), info.NumAckPending
		return nil
	})
	return waiting, leased, err
}
