package option

// Reports are the files that a run writes, each by its name, empty for none, and what
// runs when they are written.
type Reports struct {
	ShardReport          string
	Result               string
	SummaryMarkdown      string
	HTML                 string
	JSONFile             string
	JSONFileTimingEvents string
	JUnit                JUnit
	PostRunCommand       []string
}
