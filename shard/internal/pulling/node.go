package pulling

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/lines"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/live"
	"github.com/gotestshard/gotestshard/shard/internal/merge"
	ci "github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// node is a node while it takes part in a build.
type node struct {
	interrupts     *signals.Watch
	queue          queue.Queue
	opts           option.Options
	stdout, stderr io.Writer
	name           string
	began          time.Time

	settings gotest.Settings
	origin   ci.Job
	timings  *listing.Durations
	shared   bool // whether the durations are those that builds share
	plan     queue.Plan
	common   option.Unit    // what all units have in common
	numbers  map[string]int // of the units in the plan, from 1, by their IDs
	dir      string         // for the results of units, mode 0700

	running targets
	status  *status
	build   *buildGate

	mu    sync.Mutex
	files []string // of the units that this node ran
	// measured are the durations in them.
	measured *history.Run
	// failed is whether a test failed in one of them.
	failed bool
}

func newNode(interrupts *signals.Watch, q queue.Queue, opts option.Options, stdout, stderr io.Writer) *node {
	return &node{
		interrupts: interrupts, queue: q, opts: opts, stdout: lines.NewWriter(stdout), stderr: lines.NewWriter(stderr),
		name: nameOf(opts.Node), began: time.Now(), numbers: map[string]int{}, measured: history.NewRun(),
		running: targets{received: func() bool { return interrupts.Received() != 0 }},
	}
}

// longestHost is how much of the name of a machine is in the name of a node.
const longestHost = 24

// nameOf returns the name of the node, which no other node of the build should have. Machines of a
// CI may all have the same name.
func nameOf(given string) string {
	if given != "" {
		return given
	}
	host, _ := os.Hostname()
	host, _, _ = strings.Cut(plain.Line(host), ".")
	return cmp.Or(host[:min(len(host), longestHost)], "node") + "-" + strings.ToLower(rand.Text()[:4])
}

// run runs units until the build has nothing more for this node.
func (n *node) run() (err error) {
	ctx := n.interrupts.Ctx
	n.interrupts.PassTo(signals.OnlyAsks{})
	if n.dir, err = temp.Dir("", "gotestshard-units-"); err != nil {
		return fmt.Errorf("making the folder for the results of units: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(n.dir)) }()
	if err := n.prepare(ctx); err != nil {
		return err
	}
	pullErr := n.pull(ctx)
	if n.interrupts.Received() != 0 {
		n.say(fmt.Sprintf("%s ran here; what was running went back to the queue", plain.Counted(len(n.files), "unit")))
		return nil // the signal is the result
	}
	err = n.report(pullErr)
	if pullErr == nil {
		n.saveTimings(ctx)
	}
	return err
}

// pull runs units, and shows how far the build is.
func (n *node) pull(ctx context.Context) error {
	view := live.BeginLine(n.opts.Call, n.opts.Display, n.stdout, n.stderr, func() string { return n.status.line(time.Now()) })
	stdout, stderr := n.stdout, n.stderr
	n.stdout, n.stderr = lines.NewWriter(view.Stdout), lines.NewWriter(view.Stderr)
	following, cancel := context.WithCancel(ctx)
	var ending sync.WaitGroup
	ending.Go(func() { n.status.follow(following, n.queue) })
	n.interrupts.PassTo(&n.running)
	err := queue.Pull(ctx, n.queue, n.plan, queue.Node{
		Name: n.name, Workers: n.opts.Workers, Run: n.runUnit, Say: n.sayOf, Lease: n.opts.Queue.Lease,
	})
	n.interrupts.PassTo(signals.OnlyAsks{})
	cancel()
	ending.Wait()
	endErr := view.End()
	n.stdout, n.stderr = stdout, stderr
	return errors.Join(err, endErr)
}

// say prints a message.
func (n *node) say(text string) {
	_, _ = fmt.Fprintf(n.stderr, "gotestshard: %s\n", plain.Line(text))
}

// sayOf prints a message about units, with what they have in place of their IDs.
func (n *node) sayOf(text string) {
	words := strings.Split(text, " ")
	for i, word := range words {
		if number := n.numbers[strings.TrimRight(word, ",:")]; number > 0 {
			words[i] = fmt.Sprintf("%d (%s)%s", number, merge.Contents(n.plan.Units[number-1]), word[len(strings.TrimRight(word, ",:")):])
		}
	}
	n.say(strings.Join(words, " "))
}

// prepare finds out what there is to run, and takes the plan of the build.
func (n *node) prepare(ctx context.Context) (err error) {
	opts := n.opts
	if n.settings, err = gotest.ReadSettings(ctx, opts.Environ, opts.Dir, opts.Args); err != nil {
		return err
	}
	if n.timings, err = listing.OpenDurations(ctx, opts.Distribution, opts.Partition, n.settings.Dir, n.stderr); err != nil {
		return err
	}
	n.origin = observe.Origin(opts.Environ, observe.Tree(opts.GoTest, opts.Workspace, false))
	n.loadTimings(ctx)
	list := listing.New(ctx, opts, n.settings, n.timings.Past, n.stderr)
	defer list.Close()
	suites, packages, err := list.Build(n.settings)
	if err != nil {
		return err
	}
	narrowed, err := n.narrow(ctx, packages)
	if err != nil {
		return err
	}
	mine := queue.Plan{Node: n.name, Units: n.units(narrowed)}
	if mine.Facts, n.common.Go, err = n.facts(ctx, packages); err != nil {
		return err
	}
	if n.plan, err = n.queue.Plan(ctx, mine); err != nil {
		return err
	}
	if err := n.plan.Differs(mine.Facts); err != nil {
		return err
	}
	n.status, n.build = newStatus(n.plan), newBuildGate()
	for i, unit := range n.plan.Units {
		n.numbers[queue.ID(unit)] = i + 1
	}
	n.common.Node, n.common.Workers, n.common.Of = n.name, opts.Workers, len(n.plan.Units)
	n.common.Digest, n.common.Shared = plan.Digest(n.plan.Units), listing.Shared(n.plan.Units)
	n.common.Suites, n.common.Past = suites, n.timings.Past
	n.common.Gate = n.build.before(newGate(opts.Tables.GroupLimits()).wait)
	n.say(fmt.Sprintf("%s pulls from a plan of %s, %s", n.name, plain.Counted(len(n.plan.Units), "unit"), n.planner()))
	return nil
}

// planner says who made the plan.
func (n *node) planner() string {
	switch {
	case n.plan.Node != n.name:
		return "made by " + n.plan.Node
	case n.shared:
		return "which this node made with the durations of earlier builds"
	}
	return "which this node made"
}
