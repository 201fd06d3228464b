package queue

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// hold renews a lease until the returned function is called.
func (n *puller) hold(ctx context.Context, lease Lease, mine Record) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for sleep(ctx, n.Lease/3) == nil {
			call, cancel := context.WithTimeout(ctx, n.Lease/3)
			err := lease.Renew(call)
			cancel()
			if errors.Is(err, ErrLost) {
				n.lives(ctx, mine)
				return // another node may run the unit too; the first record counts
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// lastCall is how long a node waits for the queue when it does not need the answer.
const lastCall = time.Second

// acknowledge removes a unit that has a record from the queue, while the worker goes on. If that
// fails, it is delivered again, and its record is found.
func (n *puller) acknowledge(ctx context.Context, lease Lease) {
	n.group.Go(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastCall)
		defer cancel()
		_ = lease.Ack(ctx)
		return nil
	})
}

// giveBack returns a unit. If that fails, its lease ends by itself.
func (n *puller) giveBack(ctx context.Context, lease Lease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastCall)
	defer cancel()
	_ = lease.Return(ctx)
}

// awayError means that the queue could not be reached for as long as the node's patience.
type awayError struct{ error }

func (e *awayError) Unwrap() error { return e.error }

// retry calls the queue until it can be reached, or has not been for as long as the node's
// patience.
func (n *puller) retry(ctx context.Context, what string, call func(ctx context.Context) error) error {
	// A process that was frozen has not tried for that time, so the clock does not decide.
	tried, pause := time.Duration(0), 100*time.Millisecond
	for {
		since := time.Now()
		limited, cancel := context.WithTimeout(ctx, callTime)
		err := call(limited)
		cancel()
		if err == nil || errors.Is(err, ErrEmpty) || errors.Is(err, ErrMissing) || errors.Is(err, ErrLost) {
			n.reached(nil)
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		tried += min(time.Since(since), callTime) + pause
		err = fmt.Errorf("could not %s: %w", what, err)
		switch {
		case errors.Is(err, ErrRefused):
			return err
		case tried > n.Patience:
			return &awayError{err}
		}
		n.reached(err)
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, 5*time.Second)
	}
}

// reached writes once that the queue cannot be reached, and once that it can be again.
func (n *puller) reached(err error) {
	n.mu.Lock()
	away := n.away
	n.away = err != nil
	n.mu.Unlock()
	switch {
	case err != nil && !away:
		n.Say(fmt.Sprintf("the queue cannot be reached, and is tried again for %v: %v", n.Patience, err))
	case err == nil && away:
		n.Say("the queue can be reached again")
	}
}

// sleep waits, or returns the error of the context.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
