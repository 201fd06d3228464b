package pulling

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/merge"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
)

// nothing is printed for a build without units.
const nothing = "the plan of the build has nothing to run"

// report reports what this node ran, or the whole run, and returns the error of the node. pullErr is
// how its part in the build ended.
func (n *node) report(pullErr error) error {
	if n.opts.Wait && pullErr == nil {
		return n.reportAll()
	}
	if n.opts.Embedded {
		return pullErr // the process that started this one reports
	}
	if len(n.plan.Units) == 0 {
		n.say(nothing)
		return pullErr
	}
	if len(n.files) == 0 {
		if pullErr == nil {
			n.say(fmt.Sprintf("%s ran nothing: other nodes had all that there was", n.name))
		}
		return pullErr
	}
	slices.Sort(n.files)
	err := n.merge(n.files, option.Units{Plan: n.plan.Units, Own: true, Began: n.began, Annotate: true})
	var coded exit.Error
	switch {
	case pullErr != nil:
		return worst(pullErr, err)
	case errors.As(err, &coded) && coded.Code <= exit.Failed && !n.opts.FailNode:
		n.say("tests failed; gotestshard merge --queue, or the node with --wait, fails because of them, and this node does with --fail-node")
		return nil
	}
	return err
}

// reportAll reports the whole run.
func (n *node) reportAll() error {
	if len(n.plan.Units) == 0 {
		n.say(nothing)
		return nil
	}
	files, missing, err := fetch(n.interrupts.Ctx, n.queue, n.plan, n.dir)
	if err != nil {
		return err
	}
	return n.merge(files, option.Units{Plan: n.plan.Units, Missing: missing, Annotate: true})
}

// merge reports the units of result files. The lines of those that ran here are there already.
func (n *node) merge(files []string, units option.Units) error {
	opts := n.opts
	opts.Merge = &option.Merge{Files: files, Units: &units, AutoPrefix: true, CoverProfile: n.settings.CoverProfile, Timings: n.timings.File()}
	out := reports.SummaryOut(opts.Format, opts.Terminal, n.stdout, n.stderr)
	if opts.Workers = 0; opts.Format != format.Failures { // which shows failures at the end
		opts.Format = "none"
	}
	opts.FailuresNow = false
	_, err := merge.Until(n.interrupts, opts, out, n.stderr)
	return err
}
