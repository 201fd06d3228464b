package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// For how long the assets keep what is in them. Records are small and tell a late merge that the
// events are gone.
const (
	keepWork    = 24 * time.Hour
	keepRecords = 7 * 24 * time.Hour
	keepIdle    = time.Hour // the consumer of a build that no node takes units of
)

// The most bytes that a message has in each asset.
const (
	mostPlan   = 8 << 20 // also the largest message that package queueserver allows
	mostRecord = 64 << 10
	mostWork   = 1 << 10
	overhead   = 1 << 10 // of a message: its subject and headers
)

// streams returns the configuration of the streams on a server of a version. Only how they treat
// messages matters; an operator may make them with other sizes, ages or replicas.
func streams(version string) []jetstream.StreamConfig {
	work := jetstream.DefaultPersistMode
	if atLeast(version, 12) {
		// A unit that a power failure takes from the queue is offered again. To wait until each is on
		// the disk would take 1.4 ms a unit.
		work = jetstream.AsyncPersistMode
	}
	return []jetstream.StreamConfig{
		{
			Name: workStream, Subjects: []string{"gts.work.*.*"}, Description: "units to run",
			Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage, MaxAge: keepWork, MaxMsgSize: mostWork,
			MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, AllowDirect: true, PersistMode: work,
		},
		{
			// With its number in the subject, a chunk that is sent twice is there once.
			Name: dataStream, Subjects: []string{"gts.ev.*.*.*.*"}, Description: "events of units",
			Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage, MaxAge: keepWork, MaxMsgSize: queue.MostChunk + overhead,
			MaxMsgsPerSubject: 1, Compression: jetstream.S2Compression, AllowDirect: true,
		},
		{
			Name: doneStream, Subjects: []string{"gts.done.*.*"}, Description: "records of units that were run",
			Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage, MaxAge: keepRecords, MaxMsgSize: mostRecord + overhead,
			MaxMsgsPerSubject: 1, AllowDirect: true,
		},
	}
}

// makeAssets makes those streams, buckets and consumers that are not there. If the server lost
// them, the plan is stored again. Of several callers, one makes them.
func (q *Queue) makeAssets(ctx context.Context, asked time.Time) error {
	q.making.Lock()
	defer q.making.Unlock()
	if q.made.After(asked) {
		return nil
	}
	for _, config := range streams(q.conn.ConnectedServerVersion()) {
		if err := q.makeStream(ctx, config); err != nil {
			return err
		}
	}
	if err := q.makeBucket(ctx); err != nil {
		return err
	}
	_, err := q.js.CreateOrUpdateConsumer(ctx, workStream, jetstream.ConsumerConfig{
		Durable: q.name.build, FilterSubject: q.name.work("*"),
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: q.config.LeaseTime, MaxDeliver: -1,
		MaxAckPending: -1, MaxWaiting: 8192, InactiveThreshold: keepIdle,
	})
	if err != nil {
		return fmt.Errorf("making the consumer of the build: %w", err)
	}
	q.remade.Add(1)
	if plan := q.plan.Load(); plan != nil {
		if err := q.restorePlan(ctx, plan.data); err != nil {
			return err
		}
	}
	q.made = time.Now()
	return nil
}

// makeStream makes a stream if it is not there. It asks first, since the right to make streams is
// not needed if there are some.
func (q *Queue) makeStream(ctx context.Context, config jetstream.StreamConfig) error {
	stream, err := q.js.Stream(ctx, config.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = q.js.CreateStream(ctx, config)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // with another configuration, in the meantime
			stream, err = q.js.Stream(ctx, config.Name)
		}
	}
	if err != nil {
		return fmt.Errorf("making the stream %s: %w", config.Name, err)
	}
	is := stream.CachedInfo().Config
	if is.Retention != config.Retention || is.MaxMsgsPerSubject != config.MaxMsgsPerSubject || is.DiscardNewPerSubject != config.DiscardNewPerSubject ||
		!is.AllowDirect || is.MaxMsgSize >= 0 && is.MaxMsgSize < config.MaxMsgSize {
		return fatal{fmt.Errorf("the stream %s of the server does not have the retention, messages per subject, size of messages or direct access that gotestshard gives it; "+
			"delete the stream, and gotestshard makes it again", config.Name)}
	}
	return nil
}

func (q *Queue) makeBucket(ctx context.Context) error {
	_, err := q.bucket(ctx, jetstream.KeyValueConfig{
		Bucket: planBucket, Description: "plans of builds", TTL: keepWork, History: 1, MaxValueSize: mostPlan, Storage: jetstream.FileStorage,
	})
	return err
}

// bucket returns a bucket, which it makes if it is not there.
func (q *Queue) bucket(ctx context.Context, config jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	kv, err := q.js.KeyValue(ctx, config.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = q.js.CreateKeyValue(ctx, config)
		if errors.Is(err, jetstream.ErrBucketExists) { // with another configuration, in the meantime
			kv, err = q.js.KeyValue(ctx, config.Bucket)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("making the bucket %s: %w", config.Bucket, err)
	}
	return kv, nil
}
