package reports

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/page"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/files"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/node"
)

// writePages writes the reports that show every test, if any was requested.
func (s *summary) writePages(m report.Summary, exec *testjson.Execution, places annotator, failures []failedTest) error {
	if !s.opts.ShowsTests() {
		return nil
	}
	run := s.page(m, exec, places, failures)
	var errs []error
	for _, file := range []struct {
		flag, name string
		write      func(io.Writer) error
	}{{"html", s.opts.HTML, run.WriteHTML}, {"trace", s.opts.Trace, run.WriteTrace}, {"svg", s.opts.SVG, run.WriteSVG}} {
		if file.name == "" {
			continue
		}
		if err := files.Write(file.name, file.write); err != nil {
			errs = append(errs, fmt.Errorf("writing --%s: %w", file.flag, err))
		}
	}
	return errors.Join(errs...)
}

// page adds to a summary what the reports of every test show.
func (s *summary) page(m report.Summary, exec *testjson.Execution, places annotator, failures []failedTest) page.Run {
	notes := s.Noted.Tests
	run := page.Run{
		Summary: m, Results: notes.Results, Spans: notes.Spans(), LeftOut: notes.LeftOut,
	}
	listed := map[testCase]bool{}
	for _, f := range failures {
		listed[caseOf(f.TestCase)] = true
	}
	s.addOutputs(&run, exec, places, listed)
	job := node.JobOf(s.opts.Environ.Get)
	commit, branch, remote, module := "", "", "", ""
	if places.tree != nil {
		commit, branch, remote = places.tree.Checkout()
		module = places.tree.Module()
	}
	run.Origin = page.Origin{
		Commit: cmp.Or(job.Commit, commit), Branch: cmp.Or(job.Branch, branch), Repository: cmp.Or(job.Repository, remote),
		Job: joinedWords(job.CI, job.Name), JobURL: job.URL,
	}
	run.Facts = s.facts(module)
	run.Environment = s.environment()
	if s.opts.Merge == nil && len(s.opts.Shards) == 0 && !s.opts.RawCommand {
		run.Rerun = gotest.Repro(s.opts.Args, page.RerunPackage, []string{gotest.FlagPrefix + strings.TrimPrefix(page.RerunRun, "-")})
	} else {
		run.Rerun = gotest.Repro(nil, page.RerunPackage, []string{gotest.FlagPrefix + strings.TrimPrefix(page.RerunRun, "-")})
	}
	return run
}

func joinedWords(words ...string) string { return strings.TrimSpace(strings.Join(words, " ")) }

// addOutputs adds the output of tests that did not pass, except of those that are listed as
// failures.
func (s *summary) addOutputs(run *page.Run, exec *testjson.Execution, places annotator, listed map[testCase]bool) {
	type attempt struct {
		page.Name
		attempt int
	}
	outputs := map[attempt][]string{}
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		for _, tc := range slices.Concat(pkg.Failed, pkg.Skipped) {
			output := ""
			if !listed[caseOf(tc)] {
				output = report.CutOutput(places.output(tc), report.LongestOutput)
			}
			key := attempt{page.Name{Package: tc.Package, Test: tc.Test.Name()}, tc.RunID}
			outputs[key] = append(outputs[key], output)
		}
	}
	for i := range run.Results {
		result := &run.Results[i]
		key := attempt{result.Name, result.Attempt}
		if texts := outputs[key]; result.Outcome != page.Passed && len(texts) > 0 {
			result.Output, outputs[key] = texts[0], texts[1:]
		}
	}
}

// facts are the lines at the head of the page.
func (s *summary) facts(module string) []page.Fact {
	var facts []page.Fact
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, page.Fact{Label: label, Value: value})
		}
	}
	add("Module", module)
	if len(s.opts.Command) > 0 {
		add("Command", hideSecrets("gotestshard", s.opts.Command))
	}
	if p := s.opts.Partition; p.Total > 0 {
		add("Node", fmt.Sprintf("%d of %d", p.Index, p.Total))
	}
	if version := s.pageGoVersion(); version != "unknown" {
		add("Go", version)
	}
	return facts
}

// pageGoVersion returns the version of the go command, "unknown" if it cannot be found out.
func (s *summary) pageGoVersion() string {
	if s.GoVersion != "" {
		return s.GoVersion
	}
	version, err := gotest.Version(s.reporting.ctx, s.opts.Environ)
	if err != nil {
		return "unknown"
	}
	return version
}

// environment are settings that affect the tests. None of them is a secret.
func (s *summary) environment() []page.Fact {
	if s.GoVersion != "" {
		return nil // the tests ran elsewhere
	}
	facts := []page.Fact{{Label: "system", Value: fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}}
	for _, name := range []string{
		"GOFLAGS", "GOEXPERIMENT", "GODEBUG", "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GORACE", "GOTRACEBACK", "GOTOOLCHAIN", "GOWORK", "CGO_ENABLED", "TZ", "LANG",
		"GOTESTSHARD_FORMAT", "GOTESTSUM_FORMAT",
	} {
		if value, ok := s.opts.Environ.Lookup(name); ok && value != "" {
			facts = append(facts, page.Fact{Label: name, Value: hideSecrets("", []string{value})})
		}
	}
	return facts
}
