package pulling

import (
	"io"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	ci "github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Which nodes share durations, and under which branches.
func TestTimingKeys(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*node)
		want   []string // branches
	}{
		"a branch":                     {func(*node) {}, []string{"fix", "trunk", "main", "master"}},
		"a file of its own":            {func(n *node) { n.opts.Timings = "t.json" }, nil},
		"no durations":                 {func(n *node) { n.opts.Timings = option.TimingsOff }, nil},
		"a node of embed":              {func(n *node) { n.opts.Embedded = true }, nil},
		"a repository without address": {func(n *node) { n.origin.Repository = "" }, nil},
		"the token of one build": {func(n *node) {
			n.opts.Queue.Token = jetstream.BuildToken("secret", "1", time.Now())
		}, nil},
	} {
		opts := option.Options{Call: option.Call{Environ: environ.List{"CI_DEFAULT_BRANCH=trunk"}}}
		n := newNode(signals.NewWatch(), nil, opts, io.Discard, io.Discard)
		n.origin = ci.Job{Repository: "https://example.com/m", Branch: "fix"}
		c.change(n)
		keys := n.timingKeys()
		if len(keys) != len(c.want) {
			t.Errorf("%s: %d keys, want those of %q", what, len(keys), c.want)
			continue
		}
		for i, branch := range c.want {
			if keys[i] != jetstream.TimingsKey("https://example.com/m", branch) {
				t.Errorf("%s: key %d is not that of %s", what, i, branch)
			}
		}
	}
}

// The durations of a node are those of all its units.
func TestMeasure(t *testing.T) {
	n := newNode(signals.NewWatch(), nil, option.Options{}, io.Discard, io.Discard)
	for _, test := range []string{"TestA", "TestB"} {
		unit := history.NewRun()
		unit.Test("p", test, time.Second, history.Passed)
		n.measure(unit)
	}
	text, err := n.measured.Merged(nil, time.Now(), jetstream.MostTimings)
	if err != nil {
		t.Fatal(err)
	}
	past, err := history.Parse(text)
	if err != nil || len(past.Tests()) != 2 {
		t.Errorf("there are %v, %v", past, err)
	}
}
