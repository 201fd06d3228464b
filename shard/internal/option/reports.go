package option

import (
	"errors"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// Reports are the files that a run writes, each by its name, empty for none, and what
// runs when they are written.
type Reports struct {
	ShardReport string
	Result      string
	// NoKeep is the flag, and Keep whether the result is kept for gotestshard last.
	NoKeep, Keep         bool
	SummaryMarkdown      string
	HTML                 string
	Trace                string
	SVG                  string
	JSONFile             string
	JSONFileTimingEvents string
	FailuresFile         string
	JUnit                JUnit
	PostRunCommand       []string
}

// ShowsTests is whether a report shows every test with its time.
func (r Reports) ShowsTests() bool { return r.HTML != "" || r.Trace != "" || r.SVG != "" }

func (r *Reports) flags() []flag {
	return []flag{
		{name: "shard-report", to: &r.ShardReport, merge: true, help: "write the report per shard to `FILE` as JSON"},
		{name: "result", task: taskNodes, example: `"results.gotestshard"`, to: &r.Result, help: "write the results of this run to `FILE` for gotestshard merge, which makes one report of several CI nodes"},
		{name: "no-keep", to: &r.NoKeep, env: "NO_KEEP",
			help: "do not keep the result of this run for gotestshard last; in a CI it is kept only with --no-keep=false"},
		{name: "summary-md", to: &r.SummaryMarkdown, merge: true, help: "write a summary in Markdown to `FILE`; in GitHub Actions it is also added to the step's summary"},
		{name: "html", task: taskReports, example: `"report.html"`, to: &r.HTML, merge: true,
			help: "write a report of the run as one HTML page to `FILE`: all tests to search and filter, failures, a timeline"},
		{name: "trace", to: &r.Trace, merge: true, help: "write when each process, test and subtest ran to `FILE`, for ui.perfetto.dev or chrome://tracing"},
		{name: "svg", to: &r.SVG, merge: true, help: "write the timeline of the run to `FILE` as a picture (SVG)"},
		{name: "failures-file", to: &r.FailuresFile, merge: true, help: "write the TestEvents of failed tests, and of packages that failed without one, to `FILE`"},

		{name: "jsonfile", task: taskReports, example: `"events.json"`, to: &r.JSONFile, env: "JSONFILE", upstream: true, merge: true, help: "write all TestEvents to file"},
		{name: "jsonfile-timing-events", to: &r.JSONFileTimingEvents, env: "JSONFILE_TIMING_EVENTS", upstream: true, merge: true,
			help: "write only the pass, skip, and fail TestEvents to the file"},
		{name: "post-run-command", to: (*commandValue)(&r.PostRunCommand), upstream: true, merge: true, help: "command to run after the tests have completed"},
	}
}

// check refuses a report that cannot be made.
func (r *Reports) check(w Watching) error {
	if r.Result != "" && w.Watch {
		return errors.New("--result and --watch cannot be used together: --result writes the results of one run, --watch runs tests repeatedly; use one of them")
	}
	return nil
}

// settleKeep finds out whether the result is kept. given is whether the user chose a flag
// or, with ours, any flag that gotestsum does not have. A run in a CI cannot be looked at
// later, and a run that a test started must not replace the one that the user looks at.
func (r *Reports) settleKeep(given, ours bool, env environ.List) {
	r.Keep = !r.NoKeep && ours && (given || !inCI(env) && env.Get("GOTESTSHARD_WORKER") == "")
}
