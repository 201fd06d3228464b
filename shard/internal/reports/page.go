package reports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/page"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/files"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// pages makes the reports that show every test.
type pages struct {
	ctx       context.Context // of queries to the go command
	opts      option.Options
	notes     *observe.TestNotes
	goVersion string // empty for that of this machine
	module    string // empty for that of the folder
	origins   []node.Job
}

// write writes the reports that show every test, if any was requested.
func (p pages) write(m report.Summary, exec *testjson.Execution, places annotator, failures []failedTest) error {
	if !p.opts.ShowsTests() {
		return nil
	}
	run := p.page(m, exec, places, failures)
	var errs []error
	for _, file := range []struct {
		flag, name string
		write      func(io.Writer) error
	}{{"html", p.opts.HTML, run.WriteHTML}, {"trace", p.opts.Trace, run.WriteTrace}, {"svg", p.opts.SVG, run.WriteSVG}} {
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
func (p pages) page(m report.Summary, exec *testjson.Execution, places annotator, failures []failedTest) page.Run {
	notes := p.notes
	run := page.Run{
		Summary: m, Results: notes.Results, Spans: notes.Spans(), LeftOut: notes.LeftOut,
	}
	for i := range run.Results {
		if m.OK && run.Results[i].Outcome == page.Unfinished { // testjson does not know the end of a benchmark
			run.Results[i].Outcome = page.Passed
		}
	}
	listed := map[testCase]bool{}
	for _, f := range failures {
		listed[caseOf(f.TestCase)] = true
	}
	p.addOutputs(&run, exec, places, listed)
	module := p.module
	if places.tree != nil && p.opts.Merge == nil { // what is merged may be of another module
		module = places.tree.Module()
	}
	run.Origin = originOf(p.origins)
	run.Facts = p.facts(module)
	run.Environment = p.environment()
	run.Rerun = map[string]string{}
	for _, pkg := range m.Packages {
		run.Rerun[pkg.Name] = places.rerunOf(pkg.Name, page.RerunTest)
	}
	return run
}

// originOf returns the origin of a run, or of all nodes of a merged run, which have one commit
// and perhaps several jobs.
func originOf(origins []node.Job) page.Origin {
	first := origins[0]
	origin := page.Origin{Commit: first.Commit, Branch: first.Branch, Repository: first.Repository, Job: first.Title(), JobURL: first.URL}
	seen := map[page.Fact]bool{{Value: origin.Job, URL: origin.JobURL}: true}
	for _, other := range origins[1:] {
		job := page.Fact{Value: other.Title(), URL: other.URL}
		if !seen[job] {
			seen[job] = true
			origin.OtherJobs = append(origin.OtherJobs, job)
		}
	}
	return origin
}

// addOutputs adds the output of tests that did not pass, except of those that are listed as
// failures, and why a test has no end.
func (p pages) addOutputs(run *page.Run, exec *testjson.Execution, places annotator, listed map[testCase]bool) {
	type attempt struct {
		page.Name
		attempt int
	}
	type shown struct{ output, unended string }
	outputs := map[attempt][]shown{}
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		for _, tc := range slices.Concat(pkg.Failed, pkg.Skipped) {
			output := ""
			if !listed[caseOf(tc)] {
				output = report.CutOutput(places.output(tc), report.LongestOutput)
			}
			key := attempt{page.Name{Package: tc.Package, Test: tc.Test.Name()}, tc.RunID}
			outputs[key] = append(outputs[key], shown{output, places.ended(tc)})
		}
	}
	for i := range run.Results {
		result := &run.Results[i]
		key := attempt{result.Name, result.Attempt}
		if texts := outputs[key]; result.Outcome != page.Passed && len(texts) > 0 {
			result.Output, result.Unended, outputs[key] = texts[0].output, texts[0].unended, texts[1:]
		}
	}
}

// facts are the lines at the head of the page.
func (p pages) facts(module string) []page.Fact {
	var facts []page.Fact
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, page.Fact{Label: label, Value: value})
		}
	}
	add("Module", module)
	if len(p.opts.Command) > 0 {
		add("Command", hideSecrets("gotestshard", p.opts.Command))
	}
	if part := p.opts.Partition; part.Total > 0 {
		add("Node", fmt.Sprintf("%d of %d", part.Index, part.Total))
	}
	if version := p.askGoVersion(); version != "unknown" {
		add("Go", version)
	}
	return facts
}

// askGoVersion returns the version of the go command, "unknown" if it cannot be found out.
func (p pages) askGoVersion() string {
	if p.goVersion != "" {
		return p.goVersion
	}
	version, err := gotest.Version(p.ctx, p.opts.Environ)
	if err != nil {
		return "unknown"
	}
	return version
}

// environment are settings that affect the tests. None of them is a secret.
func (p pages) environment() []page.Fact {
	if p.goVersion != "" {
		return nil // the tests ran elsewhere
	}
	facts := []page.Fact{{Label: "system", Value: fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}}
	for _, name := range []string{
		"GOFLAGS", "GOEXPERIMENT", "GODEBUG", "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GORACE", "GOTRACEBACK", "GOTOOLCHAIN", "GOWORK", "CGO_ENABLED", "TZ", "LANG",
		"GOTESTSHARD_FORMAT", "GOTESTSUM_FORMAT",
	} {
		if value, ok := p.opts.Environ.Lookup(name); ok && value != "" {
			facts = append(facts, page.Fact{Label: name, Value: hideSecrets("", []string{value})})
		}
	}
	return facts
}
