//go:build !noqueueserver

package queueing

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// A server that is started, asked with a token for one build, and ended.
func TestCommands(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	check(t, os.WriteFile(file, []byte("a secret of a test\n"), 0o600))
	parse := func(environ ...string) func(args ...string) option.QueueCommand {
		return func(args ...string) option.QueueCommand {
			asked, err := option.ParseQueue(args, option.Call{Environ: environ})
			check(t, err)
			return asked
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, parse()("serve", "--listen", "127.0.0.1:0", "--token-file", file, "--store", filepath.Join(dir, "store")), in)
		_ = in.Close() // it never fails
	}()
	line := make([]byte, 1000)
	n, err := out.Read(line)
	check(t, err)
	url := regexp.MustCompile(`nats://\S+`).FindString(string(line[:n]))
	go func() { _, _ = io.Copy(io.Discard, out) }() // until it is closed

	var token1 strings.Builder
	check(t, token(parse()("token", "--build", "1", "--token-file", file), &token1))
	if strings.Contains(token1.String(), "secret") {
		t.Errorf("the token has the secret: %s", token1.String())
	}
	of1 := parse(option.QueueTokenVariable + "=" + token1.String())
	err = status(ctx, of1("status", "--queue", url, "--build", "1"), io.Discard)
	if err == nil || !strings.Contains(err.Error(), `no build "1"`) {
		t.Errorf("without a build: %v", err)
	}
	err = status(ctx, of1("status", "--queue", url, "--build", "2"), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "does not take the token") {
		t.Errorf("another build: %v", err)
	}
	run(t, url, strings.TrimSpace(token1.String()))
	var shown strings.Builder
	check(t, status(ctx, of1("status", "--queue", url, "--build", "1"), &shown))
	if shown.String() != wantStatus {
		t.Errorf("got\n%swant\n%s", shown.String(), wantStatus)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

const wantStatus = `4 units: 2 done, 1 running, 1 waiting; planned by a
node  units  tests  failed  lost  time
a         1      3       1     0  1.2s
b�        1      0       0     1    0s
all       2      3       1     1  1.2s
`

// run does what the nodes of a build do.
func run(t *testing.T, url, token string) {
	t.Helper()
	q, err := jetstream.Open(t.Context(), jetstream.Config{URL: url, Build: "1", Token: token})
	check(t, err)
	t.Cleanup(func() { check(t, q.Close()) })
	made := queue.Plan{Node: "a"}
	var units []string
	for _, name := range []string{"p", "q", "r", "s"} {
		part := plan.Part{Packages: []plan.PartPackage{{Name: name}}}
		made.Units, units = append(made.Units, part), append(units, queue.ID(part))
	}
	_, err = q.Plan(t.Context(), made)
	check(t, err)
	check(t, q.Offer(t.Context(), units))
	for _, record := range []queue.Record{
		{Node: "a", Status: queue.Ran, Summary: queue.Summary{Tests: 3, Failed: 1, Wall: 1234 * time.Millisecond}},
		{Node: "b\x1b", Status: queue.Lost},
	} {
		lease, err := q.Take(t.Context())
		check(t, err)
		record.Unit = lease.Unit()
		_, err = q.Finish(t.Context(), record)
		check(t, err)
		check(t, lease.Ack(t.Context()))
	}
	_, err = q.Take(t.Context())
	check(t, err)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
