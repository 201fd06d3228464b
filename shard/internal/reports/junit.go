package reports

import (
	"errors"
	"fmt"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/files"
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
		Errors:            s.errorCount(execution),
		Elapsed:           s.elapsedOf(execution),
		Diagnoses:         s.Diagnoses,
	}
	if notes := s.Noted.JUnit; notes != nil {
		junit.Workers, junit.BuildErrors = notes.Workers, s.Noted.Builds.All()
		if notes.Passed != nil {
			junit.PassedOutput = func(pkg string, id int) string { return s.Noted.Output.Text(notes.Passed[pkg][id]) }
		}
		if notes.Spool != nil {
			junit.Passed = notes.Spool.Of
			defer func() { err = errors.Join(err, notes.Spool.Close()) }()
		}
	}
	file, err := files.Create(opts.File)
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

// goVersion returns the version of the go command, or in a merge that of the nodes.
func (s *summary) goVersion() string {
	if s.GoVersion != "" {
		return s.GoVersion
	}
	if _, ok := s.opts.Environ.Lookup("GOVERSION"); !ok {
		s.opts.Debugf(s.stderr, "exec: go version")
	}
	version, err := gotest.Version(s.reporting.ctx, s.opts.Environ)
	if err != nil {
		_, _ = fmt.Fprintf(s.stderr, "%sFailed to lookup go version for junit xml: %v\n", color.YellowString("WARN "), err)
		return "unknown"
	}
	return version
}
