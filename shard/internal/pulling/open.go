package pulling

import (
	"context"
	"os"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// leaseVariable has another lease time, for tests of frozen nodes.
const leaseVariable = "GOTESTSHARD_TEST_QUEUE_LEASE"

// leaseTime returns how long leases last, 0 for the default.
func leaseTime() time.Duration {
	lease, _ := time.ParseDuration(os.Getenv(leaseVariable))
	return lease
}

// open connects to the queue of a build.
func open(ctx context.Context, asked option.Queue) (queue.Queue, error) {
	q, err := jetstream.Open(ctx, configOf(asked))
	if err != nil {
		return nil, err
	}
	return q, nil
}

func configOf(asked option.Queue) jetstream.Config {
	return jetstream.Config{
		URL: asked.URL, Build: asked.Build, Token: asked.Token, Creds: asked.Creds, CA: asked.CA,
		LeaseTime: leaseTime(), OpenPatience: leaseTime(),
	}
}
