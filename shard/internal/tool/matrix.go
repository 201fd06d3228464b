package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"gotest.tools/gotestsum/cmd/tool/matrix"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// matrixUsage follows gotestsum's usage. Its arguments are the name of the tool and its
// flags.
const matrixUsage = `
With --timings it prints the matrix of a workflow whose N jobs run the parts of
--partition instead. With --dist load and similar modes, a part may have only some of
the tests of a package:

    %[1]s --partitions N --timings FILE [flags] [--] [go test flags and packages]
    matrix=$(%[1]s --partitions 4 --timings timings.json)
    echo "matrix=$matrix" >> "$GITHUB_OUTPUT"

For each job it prints its index, the value of --partition, the expected duration in
seconds, and the number of packages and tests. Use the index in names that cannot
contain a "/":

    {"include":[{"index":1,"partition":"1/2","seconds":12.3,"packages":3,"tests":57},…]}

Give all jobs the same --timings, --dist, packages and flags. Without a history, as
with --timings off, the parts have no seconds.

%[2]s`

// matrixFlags are the flags of the matrix for --partition.
type matrixFlags struct {
	set        *pflag.FlagSet
	partitions int
	timings    string
	dist       string
	packages   string
}

func newMatrixFlags(name string) *matrixFlags {
	f := &matrixFlags{set: pflag.NewFlagSet(name, pflag.ContinueOnError)}
	f.set.SetInterspersed(false)
	f.set.SortFlags = false
	f.set.Usage = func() {}
	f.set.IntVar(&f.partitions, "partitions", 0, "number of jobs: `N`")
	f.set.StringVar(&f.timings, "timings", "", "test durations: a `FILE` that all jobs have, or off")
	f.set.StringVar(&f.dist, "dist", string(plan.LoadScope), "the --dist `MODE` of the jobs")
	f.set.StringVar(&f.packages, "packages", "", "space separated `list` of packages to test")
	return f
}

// runMatrix runs gotestsum's tool, or makes the matrix for --partition.
func runMatrix(name string, args []string, call option.Call, stdout, stderr io.Writer) error {
	has := func(flag string) bool {
		end := slices.Index(args, "--")
		if end < 0 {
			end = len(args)
		}
		return slices.ContainsFunc(args[:end], func(arg string) bool { return arg == flag || strings.HasPrefix(arg, flag+"=") })
	}
	f := newMatrixFlags(name)
	switch {
	case has("--help"), has("-h"):
		if err := matrix.Run(name, args); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, matrixUsage, name, f.set.FlagUsages())
		return err
	case !has("--timings"):
		for _, flag := range []string{"--dist", "--packages"} {
			if has(flag) { // gotestsum's tool does not know it
				return fmt.Errorf("%s %s: --timings is missing; name the FILE of timings that all jobs have, or use --timings off",
					strings.TrimPrefix(name, "gotestshard "), flag)
			}
		}
		return matrix.Run(name, args)
	}
	if err := f.set.Parse(args); err != nil {
		return fmt.Errorf("%w; see '%s --help'", err, name)
	}
	if f.partitions < 1 || f.partitions > node.MostParts {
		return fmt.Errorf("%s --partitions %d: write a number from 1 to %d", strings.TrimPrefix(name, "gotestshard "), f.partitions, node.MostParts)
	}
	if f.dist == "no" {
		return fmt.Errorf("%s --dist %s: the jobs of a --partition have workers; name the --dist mode that they use", strings.TrimPrefix(name, "gotestshard "), f.dist)
	}
	run := []string{
		"-n=1", fmt.Sprintf("--partition=1/%d", f.partitions), "--dist=" + f.dist, "--timings=" + f.timings, "--packages=" + f.packages, "--",
	}
	opts, err := option.Parse(append(run, f.set.Args()...), call)
	if err != nil {
		return err
	}
	parts, err := partsOf(opts, stderr)
	if err != nil {
		return err
	}
	return writeMatrix(stdout, parts)
}

// partsOf plans the parts without running them.
func partsOf(opts option.Options, stderr io.Writer) ([]plan.Part, error) {
	signals := signals.Start(true)
	defer signals.Stop()
	parts, err := partsUntil(signals.Ctx, opts, stderr)
	if signals.Received() != 0 {
		return nil, exit.Signalled(signals.Received())
	}
	return parts, err
}

// partsUntil is partsOf, but stops when ctx ends.
func partsUntil(ctx context.Context, opts option.Options, stderr io.Writer) ([]plan.Part, error) {
	settings, err := gotest.ReadSettings(ctx, opts.Environ, opts.Dir, opts.Args)
	if err != nil {
		return nil, err
	}
	timings, err := listing.OpenDurations(ctx, opts.Distribution, opts.Partition, settings.Dir, stderr)
	if err != nil {
		return nil, err
	}
	l := listing.New(ctx, opts, settings, timings.Shared, stderr)
	defer l.Close()
	if _, err := listing.ListOnly(l); err != nil {
		return nil, err
	}
	return l.Partition(opts.Partition.Total, settings, timings.Shared)
}

// matrixJob is one job of a matrix.
type matrixJob struct {
	Index     int     `json:"index"` // from 1
	Partition string  `json:"partition"`
	Seconds   float64 `json:"seconds,omitempty"`
	Packages  int     `json:"packages"`
	Tests     int     `json:"tests"`
}

// writeMatrix writes one line of JSON.
func writeMatrix(out io.Writer, parts []plan.Part) error {
	var jobs struct {
		Include []matrixJob `json:"include"`
	}
	for i, part := range parts {
		job := matrixJob{
			Index:     i + 1,
			Partition: node.Partition{Index: i + 1, Total: len(parts)}.String(),
			Seconds:   math.Round(part.Expected.Seconds()*10) / 10,
			Packages:  len(part.Packages),
		}
		for _, pkg := range part.Packages {
			job.Tests += len(pkg.Tests)
		}
		jobs.Include = append(jobs.Include, job)
	}
	return json.NewEncoder(out).Encode(jobs)
}
