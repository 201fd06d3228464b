package queueing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// status shows how far a build is.
func status(ctx context.Context, asked option.QueueCommand, stdout io.Writer) (err error) {
	q, err := jetstream.Open(ctx, jetstream.Config{
		URL: asked.URL, Build: asked.Build, Token: asked.Token, Creds: asked.Creds, CA: asked.CA, Patience: 10 * time.Second,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	stored, ok, err := q.Stored(ctx)
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("the queue at %s has no build %q: no node has started it yet, it is older than a day, or its name is different", asked.URL, asked.Build)
	}
	waiting, leased, err := q.Counts(ctx)
	if err != nil {
		return err
	}
	records, err := q.Records(ctx)
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, show(stored, waiting, leased, records))
	return err
}

// show returns the text about a build.
func show(stored queue.Plan, waiting, leased int, records map[string]queue.Record) string {
	nodes := map[string]*share{}
	var all share
	for _, record := range records {
		if nodes[record.Node] == nil {
			nodes[record.Node] = &share{}
		}
		nodes[record.Node].add(record)
		all.add(record)
	}
	text := fmt.Sprintf("%s: %s done, %s running, %s waiting; planned by %s\n", plain.Counted(len(stored.Units), "unit"),
		plain.Number(len(records)), plain.Number(leased), plain.Number(waiting), plain.Line(stored.Node))
	if len(records) == 0 {
		return text
	}
	rows := [][]string{{"node", "units", "tests", "failed", "lost", "time"}}
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		rows = append(rows, nodes[name].row(plain.Line(name)))
	}
	if len(nodes) > 1 {
		rows = append(rows, all.row("all"))
	}
	return text + plain.Columns(rows, func(column int) bool { return column == 0 })
}

// share is what a node did.
type share struct {
	units, tests, failed, lost int
	wall                       time.Duration
}

func (s *share) add(record queue.Record) {
	s.units++
	s.tests += record.Summary.Tests
	s.failed += record.Summary.Failed
	s.wall += record.Summary.Wall
	if record.Status == queue.Lost {
		s.lost++
	}
}

func (s *share) row(name string) []string {
	return []string{name, strconv.Itoa(s.units), strconv.Itoa(s.tests), strconv.Itoa(s.failed), strconv.Itoa(s.lost), plain.Duration(s.wall.Round(100 * time.Millisecond))}
}
