package pulling

import (
	"context"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

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
		LeaseTime: asked.Lease, OpenPatience: asked.Lease,
	}
}
