package jetstream

import (
	"errors"
	"net"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// fatal is an error after which there is no point in trying again.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// refused is an error that a node of package queue does not try to get over.
type refused struct{ error }

func (r refused) Unwrap() error        { return r.error }
func (r refused) Is(target error) bool { return target == queue.ErrRefused }

// explained is an error that says what to do.
type explained struct{ error }

func (e explained) Unwrap() error { return e.error }

// isMissing reports whether an asset may not be there. A stream that is not there has nothing
// that answers.
func isMissing(err error) bool {
	for _, missing := range []error{
		nats.ErrNoResponders, jetstream.ErrNoStreamResponse, jetstream.ErrStreamNotFound, jetstream.ErrConsumerNotFound,
		jetstream.ErrConsumerDeleted, jetstream.ErrConsumerDoesNotExist, jetstream.ErrBucketNotFound,
	} {
		if errors.Is(err, missing) {
			return true
		}
	}
	return false
}

// Error codes of the server that the client has no names for.
const (
	accountFull   jetstream.ErrorCode = 10002
	insufficient  jetstream.ErrorCode = 10023
	storageFull   jetstream.ErrorCode = 10047
	storingFailed jetstream.ErrorCode = 10077 // the description says why
)

// isFull reports whether the server has no room to store more.
func isFull(err error) bool {
	var refused *jetstream.APIError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.ErrorCode {
	case accountFull, insufficient, storageFull:
		return true
	case storingFailed:
		return !isThere(err)
	}
	return false
}

// isThere reports whether a message was not stored because its subject has one.
func isThere(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && refused.ErrorCode == storingFailed && strings.Contains(refused.Description, "per subject")
}

// isFatal reports whether trying again is of no use.
func isFatal(err error) bool {
	var given fatal
	var refused *jetstream.APIError
	switch {
	case errors.As(err, &given), errors.Is(err, nats.ErrMaxPayload), isFull(err):
		return true
	case errors.As(err, &refused):
		return refused.Code >= 400 && refused.Code < 500 && !isMissing(err)
	}
	return false
}

// isUnreachable reports whether a connection failed because no server answered.
func isUnreachable(err error) bool {
	var network net.Error
	var address *net.OpError
	return errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout) || errors.As(err, &network) || errors.As(err, &address)
}
