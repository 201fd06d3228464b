package pulling

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// fetching is how many results are read at the same time.
const fetching = 16

// fetch writes the results that count of all units to files in a folder. missing is why a unit has
// no file, by its number in the plan from 1.
func fetch(ctx context.Context, q queue.Queue, all queue.Plan, dir string) (files []string, missing map[int]string, err error) {
	records, err := q.Records(ctx)
	if err != nil {
		return nil, nil, err
	}
	missing = map[int]string{}
	var mu sync.Mutex
	names := make([]string, len(all.Units))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(fetching)
	for i, unit := range all.Units {
		record, ok := records[queue.ID(unit)]
		if why := lost(record, ok); why != "" {
			mu.Lock()
			missing[i+1] = why
			mu.Unlock()
			continue
		}
		group.Go(func() error {
			name := filepath.Join(dir, fmt.Sprintf("all-%05d%s", i+1, result.Extension))
			n, err := fetchOne(ctx, q, record, name)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, queue.ErrMissing) {
				missing[i+1] = fmt.Sprintf("%s ran it, but the queue has only %d of the %s of its result", record.Node, n, plain.Counted(record.Chunks, "chunk"))
				return nil
			}
			names[i] = name
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if name != "" {
			files = append(files, name)
		}
	}
	return files, missing, nil
}

// lost returns why there is no result, empty if there is one.
func lost(record queue.Record, recorded bool) string {
	switch {
	case !recorded:
		return "no node has run it, or the node that does has not ended"
	case record.Status == queue.Lost && len(record.Nodes) > 0:
		return fmt.Sprintf("it was given up after %s: %s", strings.Join(record.Nodes, ", "), record.Reason)
	case record.Status == queue.Lost:
		return "it was given up: " + record.Reason
	}
	return ""
}

// fetchOne writes the result of a record to a file, and returns how many chunks it has.
func fetchOne(ctx context.Context, q queue.Queue, record queue.Record, name string) (n int, err error) {
	file, err := os.Create(name)
	if err != nil {
		return 0, fmt.Errorf("making a file for the result of a unit: %w", err)
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			_ = os.Remove(name)
		}
	}()
	for n < record.Chunks {
		chunk, err := q.Read(ctx, record.Unit, record.Attempt, n)
		if err != nil {
			return n, err
		}
		if _, err := file.Write(chunk); err != nil {
			return n, fmt.Errorf("writing the result of a unit: %w", err)
		}
		n++
	}
	return n, nil
}
