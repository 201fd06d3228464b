package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// createOnce publishes data to a subject that has no message. If it has one, that is returned.
func (q *Queue) createOnce(ctx context.Context, stream, subject string, data []byte) (existing []byte, err error) {
	_, err = q.js.Publish(ctx, subject, data, jetstream.WithExpectStream(stream), jetstream.WithExpectLastSequencePerSubject(0), jetstream.WithRetryAttempts(0))
	if err == nil {
		return nil, nil
	}
	var refused *jetstream.APIError
	if !errors.As(err, &refused) ||
		refused.ErrorCode != jetstream.JSErrCodeStreamWrongLastSequence && refused.ErrorCode != jetstream.JSErrCodeStreamWrongLastSequenceConstant {
		return nil, err
	}
	existing, ok, err := q.get(ctx, stream, subject)
	if err == nil && !ok {
		err = fmt.Errorf("%s has just expired", subject) // try again
	}
	return existing, err
}

// get returns the message of a subject of a stream, and false if it has none.
func (q *Queue) get(ctx context.Context, stream, subject string) ([]byte, bool, error) {
	msg, err := q.conn.RequestWithContext(ctx, "$JS.API.DIRECT.GET."+stream+"."+subject, nil)
	switch {
	case err != nil:
		return nil, false, err
	case msg.Header.Get("Status") == "404":
		return nil, false, nil
	case msg.Header.Get("Status") != "":
		return nil, false, fmt.Errorf("the server answered %s", status(msg))
	}
	return msg.Data, true, nil
}

// after calls each for the messages of a stream whose subject matches and whose sequence number is
// larger than last. It returns the last number that it saw.
func (q *Queue) after(ctx context.Context, stream, subjects string, last uint64, each func(*nats.Msg) error) (uint64, error) {
	for {
		more, seen, err := q.batchAfter(ctx, stream, subjects, last, each)
		if err != nil || !more {
			return seen, err
		}
		last = seen
	}
}

// batchSize is how many messages are asked for at once. An attempt must not end before they are
// there, also if hundreds of nodes ask a busy server at the same time.
const batchSize = 200

// batchAfter is after for one batch.
func (q *Queue) batchAfter(ctx context.Context, stream, subjects string, last uint64, each func(*nats.Msg) error) (more bool, seen uint64, err error) {
	request, err := json.Marshal(map[string]any{"seq": last + 1, "next_by_subj": subjects, "batch": batchSize})
	if err != nil {
		return false, last, err
	}
	inbox := q.conn.NewInbox()
	sub, err := q.conn.SubscribeSync(inbox)
	if err != nil {
		return false, last, err
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection is closed otherwise
	if err := q.conn.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, request); err != nil {
		return false, last, err
	}
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return false, last, err
		}
		switch msg.Header.Get("Status") {
		case "":
			if err := each(msg); err != nil {
				return false, last, err
			}
			if last, err = strconv.ParseUint(msg.Header.Get(jetstream.SequenceHeader), 10, 64); err != nil {
				return false, last, fmt.Errorf("the server sent a message without its number: %w", err)
			}
		case "204":
			return msg.Header.Get("Nats-Num-Pending") != "0", last, nil
		case "404":
			return false, last, nil
		case "503":
			return false, last, nats.ErrNoResponders
		default:
			return false, last, fmt.Errorf("the server answered %s", status(msg))
		}
	}
}

func status(msg *nats.Msg) string {
	return strings.TrimSpace(msg.Header.Get("Status") + " " + msg.Header.Get("Description"))
}
