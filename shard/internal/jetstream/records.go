package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// records are those that were read. They do not change while the server keeps them, so only those
// after the last one are read again.
type records struct {
	mu    sync.Mutex
	epoch uint64 // in which they were read
	last  uint64 // the number of the last message that was read
	all   map[string]queue.Record
}

// epoch changes when the server may have lost records: it was away, or has lost other assets.
func (q *Queue) epoch() uint64 { return q.Reconnects() + q.remade.Load() }

// Finish stores the record of a unit if it has none.
func (q *Queue) Finish(ctx context.Context, record queue.Record) (queue.Record, error) {
	const doing = "storing the record of a unit"
	if err := checkToken("unit", record.Unit); err != nil {
		return queue.Record{}, err
	}
	data, err := json.Marshal(record)
	if err == nil && len(data) > mostRecord {
		err = fmt.Errorf("it has %d bytes, more than %d", len(data), mostRecord)
	}
	if err != nil {
		return queue.Record{}, fmt.Errorf("%s: %w", doing, err)
	}
	counts := record
	err = q.do(ctx, doing, func(ctx context.Context) error {
		existing, err := q.createOnce(ctx, doneStream, q.name.done(record.Unit), data)
		if err != nil || existing == nil {
			return err
		}
		counts, err = decodeRecord(record.Unit, existing)
		return err
	})
	return counts, err
}

// Done returns the record of a unit.
func (q *Queue) Done(ctx context.Context, unit string) (record queue.Record, done bool, err error) {
	if err := checkToken("unit", unit); err != nil {
		return queue.Record{}, false, err
	}
	_, err = q.read(ctx, "reading the record of a unit", doneStream, func(ctx context.Context) error {
		data, there, err := q.get(ctx, doneStream, q.name.done(unit))
		if err != nil || !there {
			return err
		}
		done = true
		record, err = decodeRecord(unit, data)
		return err
	})
	return record, done && err == nil, err
}

// Records returns the records so far.
func (q *Queue) Records(ctx context.Context) (map[string]queue.Record, error) {
	var all map[string]queue.Record
	_, err := q.read(ctx, "reading the records of units", doneStream, func(ctx context.Context) (err error) {
		all, err = q.readRecords(ctx)
		return err
	})
	return all, err
}

func (q *Queue) readRecords(ctx context.Context) (map[string]queue.Record, error) {
	r := &q.records
	r.mu.Lock()
	defer r.mu.Unlock()
	if epoch := q.epoch(); r.all == nil || r.epoch != epoch {
		r.epoch, r.last, r.all = epoch, 0, map[string]queue.Record{}
	}
	prefix := q.name.done("")
	last, err := q.after(ctx, doneStream, q.name.done("*"), r.last, func(msg *nats.Msg) error {
		unit := strings.TrimPrefix(msg.Header.Get(jetstream.SubjectHeader), prefix)
		record, err := decodeRecord(unit, msg.Data)
		if err == nil {
			r.all[unit] = record
		}
		return err
	})
	r.last = last
	return maps.Clone(r.all), err
}

// decodeRecord reads the record of a unit.
func decodeRecord(unit string, data []byte) (queue.Record, error) {
	var record queue.Record
	err := json.Unmarshal(data, &record)
	switch {
	case err != nil:
		return record, fatal{fmt.Errorf("the record of unit %s cannot be read: %w; a node with another version of gotestshard stored it", unit, err)}
	case record.Unit != unit:
		return record, fatal{fmt.Errorf("the record of unit %s is of unit %q", unit, record.Unit)}
	}
	return record, nil
}

// Write stores a chunk of the result of an attempt. Storing it again does not matter.
func (q *Queue) Write(ctx context.Context, unit, attempt string, n int, chunk []byte) error {
	if err := checkChunk(unit, attempt, n); err != nil {
		return err
	}
	if len(chunk) > queue.MostChunk {
		return fmt.Errorf("storing chunk %d of unit %s: it has %d bytes, more than %d", n, unit, len(chunk), queue.MostChunk)
	}
	return q.do(ctx, "storing the result of a unit", func(ctx context.Context) error {
		_, err := q.js.Publish(ctx, q.name.chunk(unit, attempt, n), chunk, jetstream.WithExpectStream(dataStream), jetstream.WithRetryAttempts(0))
		return err
	})
}

// Read returns a chunk of an attempt.
func (q *Queue) Read(ctx context.Context, unit, attempt string, n int) ([]byte, error) {
	if err := checkChunk(unit, attempt, n); err != nil {
		return nil, err
	}
	var chunk []byte
	var there bool
	_, err := q.read(ctx, "reading the result of a unit", dataStream, func(ctx context.Context) (err error) {
		chunk, there, err = q.get(ctx, dataStream, q.name.chunk(unit, attempt, n))
		return err
	})
	if err == nil && !there {
		err = fmt.Errorf("chunk %d of an attempt at unit %s, which the server keeps for %s: %w", n, unit, keepWork, queue.ErrMissing)
	}
	return chunk, err
}

// Attempts returns the attempts at a unit, by their first chunks.
func (q *Queue) Attempts(ctx context.Context, unit string) ([]string, error) {
	if err := checkToken("unit", unit); err != nil {
		return nil, err
	}
	var attempts []string
	_, err := q.read(ctx, "reading the attempts at a unit", dataStream, func(ctx context.Context) error {
		attempts = nil
		_, err := q.after(ctx, dataStream, q.name.firstChunks(unit), 0, func(msg *nats.Msg) error {
			attempt, err := attemptOf(msg.Header.Get(jetstream.SubjectHeader))
			attempts = append(attempts, attempt)
			return err
		})
		return err
	})
	slices.Sort(attempts)
	return attempts, err
}

func checkChunk(unit, attempt string, n int) error {
	if n < 0 {
		return fmt.Errorf("chunk %d has a negative number", n)
	}
	return errors.Join(checkToken("unit", unit), checkAttempt(attempt))
}
