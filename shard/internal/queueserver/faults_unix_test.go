//go:build unix && !noqueueserver

package queueserver

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// A server that is killed and started again has lost nothing that was confirmed.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 0)
	q := closing(t, open(t, quick(p.url, "1", secret)))
	units := begin(t, q, "a", 6)
	held, err := q.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Finish(t.Context(), queue.Record{Unit: held.Unit(), Attempt: "before", Node: "a", Chunks: 1}); err != nil {
		t.Fatal(err)
	}
	if err := q.Write(t.Context(), held.Unit(), "before", 0, []byte(held.Unit())); err != nil {
		t.Fatal(err)
	}
	p.kill()
	ended := make(chan error, 1)
	go func() { ended <- drain(t, q, "a", units) }() // its first calls wait for the server
	p.again()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	complete(t, q, units)
	if records, err := q.Records(t.Context()); err != nil || records[held.Unit()].Attempt != "before" {
		t.Errorf("the record of before is %+v, %v", records[held.Unit()], err)
	}
	start := time.Now()
	if _ = held.Ack(t.Context()); time.Since(start) > 5*time.Second {
		t.Errorf("the ack for what the server forgot took %s", time.Since(start))
	}
}

// A server that loses what it stored makes the nodes run all again, by the same plan.
func TestStoreDeleted(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 0)
	a := closing(t, open(t, quick(p.url, "1", secret)))
	units := begin(t, a, "a", 3)
	if err := drain(t, a, "a", units); err != nil {
		t.Fatal(err)
	}
	p.kill()
	if err := os.RemoveAll(filepath.Join(p.store, "jetstream")); err != nil {
		t.Fatal(err)
	}
	p.again()
	records, err := a.Records(t.Context())
	if err != nil || len(records) > 0 {
		t.Fatalf("the records are %v, %v", records, err)
	}
	if err := drain(t, a, "a", units); err != nil {
		t.Fatal(err)
	}
	complete(t, a, units)
	b := closing(t, open(t, quick(p.url, "1", secret)))
	other, _ := build("b", 2)
	if got, err := b.Plan(t.Context(), other); err != nil || got.Node != "a" {
		t.Errorf("a node that comes later gets the plan of %q, %v", got.Node, err)
	}
}

// If another node makes another plan meanwhile, the first node ends with an error.
func TestPlanReplaced(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 0)
	a := closing(t, open(t, quick(p.url, "1", secret)))
	units := begin(t, a, "a", 3)
	p.kill()
	if err := os.RemoveAll(filepath.Join(p.store, "jetstream")); err != nil {
		t.Fatal(err)
	}
	p.again()
	b := closing(t, open(t, quick(p.url, "1", secret)))
	other, _ := build("b", 2)
	if _, err := b.Plan(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if err := drain(t, a, "a", units); err == nil || !strings.Contains(err.Error(), "another --build") {
		t.Errorf("the first node ended with %v", err)
	}
}

// Calls to a server that does not answer are repeated until it does.
func TestServerFrozen(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 0)
	config := quick(p.url, "1", secret)
	config.Attempt = 300 * time.Millisecond
	q := closing(t, open(t, config))
	units := begin(t, q, "a", 3)
	p.signal(syscall.SIGSTOP)
	ended := make(chan error, 1)
	go func() { ended <- drain(t, q, "a", units) }()
	for q.Reconnects() == 0 && q.Connected() { // until the client has noticed
		time.Sleep(10 * time.Millisecond)
	}
	p.signal(syscall.SIGCONT)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	complete(t, q, units)
}

// A server that cannot be reached for too long is an error that says so.
func TestServerGone(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 0)
	config := quick(p.url, "1", secret)
	config.Patience = 300 * time.Millisecond
	q := closing(t, open(t, config))
	begin(t, q, "a", 1)
	p.kill()
	if _, err := q.Take(t.Context()); err == nil || !strings.Contains(err.Error(), "check that the server runs") {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Records(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context, the error is %v", err)
	}
}

// A network that drops connections costs time, and nothing else.
func TestConnectionsDropped(t *testing.T) {
	t.Parallel()
	s := testServer(t, nil)
	through := startProxy(t, s.URL(), 4000)
	a, b := closing(t, open(t, quick(through.url, "1", secret))), closing(t, open(t, quick(through.url, "1", secret)))
	units := begin(t, a, "a", 25)
	ended := make(chan error, 4)
	for range 2 {
		go func() { ended <- drain(t, a, "a", units) }()
		go func() { ended <- drain(t, b, "b", units) }()
	}
	for range 4 {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	complete(t, closing(t, open(t, quick(s.URL(), "1", secret))), units)
	if through.dropped.Load() < 3 {
		t.Errorf("only %d connections were dropped", through.dropped.Load())
	}
}

// A server without room says so, and what it confirmed stays.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	s := testServer(t, func(c *Config) { c.MaxStore = 4 << 20 })
	q := closing(t, open(t, quick(s.URL(), "1", secret)))
	begin(t, q, "a", 1)
	stored, chunk := 0, incompressible(queue.MostChunk)
	var err error
	for ; stored < 20 && err == nil; stored++ {
		err = q.Write(t.Context(), "1", "first", stored, chunk)
	}
	if err == nil || !strings.Contains(err.Error(), "--max-store") {
		t.Fatalf("after %d chunks the error is %v", stored, err)
	}
	for i := range stored - 1 {
		if read, err := q.Read(t.Context(), "1", "first", i); err != nil || !bytes.Equal(read, chunk) {
			t.Errorf("chunk %d: %d bytes, %v", i, len(read), err)
		}
	}
}

// A server whose disk is full ends. What it confirmed is there when it starts again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 1<<20) // of a file
	q := closing(t, open(t, quick(p.url, "1", secret)))
	begin(t, q, "a", 1)
	stored, chunk := 0, incompressible(queue.MostChunk)
	ended := make(chan error, 1)
	go func() {
		for ; stored < 5; stored++ {
			if err := q.Write(t.Context(), "1", "first", stored, chunk); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	if err := p.command.Wait(); err == nil {
		t.Error("the server ended without an error")
	}
	p.fileLimit = 0
	p.again()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for i := range stored {
		if read, err := q.Read(t.Context(), "1", "first", i); err != nil || !bytes.Equal(read, chunk) {
			t.Errorf("chunk %d: %d bytes, %v", i, len(read), err)
		}
	}
}
