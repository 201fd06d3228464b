package pulling

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/lines"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/run"
)

// runUnit is the Run of a queue.Node.
func (n *node) runUnit(ctx context.Context, worker int, part plan.Part, out io.Writer) (queue.Summary, error) {
	n.status.running(1)
	defer n.status.running(-1)
	defer n.build.enter(ctx)()
	number := n.numbers[queue.ID(part)]
	name := filepath.Join(n.dir, fmt.Sprintf("%05d%s", number, result.Extension))
	file, err := os.Create(name)
	if err != nil {
		return queue.Summary{}, fmt.Errorf("making a file for the result of a unit: %w", err)
	}
	defer func() { _ = file.Close() }() // an error of writing is one of the run
	unit := n.common
	unit.Part, unit.Number, unit.Worker, unit.Result = part, number, worker, io.MultiWriter(file, out)
	started := time.Now()
	interrupts, leave := n.running.start(ctx)
	stdout, stderr := lines.NewWriter(n.stdout), lines.NewWriter(n.stderr)
	_, err = run.Until(interrupts, n.unitOptions(&unit, name+".cover"), stdout, stderr)
	stopped := leave()
	err = errors.Join(err, stdout.Close(), stderr.Close())
	_ = os.Remove(name + ".cover") // it is in the result
	if stopped {
		return queue.Summary{}, errors.Join(context.Cause(ctx), os.Remove(name))
	}
	code := exit.Code(err)
	if code == exit.OwnError { // its tests have nothing to do with it, so another node may do better
		return queue.Summary{}, errors.Join(err, os.Remove(name))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.files, n.failed = append(n.files, name), n.failed || code != 0
	n.measure(unit.Measured)
	return queue.Summary{ExitCode: code, Tests: unit.Tests, Failed: unit.Failed, Wall: time.Since(started)}, nil
}

// unitOptions returns the options for the run of a unit, whose coverage profile is a file of its own.
func (n *node) unitOptions(unit *option.Unit, cover string) option.Options {
	opts := n.opts
	opts.Unit, opts.Workers, opts.InOrder = unit, 1, true
	opts.Area, opts.Keys, opts.Heartbeat = false, false, 0
	opts.Reports, opts.RerunFailsReport = option.Reports{}, ""
	opts.NoTests, opts.RunTimeout, opts.Changed = option.NoTestsPass, 0, ""
	if opts.Format == format.Failures || opts.Format == "dots" || opts.Format == "dots-v1" || opts.Format == "dots-v2" {
		opts.Format = "none" // the lines of several units cannot be mixed, and the summary has what failed
	}
	if n.settings.CoverProfile != "" {
		opts.Args = gotest.Args(opts.Args).WithFlags([]string{"-coverprofile=" + cover})
	}
	return opts
}
