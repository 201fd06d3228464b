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

// Connected reports whether the server is reached now, as far as known.
func (q *Queue) Connected() bool { return q.conn.IsConnected() }

// Reconnects returns how often the connection was lost and made again.
func (q *Queue) Reconnects() uint64 { return q.conn.Stats().Reconnects }
