package caching

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/kept"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	resultfile "github.com/gotestshard/gotestshard/shard/internal/result" // result is what the build cache has of an action
	"github.com/gotestshard/gotestshard/shard/internal/uncached"
)

// explain is gotestshard cache explain: one line for each package of the last run, or for those that
// the arguments match.
func explain(ctx context.Context, asked option.Cache, stdout, stderr io.Writer) error {
	folder, err := kept.Of(".")
	if err != nil {
		return err
	}
	file, err := folder.Last()
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no kept run of the module in %s: run gotestshard -n auto first (in a CI with --no-keep=false; "+
			"a run with --no-keep, or without any flag that gotestsum does not have, is not kept)", folder.Root)
	}
	if err != nil {
		return err
	}
	header, ran, err := readEnds(file)
	if err != nil {
		return fmt.Errorf("reading the last run: %s: %w", file, err)
	}
	_, _ = fmt.Fprintf(stderr, "gotestshard: the run of %s: %s\n",
		header.Started.Local().Format("2006-01-02 15:04:05"), plain.Line(gotest.Line(append([]string{"gotestshard"}, header.Command...)...)))
	args := option.GoTestArgs(header.Command, asked.Call)
	settings, err := gotest.ReadSettings(ctx, asked.Environ, "", args)
	if err != nil {
		return err
	}
	names := ran.tested()
	if len(asked.Args) > 0 {
		if names, err = listPackages(ctx, asked, args.Without("C").BuildFlags()); err != nil {
			return err
		}
	}
	var rows [][]string
	for _, name := range names {
		rows = append(rows, []string{plain.Line(name), plain.Line(why(name, ran, header, settings))})
	}
	if len(rows) == 0 {
		_, err = io.WriteString(stdout, "the last run has no package with tests\n")
		return err
	}
	_, err = io.WriteString(stdout, plain.Columns(rows, func(int) bool { return true }))
	return err
}

// listPackages returns the packages that the arguments match.
func listPackages(ctx context.Context, asked option.Cache, flags gotest.Args) ([]string, error) {
	out, errs, err := process.Ask(ctx, func() *exec.Cmd {
		return exec.Command("go", slices.Concat([]string{"list"}, flags, []string{"--"}, asked.Args)...)
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the packages with go list: %w: %s", err, strings.TrimSpace(string(errs)))
	}
	return strings.Fields(string(out)), nil
}

// why returns why a package was not cached in the last run.
func why(name string, ran ends, header resultfile.Header, settings gotest.Settings) string {
	end, ok := ran[name]
	switch {
	case !ok:
		return "not part of the last run"
	case end.noTests:
		return "no test files"
	case end.cached:
		return "cached"
	case end.notBuilt:
		return "its test could not be built"
	}
	if reason, ok := uncached.Reason(settings.Cache, header.RunID, name); ok {
		return reason
	}
	if len(header.Workers) == 0 || header.Dist == "" {
		return cmp.Or(uncached.Disabled(settings.Binary), "not known: only a run with -n notes what tests read; no flag of that run keeps results out of the cache")
	}
	if !end.ended {
		return "not known: the run ended before this package"
	}
	return "not known: nothing was noted, since the folder gotestshard in GOCACHE could not be written, or was removed"
}
