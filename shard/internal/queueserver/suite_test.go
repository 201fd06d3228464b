//go:build !noqueueserver

package queueserver

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
	"github.com/gotestshard/gotestshard/shard/internal/queue/queuetest"
)

const secret = "a secret of a test"

// testServer starts a server that ends with the test.
func testServer(t *testing.T, change func(*Config)) *Server {
	t.Helper()
	config := Config{
		Listen: "127.0.0.1:0", Store: t.TempDir(), Secret: secret, MaxStore: 100 << 20,
		Log: func(line string) { t.Log("server: " + line) },
	}
	if change != nil {
		change(&config)
	}
	s, err := Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// quick returns what a node of a build needs, with times for tests.
func quick(url, build, token string) jetstream.Config {
	return jetstream.Config{
		URL: url, Build: build, Token: token, LeaseTime: 300 * time.Millisecond,
		Wait: 50 * time.Millisecond, Attempt: 2 * time.Second, Patience: 30 * time.Second, OpenPatience: 10 * time.Second, Ping: 200 * time.Millisecond,
	}
}

func open(t *testing.T, config jetstream.Config) *jetstream.Queue {
	t.Helper()
	q, err := jetstream.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// build is a plan, as one node made it.
func build(node string, units int) (queue.Plan, []string) {
	made := queue.Plan{Node: node}
	var ids []string
	for i := range units {
		part := plan.Part{Packages: []plan.PartPackage{{Name: fmt.Sprintf("example.com/p%d", i)}}}
		made.Units, ids = append(made.Units, part), append(ids, queue.ID(part))
	}
	return made, ids
}

func closing(t *testing.T, q *jetstream.Queue) *jetstream.Queue {
	t.Cleanup(func() { _ = q.Close() })
	return q
}

func TestQueue(t *testing.T) {
	s := testServer(t, nil)
	var builds atomic.Int64
	queuetest.Run(t, queuetest.Subject{
		LeaseTime: 300 * time.Millisecond,
		Build: func(t *testing.T) func() queue.Queue {
			build := fmt.Sprint("build of > a * test ", builds.Add(1))
			return func() queue.Queue { return open(t, quick(s.URL(), build, secret)) }
		},
	})
}

// incompressible returns bytes that the server cannot store in fewer.
func incompressible(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data) // it never fails
	return data
}
