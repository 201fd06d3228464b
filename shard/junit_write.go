package shard

import (
	"errors"
	"fmt"
	"os"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// writeJUnit writes the JUnit file.
func (s *summary) writeJUnit(execution *testjson.Execution) (err error) {
	opts := s.opts.JUnit
	if opts.File == "" {
		return nil
	}
	junit := report.JUnit{
		ProjectName:       opts.ProjectName,
		SuiteName:         opts.SuiteName,
		ClassName:         opts.ClassName,
		HideEmptyPackages: opts.HideEmptyPackages,
		HideSkippedTests:  opts.HideSkippedTests,
		Errors:            s.errors(execution),
		Elapsed:           s.elapsedOf(execution),
	}
	if notes := s.noted.junit; notes != nil {
		junit.Workers, junit.BuildErrors = notes.workers, s.noted.builds.all()
		if notes.passed != nil {
			junit.PassedOutput = func(pkg string, id int) string { return s.noted.output.text(notes.passed[pkg][id]) }
		}
		if notes.spool != nil {
			junit.Passed = notes.spool.of
			defer func() { err = errors.Join(err, notes.spool.close()) }()
		}
	}
	file, err := createFile(opts.File)
	if err != nil {
		return fmt.Errorf("failed to open JUnit file: %w", err)
	}
	junit.GoVersion = s.goVersion()
	write := junit.WriteGotestsum
	if opts.Style == option.JUnitSurefire {
		junit.Failures = s.failures(execution, junit.BuildErrors)
		write = junit.WriteSurefire
	}
	return errors.Join(write(file, execution), file.Close())
}

// goVersion is what the go command says of itself, or what nodes said of theirs.
func (s *summary) goVersion() string {
	if s.goVersionText != "" {
		return s.goVersionText
	}
	if _, ok := os.LookupEnv("GOVERSION"); !ok {
		s.opts.Debugf(s.stderr, "exec: go version")
	}
	version, err := gotest.Version(s.reporting.ctx)
	if err != nil {
		_, _ = fmt.Fprintf(s.stderr, "%sFailed to lookup go version for junit xml: %v\n", color.YellowString("WARN "), err)
		return "unknown"
	}
	return version
}
