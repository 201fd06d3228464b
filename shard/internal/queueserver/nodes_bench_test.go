//go:build !noqueueserver

package queueserver

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// BenchmarkNodes has 50 nodes of 10 workers with a connection per node, which pull as many units as a
// plan may have. A unit takes 10 to 40 ms and has a result of 2 KB. All of it is in this process.
func BenchmarkNodes(b *testing.B) {
	s, err := Start(Config{Listen: "127.0.0.1:0", Store: b.TempDir(), Secret: secret, Log: func(string) {}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	made := queue.Plan{Node: "node0"}
	for i := range queue.MostUnits {
		pkg := plan.PartPackage{Name: fmt.Sprintf("example.com/p%d", i%200), Tests: []string{fmt.Sprint("Test", i)}}
		made.Units = append(made.Units, plan.Part{Packages: []plan.PartPackage{pkg}})
	}
	result := strings.Repeat("a line of a result of a unit\n", 70)
	run := func(_ context.Context, _ int, unit plan.Part, out io.Writer) (queue.Summary, error) {
		time.Sleep(time.Duration(10+len(unit.Packages[0].Tests[0])*7%31) * time.Millisecond)
		_, err := io.WriteString(out, result)
		return queue.Summary{}, err
	}
	for i := 0; b.Loop(); i++ {
		group, ctx := errgroup.WithContext(b.Context())
		for node := range 50 {
			group.Go(func() error {
				q, err := jetstream.Open(ctx, jetstream.Config{URL: s.URL(), Build: fmt.Sprint("benchmark ", i), Token: secret})
				if err != nil {
					return err
				}
				defer func() { _ = q.Close() }()
				p, err := q.Plan(ctx, made)
				if err != nil {
					return err
				}
				return queue.Pull(ctx, q, p, queue.Node{Name: fmt.Sprint("node", node), Workers: 10, Run: run})
			})
		}
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(made.Units)*b.N)/b.Elapsed().Seconds(), "units/s")
}
