package pulling

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/merge"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// Merge makes one report of what all nodes of a build ran, as merge.Run does of files.
func Merge(opts option.Options, stdout, stderr io.Writer) error {
	if opts.Queue.URL == "" {
		return merge.Run(opts, stdout, stderr)
	}
	interrupts := signals.Start(true)
	defer interrupts.Stop()
	dir, err := temp.Dir("", "gotestshard-units-")
	if err != nil {
		return fmt.Errorf("making the folder for the results of units: %w", err)
	}
	opts.Environ = option.WithoutToken(opts.Environ)
	err = errors.Join(mergeUntil(interrupts, opts, dir, stdout, stderr), os.RemoveAll(dir))
	if sig := interrupts.Received(); sig != 0 {
		return exit.Signalled(sig)
	}
	return err
}

func mergeUntil(interrupts *signals.Watch, opts option.Options, dir string, stdout, stderr io.Writer) (err error) {
	ctx := interrupts.Ctx
	q, err := open(ctx, opts.Queue)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	all, ok, err := q.Stored(ctx)
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("the queue has no plan of the build %q: no node has come that far, the id of --build is another one, or its results are older than the queue keeps them", opts.Queue.Build)
	}
	if len(all.Units) == 0 {
		_, err = fmt.Fprintf(stderr, "gotestshard: %s\n", nothing)
		return err
	}
	files, missing, err := fetch(ctx, q, all, dir)
	if err != nil {
		return err
	}
	asked := *opts.Merge
	asked.Files, asked.Units = files, &option.Units{Plan: all.Units, Missing: missing}
	opts.Merge = &asked
	_, err = merge.Until(interrupts, opts, stdout, stderr)
	return err
}
