package option

import "errors"

// Reports are the files that a run writes, each by its name, empty for none, and what
// runs when they are written.
type Reports struct {
	ShardReport          string
	Result               string
	SummaryMarkdown      string
	HTML                 string
	JSONFile             string
	JSONFileTimingEvents string
	FailuresFile         string
	JUnit                JUnit
	PostRunCommand       []string
}

func (r *Reports) flags() []flag {
	return []flag{
		{name: "shard-report", to: &r.ShardReport, merge: true, help: "write the report per shard to `FILE` as JSON"},
		{name: "result", task: taskNodes, to: &r.Result, help: "write the results of this run to `FILE` for gotestshard merge, which makes one report of several CI nodes"},
		{name: "summary-md", to: &r.SummaryMarkdown, merge: true, help: "write a summary in Markdown to `FILE`; in GitHub Actions it is also added to the step's summary"},
		{name: "html", task: taskReports, to: &r.HTML, merge: true,
			help: "write a report of the run as one HTML page to `FILE`: failures, a timeline of the workers, packages"},
		{name: "failures-file", to: &r.FailuresFile, merge: true, help: "write the TestEvents of failed tests, and of packages that failed without one, to `FILE`"},

		{name: "jsonfile", task: taskReports, to: &r.JSONFile, env: "JSONFILE", upstream: true, merge: true, help: "write all TestEvents to file"},
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
