package jetstream

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// MostTimings is how many bytes the durations under one key have at most, before they are compressed.
const MostTimings = 8 << 20

// keepTimings is for how long durations are kept that no build adds to.
const keepTimings = 30 * 24 * time.Hour

// timingsName stands in the place of a build for what all builds share. No build has it as its Name,
// so that the token of one build is not good for it.
var timingsName = digestOf("gotestshard timings")

// TimingsName is what stands in the place of a build in the name of a connection for Timings.
func TimingsName() string { return timingsName }

// TimingsKey returns the key for the durations of a branch. A later version of the text of a history
// needs other keys.
func TimingsKey(repository, branch string) string {
	return digestOf("gotestshard timings 1\n" + repository + "\n" + branch)
}

// IsBuildToken reports whether a token is that of one build. It is not good for Timings.
func IsBuildToken(token string) bool { return strings.HasPrefix(token, tokenPrefix+".") }

// Timings are the durations of tests that the builds of a server share: a text for each key. It has a
// connection of its own, so that a server that refuses it does not end the queue.
type Timings struct{ queue *Queue }

// OpenTimings connects to the server.
func OpenTimings(ctx context.Context, config Config) (*Timings, error) {
	q, err := openAs(ctx, config, timingsName)
	if err != nil {
		return nil, err
	}
	return &Timings{q}, nil
}

// Close ends the connection.
func (t *Timings) Close() error { return t.queue.Close() }

// Load returns the text of the first of the keys that has one, nil if none has.
func (t *Timings) Load(ctx context.Context, keys ...string) (text []byte, err error) {
	err = t.queue.attempt(ctx, func(ctx context.Context) error {
		kv, err := t.queue.js.KeyValue(ctx, timingsBucket)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			return nil
		}
		if err == nil {
			text, _, err = first(ctx, kv, keys)
		}
		return err
	})
	return text, t.explain("reading the durations of earlier builds", err)
}

// Save replaces the text of the first key by what merge makes of it. If it has none, merge gets that
// of the first of the other keys that has one, or nil. merge is called again if another node was
// faster.
func (t *Timings) Save(ctx context.Context, keys []string, merge func(text []byte) ([]byte, error)) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := t.queue.attempt(ctx, func(ctx context.Context) error { return t.swap(ctx, keys, merge) })
		if !errors.Is(err, jetstream.ErrKeyExists) && !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return t.explain("adding to the durations of earlier builds", err)
		}
		if pauseErr := pause(ctx, rand.N(wait)); pauseErr != nil {
			return fmt.Errorf("adding to the durations of earlier builds: other nodes were faster each time: %w", pauseErr)
		}
	}
}

// swap is one attempt of Save.
func (t *Timings) swap(ctx context.Context, keys []string, merge func(text []byte) ([]byte, error)) error {
	kv, err := t.queue.bucket(ctx, jetstream.KeyValueConfig{
		Bucket: timingsBucket, Description: "durations of tests", TTL: keepTimings, History: 1, MaxValueSize: mostPlan, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return err
	}
	text, revision, err := first(ctx, kv, keys)
	if err != nil {
		return err
	}
	if text, err = merge(text); err != nil {
		return err
	}
	data, err := compress(text)
	if err != nil {
		return err
	}
	if revision == 0 {
		_, err = kv.Create(ctx, keys[0], data)
		return err
	}
	_, err = kv.Update(ctx, keys[0], data, revision)
	return err
}

// first returns the text of the first of the keys that has one, and the revision of the very first
// key, 0 if it has none.
func first(ctx context.Context, kv jetstream.KeyValue, keys []string) (text []byte, revision uint64, err error) {
	for i, key := range keys {
		entry, err := kv.Get(ctx, key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if i == 0 {
			revision = entry.Revision()
		}
		text, err = decompress(entry.Value())
		return text, revision, err
	}
	return nil, 0, nil
}

func (t *Timings) explain(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case t.queue.failed() != nil:
		return fmt.Errorf("%s: %w", doing, t.queue.failed())
	}
	return fmt.Errorf("%s: %w", doing, t.queue.explain(err))
}

func compress(text []byte) ([]byte, error) {
	if len(text) > MostTimings {
		return nil, fmt.Errorf("they have %d bytes, more than %d", len(text), MostTimings)
	}
	var buffer bytes.Buffer
	compressed := gzip.NewWriter(&buffer)
	_, err := compressed.Write(text)
	err = errors.Join(err, compressed.Close())
	return buffer.Bytes(), err
}

// decompress refuses what would fill the memory.
func decompress(data []byte) ([]byte, error) {
	var text []byte
	compressed, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(compressed, MostTimings+1))
	}
	if len(text) > MostTimings {
		err = fmt.Errorf("it has more than %d bytes", MostTimings)
	}
	if err != nil {
		return nil, fmt.Errorf("what the server has cannot be read: %w; delete its bucket %s, and gotestshard makes it again", err, timingsBucket)
	}
	return text, nil
}
