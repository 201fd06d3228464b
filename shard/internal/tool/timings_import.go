package tool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/fatih/color"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/history"
)

const ImportUsage = `Usage:
    %[1]s [flags] FILE...

Import durations from the files of earlier runs, so that the first
run with gotestshard is planned well. The format of a file is detected:

  - JSON lines: gotestsum --jsonfile or --jsonfile-timing-events, go test -json
  - JUnit XML: gotestsum --junitfile, go-junit-report, with full import paths
    (--junitfile-testcase-classname=full, which is gotestsum's default)

'-' is the standard input. Top-level tests, fuzz tests and examples that passed
are imported; the file of one run adds one sample to each of them. If a file cannot be
read, nothing is imported.

    gotestsum --jsonfile-timing-events events.json
    %[1]s events.json
    go test -json ./... | %[1]s -
`

func importTimings(name string, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	flags := newTimingsFlags(name)
	if done, err := flags.parse(args, ImportUsage, stdout); done || err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return fmt.Errorf("no file to import: name files of gotestsum, go test -json or JUnit, or - for the standard input; see '%s --help'", name)
	}
	file, modules, err := flags.history()
	if err != nil {
		return err
	}
	var runs []*history.Run
	fromStdin := false
	for _, from := range flags.Args() {
		if from == "-" && fromStdin {
			return errors.New("import -: the standard input can be read only once")
		}
		fromStdin = fromStdin || from == "-"
		run, err := readTimings(from, stdin, modules)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	known, err := history.Load(file)
	switch {
	case known == nil: // nothing can be saved to it, which is an error here
		return err
	case err != nil: // it was damaged and is set aside
		_, _ = fmt.Fprintf(stderr, "%s%v\n", color.YellowString("WARN "), err)
	}
	for i, run := range runs {
		if err := run.Save(file, time.Now()); err != nil {
			return err
		}
		tests, packages := run.Counts()
		from := flags.Arg(i)
		if from == "-" {
			from = "the standard input"
		}
		if _, err := fmt.Fprintf(stdout, "imported durations of %s of %s from %s\n",
			plain.Counted(tests, "test"), plain.Counted(packages, "package"), from); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(stdout, "into %s\n", file)
	return err
}

func readTimings(name string, stdin io.Reader, modules []string) (*history.Run, error) {
	in := stdin
	if name == "-" {
		name = "the standard input"
	} else {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("importing timings: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	run, err := history.Seed(in, modules)
	if err != nil {
		return nil, fmt.Errorf("importing timings from %s: %w", name, err)
	}
	return run, nil
}
