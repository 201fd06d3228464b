package pulling

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/shard/internal/command"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/lines"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/queueserver"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// childVariable makes a process one of the nodes of --queue embed. It has the name of the node, the
// address of the server and the build, separated by blanks.
const childVariable = "GOTESTSHARD_QUEUE_NODE"

// defaultNodes is how many nodes --queue embed starts without --nodes.
const defaultNodes = 2

// mostStored is how many bytes a server of --queue embed may store.
const mostStored = 16 << 30

// asChild returns the options of a node that --queue embed started, and whether this is one.
func asChild(opts option.Options) (option.Options, bool) {
	words := strings.Fields(opts.Environ.Get(childVariable))
	if len(words) != 3 {
		return opts, false
	}
	opts.Node, opts.Queue.URL, opts.Queue.Build = words[0], words[1], words[2]
	opts.Queue.TokenFile, opts.Queue.Creds, opts.Queue.CA = "", "", ""
	opts.Queue.Token = opts.Environ.Get(option.QueueTokenVariable)
	opts.Environ = slices.DeleteFunc(slices.Clone(opts.Environ), func(v string) bool { return strings.HasPrefix(v, childVariable+"=") })
	opts.Embedded, opts.Wait, opts.FailNode, opts.QueueFallback = true, false, false, ""
	opts.Area, opts.Keys = false, false
	return opts, true
}

// endWith ends a node when the process that started it has ended, which closes its standard input.
func endWith(stdin io.Reader, interrupts *signals.Watch) {
	_, _ = io.Copy(io.Discard, stdin)
	interrupts.SendOwn(syscall.SIGTERM)
}

// embed runs a whole build on this machine: a server and nodes, each a process.
func embed(opts option.Options, stdout, stderr io.Writer) (err error) {
	interrupts := signals.Start(true)
	defer interrupts.Stop()
	dir, err := temp.Dir("", "gotestshard-queue-")
	if err != nil {
		return fmt.Errorf("making the folder of the server: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	secret := rand.Text()
	server, err := queueserver.Start(queueserver.Config{
		Listen: "127.0.0.1:0", Store: dir, Secret: secret, MaxStore: mostStored,
		Log: func(line string) { _, _ = fmt.Fprintf(stderr, "gotestshard: queue: %s\n", line) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	opts.Queue = option.Queue{URL: server.URL(), Build: opts.RunID, Token: secret}
	nodes := &children{opts: opts, stdout: lines.NewWriter(stdout), stderr: lines.NewWriter(stderr), stop: process.NewStop(opts.GracePeriod)}
	interrupts.PassTo(nodes)
	err = nodes.run()
	if sig := interrupts.Received(); sig != 0 {
		return exit.Signalled(sig)
	}
	return worst(err, reportBuild(interrupts, opts, stdout, stderr))
}

// worst returns own, an error of gotestshard itself, or without one err.
func worst(own, err error) error {
	var coded exit.Error
	switch {
	case own == nil:
		return err
	case err == nil, errors.As(err, &coded) && coded.Reason == "":
		return own
	case errors.As(err, &coded):
		return errors.Join(errors.New(coded.Reason), own)
	}
	return errors.Join(err, own)
}

// reportBuild reports a build of the nodes of this machine.
func reportBuild(interrupts *signals.Watch, opts option.Options, stdout, stderr io.Writer) (err error) {
	ctx := interrupts.Ctx
	interrupts.PassTo(signals.OnlyAsks{})
	q, err := open(ctx, opts.Queue)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	n := newNode(interrupts, q, opts, stdout, stderr)
	all, ok, err := q.Stored(ctx)
	if err != nil || !ok {
		return err // without a plan, a node has said why
	}
	n.plan = all
	if n.dir, err = temp.Dir("", "gotestshard-units-"); err != nil {
		return fmt.Errorf("making the folder for the results of units: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(n.dir)) }()
	if n.settings, err = gotest.ReadSettings(ctx, opts.Environ, opts.Dir, opts.Args); err != nil {
		return err
	}
	if n.timings, err = listing.OpenDurations(ctx, opts.Distribution, opts.Partition, n.settings.Dir, stderr); err != nil {
		return err
	}
	return n.reportAll()
}

// children are the nodes of a build on this machine. They are a signals.Stopper.
type children struct {
	opts           option.Options
	stdout, stderr *lines.Writer
	stop           *process.Stop
}

// Interrupt, Kill and CleanUp implement signals.Stopper.
func (c *children) Interrupt(sig os.Signal) { c.stop.Pass(process.Receive(sig)) }
func (c *children) Kill()                   { c.stop.Kill() }
func (c *children) CleanUp() error          { return nil }

// run runs all nodes to their ends. A node that was killed is no error: others ran what it had.
func (c *children) run() error {
	nodes := c.opts.Nodes
	if nodes == 0 {
		nodes = defaultNodes
	}
	errs := make([]error, nodes)
	var running sync.WaitGroup
	for i := range errs {
		running.Go(func() { errs[i] = c.node(fmt.Sprintf("node-%d", i+1)) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// node runs one node.
func (c *children) node(name string) error {
	self, err := process.Self()
	if err != nil {
		return err
	}
	env := append(option.WithoutToken(c.opts.Environ), fmt.Sprintf("%s=%s %s %s", childVariable, name, c.opts.Queue.URL, c.opts.Queue.Build),
		option.QueueTokenVariable+"="+c.opts.Queue.Token)
	stdin, alive, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	defer func() { _ = alive.Close() }() // ends with this process
	p, stdout, stderr, err := command.Command{Args: append([]string{self}, c.opts.Command...), Env: env, Stdin: stdin}.Start()
	_ = stdin.Close()
	if err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	defer func() { _, _ = stdout.Close(), stderr.Close() }()
	supervised := command.Supervise(p, c.stop)
	prefix := name + " "
	var copying sync.WaitGroup
	copying.Go(func() { c.copy(c.stderr, stderr, prefix) })
	if c.opts.Format == format.JSON {
		prefix = ""
	}
	copying.Go(func() { c.copy(c.stdout, stdout, prefix) })
	copying.Wait()
	err = supervised.Await()
	var ended *exec.ExitError
	if errors.As(err, &ended) && !ended.Exited() {
		_, _ = fmt.Fprintf(c.stderr, "gotestshard: %s was ended: %v\n", name, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// copy passes on the lines of a node.
func (c *children) copy(to io.Writer, from io.Reader, prefix string) {
	in := bufio.NewReader(from)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			_, _ = io.WriteString(to, prefix+strings.TrimSuffix(line, "\n")+"\n") // an error ends the report too
		}
		if err != nil {
			return
		}
	}
}
