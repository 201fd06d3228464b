package jetstream

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// do calls f until it succeeds, for as long as the server cannot be reached and the patience lasts.
// doing is for errors, such as "taking a unit". f must be safe to repeat. If the server lost the
// assets, they are made again.
func (q *Queue) do(ctx context.Context, doing string, f func(ctx context.Context) error) error {
	verified := func(ctx context.Context) error {
		if err := q.verifyPlan(ctx); err != nil {
			return err
		}
		return f(ctx)
	}
	start := time.Now()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		began := time.Now()
		err := q.attempt(ctx, verified)
		if err != nil && isMissing(err) && q.failed() == nil && ctx.Err() == nil {
			err = q.attempt(ctx, func(ctx context.Context) error { return q.makeAssets(ctx, began) })
			if err == nil {
				err = q.attempt(ctx, verified)
			}
		}
		switch {
		case err == nil:
			return nil
		case q.failed() != nil:
			return refused{fmt.Errorf("%s: %w", doing, q.failed())}
		case ctx.Err() != nil:
			return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
		case isFatal(err):
			return refused{fmt.Errorf("%s: %w", doing, q.explain(err))}
		case time.Since(start)+wait > q.config.Patience:
			return fmt.Errorf("%s: the queue at %s has failed to do so for %s: %w; check that the server runs", doing, q.at, time.Since(start).Round(time.Second), err)
		}
		if err := pause(ctx, wait); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
}

// read is do for what only reads from a stream. It returns false if there is no such stream, which
// is not made for it: the name of the build may be a slip.
func (q *Queue) read(ctx context.Context, doing, stream string, f func(ctx context.Context) error) (there bool, err error) {
	err = q.do(ctx, doing, func(ctx context.Context) error {
		there = true
		err := f(ctx)
		if err == nil || !isMissing(err) || q.plan.Load() != nil {
			return err // if there was a plan, the assets are made again
		}
		_, infoErr := q.js.Stream(ctx, stream)
		if errors.Is(infoErr, jetstream.ErrStreamNotFound) {
			there = false
			return nil
		}
		return errors.New(errors.Join(err, infoErr).Error()) // in words only: nothing is missing
	})
	return there, err
}

// attempt calls f with the time of one attempt, which ends early if the connection is lost or the
// queue cannot be used any more.
func (q *Queue) attempt(ctx context.Context, f func(ctx context.Context) error) error {
	if err := q.failed(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, q.config.Attempt)
	defer cancel()
	defer context.AfterFunc(*q.link.Load(), cancel)()
	return f(ctx)
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// explain adds what to do to an error of a server that is reached.
func (q *Queue) explain(err error) error {
	switch {
	case isFull(err):
		return fmt.Errorf("the queue at %s has no room to store more: %w; give it more with --max-store, or a larger disk", q.at, err)
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("%w, %d bytes on the server at %s; raise max_payload in its configuration to 8MB", err, q.conn.MaxPayload(), q.at)
	}
	return err
}

// openError says what to do about a server that cannot be used.
func (q *Queue) openError(err error) error {
	const without = "or share the tests out without a queue: --partition"
	var unknown x509.UnknownAuthorityError
	what := fmt.Sprintf("the queue at %s cannot be used", q.at)
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &explained{}):
		return err
	case errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAccountAuthExpired):
		return fmt.Errorf("%s: %w; make a new token with gotestshard queue token --build ID, %s", what, err, without)
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthRevoked):
		given := "it does not take the token"
		if q.config.Token == "" && q.config.Creds == "" {
			given = "it asks for a token, and there is none"
		}
		return fmt.Errorf("%s: %s (%w); set $GOTESTSHARD_QUEUE_TOKEN to the token of the server, or to one of gotestshard queue token for this --build that has not expired, %s",
			what, given, err, without)
	case errors.As(err, &unknown):
		return fmt.Errorf("%s: %w; name the file with its certificate authority with --queue-ca, %s", what, err, without)
	case errors.Is(err, nats.ErrSecureConnWanted):
		return fmt.Errorf("%s: it does not encrypt (%w); start it with a certificate, or write nats:// in place of tls://, %s", what, err, without)
	case isUnreachable(err):
		return fmt.Errorf("%s: %w; check the address and that the server runs, as with gotestshard queue serve, %s", what, err, without)
	}
	return fmt.Errorf("%s: %w, %s", what, err, without)
}
