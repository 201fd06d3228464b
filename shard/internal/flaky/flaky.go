// Package flaky lists the tests that fail and pass with the same sources: gotestshard flaky.
//
//	result files → the results of each run → counts of each test → table, JSON or entries
//
// Only reading needs files. The rest is pure, and no clock is read.
package flaky

import (
	"errors"
	"fmt"
	"io"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/kept"
	"github.com/gotestshard/gotestshard/shard/internal/merge"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Run runs gotestshard flaky; args are those after "flaky".
func Run(args []string, call option.Call, stdout, stderr io.Writer) error {
	asked, err := option.ParseFlaky(args, call)
	switch {
	case errors.Is(err, option.ErrHelp):
		return asked.WriteHelp(stdout)
	case err != nil:
		return err
	}
	signals := signals.Start(false)
	defer signals.Stop()
	runs, err := readAll(asked, func() bool { return signals.Received() != 0 }, stderr)
	if signals.Received() != 0 {
		return exit.Signalled(signals.Received())
	}
	if err != nil {
		return err
	}
	s := summarize(runs)
	switch {
	case asked.JSON:
		return s.writeJSON(stdout)
	case asked.Suggest:
		return s.suggest(stdout, stderr)
	}
	_, err = io.WriteString(stdout, s.text(asked.All))
	return err
}

// readAll reads the runs that are asked about, each once.
func readAll(asked option.Flaky, stopped func() bool, stderr io.Writer) ([]run, error) {
	files, err := find(asked)
	if err != nil {
		return nil, err
	}
	var runs []run
	var unusable []error
	seen := map[string]bool{}
	for _, name := range files {
		if stopped() {
			return nil, nil
		}
		r, note, err := read(name)
		if err != nil {
			unusable = append(unusable, err)
			continue
		}
		if note != "" {
			_, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", plain.Line(note))
		}
		if r.name != "" && !seen[r.id()] {
			seen[r.id()] = true
			runs = append(runs, r)
		}
	}
	return runs, errors.Join(unusable...)
}

// find returns the files to read.
func find(asked option.Flaky) ([]string, error) {
	if len(asked.Files) > 0 {
		return merge.ResultFiles(asked.Files)
	}
	folder, err := kept.Of(".")
	if err != nil {
		return nil, err
	}
	files, err := folder.All()
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is no kept run of the module in %s: run gotestshard -n auto some times first, or name files that --result wrote "+
			"(a run in a CI, with --no-keep, or without any flag that gotestsum does not have is not kept)", folder.Root)
	}
	return files, err
}
