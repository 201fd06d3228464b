//go:build !noqueueserver

package queueserver

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// drain takes units and runs them, until the build has that many records.
func drain(t *testing.T, q queue.Queue, node string, units []string) error {
	for {
		lease, err := q.Take(t.Context())
		if errors.Is(err, queue.ErrEmpty) {
			records, err := q.Records(t.Context())
			if err != nil || len(records) == len(units) {
				return err
			}
			if err := q.Offer(t.Context(), missing(units, records)); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		attempt := fmt.Sprintf("%s %d", node, lease.Deliveries())
		if err := q.Write(t.Context(), lease.Unit(), attempt, 0, []byte(lease.Unit())); err != nil {
			return err
		}
		if _, err := q.Finish(t.Context(), queue.Record{Unit: lease.Unit(), Attempt: attempt, Node: node, Status: queue.Ran, Chunks: 1}); err != nil {
			return err
		}
		_ = lease.Ack(t.Context()) // the unit is delivered again, and the record is found
	}
}

func missing(units []string, records map[string]queue.Record) (left []string) {
	for _, unit := range units {
		if _, ok := records[unit]; !ok {
			left = append(left, unit)
		}
	}
	return left
}

// complete checks that each unit has its record, and each record its chunks.
func complete(t *testing.T, q queue.Queue, units []string) {
	t.Helper()
	records, err := q.Records(t.Context())
	if err != nil || len(records) != len(units) {
		t.Fatalf("%d records of %d, %v", len(records), len(units), err)
	}
	for _, unit := range units {
		chunk, err := q.Read(t.Context(), unit, records[unit].Attempt, 0)
		if err != nil || string(chunk) != unit {
			t.Errorf("the result of %s is %q, %v", unit, chunk, err)
		}
	}
}

// begin stores the plan and offers the units.
func begin(t *testing.T, q queue.Queue, node string, count int) []string {
	t.Helper()
	made, units := build(node, count)
	if _, err := q.Plan(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	if err := q.Offer(t.Context(), units); err != nil {
		t.Fatal(err)
	}
	return units
}
