package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
)

// The data of the page, which its script reads as JSON. Names of the many are short; times are
// in milliseconds, those of day since the beginning of the run.
type (
	data struct {
		OK       bool          `json:"ok"`
		Sentence string        `json:"sentence"`
		Started  string        `json:"started"` // RFC 3339
		Elapsed  int64         `json:"elapsed"`
		Counts   counts        `json:"counts"`
		Facts    [][3]string   `json:"facts"` // label, value, address
		Notes    []string      `json:"notes"`
		Errors   string        `json:"errors"`
		Packages []pkgData     `json:"packages"`
		Lanes    []string      `json:"lanes"` // names of workers
		Workers  bool          `json:"workers"`
		Timeline *timelineData `json:"timeline"`
		Shards   [][]string    `json:"shards"` // the table of workers, with its head
		Line     string        `json:"line"`
		Settings [][3]string   `json:"settings"`
		Sources  [2]string     `json:"sources"` // before a path, and before a line
		Rerun    []string      `json:"rerun"`
	}
	pkgData struct {
		Name     string     `json:"name"`
		Result   string     `json:"result"`
		Elapsed  int64      `json:"elapsed"`
		Coverage string     `json:"coverage,omitempty"`
		Cached   bool       `json:"cached,omitempty"`
		LeftOut  int        `json:"leftOut,omitempty"`
		Failure  *failure   `json:"failure,omitempty"`
		Tests    []testData `json:"tests"`
	}
	testData struct {
		Name     string    `json:"n"` // below its parent
		Depth    int       `json:"d,omitempty"`
		Outcome  string    `json:"o,omitempty"` // empty for passed
		Start    int64     `json:"s"`           // -1 for unknown
		Span     int64     `json:"l,omitempty"` // from its start to its end
		Elapsed  int64     `json:"t,omitempty"`
		Lane     int       `json:"w"` // -1 for none
		Failure  *failure  `json:"f,omitempty"`
		Attempts []attempt `json:"a,omitempty"` // if there are several
	}
	attempt struct {
		Outcome string `json:"o"`
		Elapsed int64  `json:"t"`
		Lane    int    `json:"w"`
		Output  string `json:"x,omitempty"`
	}
	failure struct {
		Message string `json:"m,omitempty"`
		Place   string `json:"p,omitempty"`
		Output  string `json:"x,omitempty"`
		Rerun   string `json:"c,omitempty"`       // the command that runs it again
		LeftOut bool   `json:"leftOut,omitempty"` // whether there was no room for its output
	}
	// counts are of tests by their outcome, each test once; Tests is their sum.
	counts struct {
		Tests   int `json:"tests"`
		Passed  int `json:"passed"`
		Failed  int `json:"failed"`
		Flaky   int `json:"flaky"`
		Skipped int `json:"skipped"`
	}
)

const (
	// outputRoom is how much output a page has in total, in bytes.
	outputRoom = 10 << 20
	// shortestOutput is the smallest part of an output that is worth showing.
	shortestOutput = 1 << 10
)

// builder makes the data of a page.
type builder struct {
	Run
	base     time.Time // time 0 of the page
	lanes    []string
	laneOf   map[string]int // by worker, or by package if there are none
	room     int            // for output
	failures map[Name]report.Failure
}

func newBuilder(r Run) *builder {
	b := &builder{Run: r, room: outputRoom, laneOf: map[string]int{}, failures: map[Name]report.Failure{}}
	for _, f := range slices.Concat(r.Flaky, r.Failures) {
		b.failures[Name{f.Package, f.Name}] = f
	}
	b.base = r.begin()
	return b
}

// begin returns the time of the first thing that is known to have happened.
func (r Run) begin() time.Time {
	first := r.Started
	earlier := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	for _, shard := range r.Shards.Shards {
		earlier(shard.Started)
		for _, run := range shard.Runs {
			earlier(run.Started)
		}
	}
	for _, span := range r.Spans {
		if !span.Cached {
			earlier(span.Started)
		}
	}
	for _, result := range r.Results {
		earlier(result.Started)
	}
	return first
}

func (b *builder) data() data {
	d := data{OK: b.OK, Elapsed: b.Elapsed.Milliseconds(), Notes: []string{}, Errors: "", Line: b.line()}
	for _, word := range b.Rerun {
		d.Rerun = append(d.Rerun, oneLine(word))
	}
	if !b.Started.IsZero() {
		d.Started = b.Started.Format(time.RFC3339)
	}
	if strings.TrimSpace(b.Output) != "" {
		d.Errors = visible(report.CutOutput(b.Output, report.LongestOutput))
	}
	d.Timeline = b.timeline()
	d.Lanes, d.Workers = b.lanes, len(b.Shards.Shards) > 0
	d.Packages = b.packages()
	d.Counts = b.counts(d.Packages)
	left := 0
	for _, n := range b.LeftOut {
		left += n
	}
	if left > 0 {
		d.Notes = append(d.Notes, tests(left)+" that passed are only counted, because there are too many to list.")
	}
	d.Sentence = b.sentence(d.Counts)
	d.Facts, d.Settings = lines(b.allFacts()), lines(b.Environment)
	d.Shards = b.shardRows()
	d.Sources[0], d.Sources[1] = b.Origin.sources()
	return d
}

// allFacts are the lines at the head of the page.
func (b *builder) allFacts() []Fact {
	facts := slices.Concat(b.Facts, b.Origin.facts())
	if !b.Started.IsZero() {
		facts = append(facts, Fact{Label: "Started", Value: b.Started.Format("2006-01-02 15:04:05 -07:00")})
	}
	if b.Shards.RunID != "" {
		facts = append(facts, Fact{Label: "Run", Value: b.Shards.RunID})
	}
	return facts
}

func lines(facts []Fact) [][3]string {
	rows := [][3]string{}
	for _, fact := range facts {
		rows = append(rows, [3]string{oneLine(fact.Label), oneLine(fact.Value), webAddress(fact.URL)})
	}
	return rows
}

// counts returns the figures of the other reports, or else counts the tests of packages.
func (b *builder) counts(packages []pkgData) counts {
	if b.Tests > 0 {
		return counts{Tests: b.Tests, Passed: b.Passed, Failed: b.Failed, Flaky: b.FlakyTests, Skipped: b.Skipped}
	}
	var c counts
	for _, pkg := range packages {
		c.Passed += pkg.LeftOut
		for _, test := range pkg.Tests {
			switch Outcome(test.Outcome) {
			case Failed, Unfinished:
				c.Failed++
			case Flaky:
				c.Flaky++
			case Skipped:
				c.Skipped++
			default:
				c.Passed++
			}
		}
	}
	c.Tests = c.Passed + c.Failed + c.Flaky + c.Skipped
	return c
}

// packages returns all packages: first those that failed, then by name.
func (b *builder) packages() []pkgData {
	results := map[string][]Result{}
	for _, result := range b.Results {
		results[result.Package] = append(results[result.Package], result)
	}
	spans := map[string]Span{}
	for _, span := range b.Spans {
		spans[span.Package] = span
	}
	list := slices.SortedStableFunc(slices.Values(b.Packages), func(a, c report.PackageSummary) int {
		return cmp.Or(rank(a.Result)-rank(c.Result), cmp.Compare(a.Name, c.Name))
	})
	all := []pkgData{}
	for _, p := range list {
		pkg := pkgData{
			Name: oneLine(p.Name), Result: string(p.Result), Elapsed: p.Elapsed.Milliseconds(), Coverage: oneLine(b.Coverage[p.Name]),
			Cached: spans[p.Name].Cached, LeftOut: b.LeftOut[p.Name], Failure: b.failure(Name{Package: p.Name}),
		}
		pkg.Tests = b.tests(results[p.Name])
		all = append(all, pkg)
	}
	return all
}

// rank is the position of a package with a result in the list.
func rank(result report.PackageResult) int {
	return max(0, slices.Index([]report.PackageResult{
		report.PackageFailed, report.PackageUnfinished, report.PackageFlaky, report.PackagePassed, report.PackageEmpty,
	}, result))
}

// tests returns the tests of a package, each before its subtests, in the order of their starts.
func (b *builder) tests(results []Result) []testData {
	attempts := map[string][]Result{}
	for _, result := range results {
		attempts[result.Test] = append(attempts[result.Test], result)
	}
	children := map[string][]string{} // by parent, "" for the package
	for name := range attempts {
		parent := name
		for parent != "" {
			i := strings.LastIndexByte(parent, '/')
			parent = parent[:max(i, 0)]
			if attempts[parent] != nil {
				break
			}
		}
		children[parent] = append(children[parent], name)
	}
	for _, names := range children {
		slices.SortFunc(names, func(x, y string) int {
			return cmp.Or(attempts[x][0].Started.Compare(attempts[y][0].Started), cmp.Compare(x, y))
		})
	}
	all := make([]testData, 0, len(attempts))
	var add func(parent string, depth int)
	add = func(parent string, depth int) {
		for _, name := range children[parent] {
			test := b.test(attempts[name])
			test.Name, test.Depth = oneLine(strings.TrimPrefix(name, parent+"/")), depth
			all = append(all, test)
			add(name, depth+1)
		}
	}
	add("", 0)
	return all
}

// test returns a test with these attempts, at least one.
func (b *builder) test(attempts []Result) testData {
	slices.SortStableFunc(attempts, func(x, y Result) int { return x.Attempt - y.Attempt })
	last := attempts[len(attempts)-1]
	outcome, failedBefore := last.Outcome, false
	for _, a := range attempts {
		failed := a.Outcome == Failed || a.Outcome == Unfinished
		switch {
		case failed && a.Attempt == last.Attempt: // the same name twice, as with -count
			outcome = a.Outcome
		case failed:
			failedBefore = true
		}
	}
	if failedBefore && (outcome == Passed || outcome == Skipped) {
		outcome = Flaky
	}
	test := testData{Start: -1, Elapsed: last.Elapsed.Milliseconds(), Lane: b.lane(last), Failure: b.failure(last.Name)}
	if outcome != Passed {
		test.Outcome = string(outcome)
	}
	if !last.Started.IsZero() && !last.Ended.Before(last.Started) {
		test.Start, test.Span = b.since(last.Started), last.Ended.Sub(last.Started).Milliseconds()
	}
	if test.Failure == nil && outcome == Skipped {
		test.Failure = b.newFailure(last.Output, "", lastLine(last.Output))
	}
	if len(attempts) > 1 {
		for _, a := range attempts {
			test.Attempts = append(test.Attempts, attempt{string(a.Outcome), a.Elapsed.Milliseconds(), b.lane(a), b.fitting(a.Output)})
		}
	}
	return test
}

// lastLine returns the last line of an output, which is most likely why a test was skipped.
func lastLine(output string) string {
	output = strings.TrimSpace(output)
	return output[strings.LastIndexByte(output, '\n')+1:]
}

func (b *builder) since(t time.Time) int64 { return t.Sub(b.base).Milliseconds() }

// lane returns the lane of a test, -1 for none.
func (b *builder) lane(result Result) int {
	key := result.Worker
	if len(b.Shards.Shards) == 0 {
		key = result.Package
	}
	if i, ok := b.laneOf[key]; ok {
		return i
	}
	return -1
}

// failure returns what is shown of a failed test or package, nil for nothing.
func (b *builder) failure(name Name) *failure {
	f, ok := b.failures[name]
	if !ok {
		return nil
	}
	shown := b.newFailure(f.Output, f.Place, f.Message)
	shown.Rerun = oneLine(f.Rerun)
	return shown
}

func (b *builder) newFailure(output, place, message string) *failure {
	f := &failure{Place: oneLine(place), Message: oneLine(strings.TrimSpace(message)), Output: b.fitting(output)}
	f.LeftOut = f.Output == "" && strings.TrimSpace(output) != ""
	return f
}

// fitting returns an output as it is shown, empty if there is no room for it.
func (b *builder) fitting(output string) string {
	if strings.TrimSpace(output) == "" || b.room < shortestOutput {
		return ""
	}
	text := visible(report.CutOutput(output, report.LongestOutput))
	if len(text) > b.room {
		return ""
	}
	b.room -= len(text)
	return text
}

// shardRows returns the table of the workers with its head, empty without workers.
func (b *builder) shardRows() [][]string {
	rows := [][]string{}
	if len(b.Shards.Shards) > 0 {
		rows = append(rows, []string{"worker", "packages", "tests", "failed", "skipped", "busy", "idle"})
	}
	spans := b.spansOfNodes()
	for _, shard := range b.Shards.Shards {
		rows = append(rows, []string{
			oneLine(shard.Worker), count(len(shard.Packages)), count(shard.Tests), count(shard.Failed), count(shard.Skipped),
			report.Took(shard.Busy), report.Took(max(0, spans[shard.Node]-shard.Busy)),
		})
	}
	return rows
}

// spansOfNodes returns how long the workers of each node worked, from the start of the first
// work to the end of the last.
func (b *builder) spansOfNodes() map[string]time.Duration {
	first, last, spans := map[string]time.Time{}, map[string]time.Time{}, map[string]time.Duration{}
	for _, shard := range b.Shards.Shards {
		if shard.Started.IsZero() {
			continue
		}
		if at, ok := first[shard.Node]; !ok || shard.Started.Before(at) {
			first[shard.Node] = shard.Started
		}
		if shard.Completed.After(last[shard.Node]) {
			last[shard.Node] = shard.Completed
		}
		spans[shard.Node] = last[shard.Node].Sub(first[shard.Node])
	}
	return spans
}

// line sums up all workers, empty without workers.
func (b *builder) line() string {
	n := len(b.Shards.Shards)
	if n == 0 || b.Shards.Wall <= 0 {
		return ""
	}
	var busy time.Duration
	for _, shard := range b.Shards.Shards {
		busy += shard.Busy
	}
	kind := plural(n, " worker", " workers")
	if b.Shards.Named {
		kind = plural(n, " shard", " shards")
	}
	share := 100 * busy.Seconds() / b.Shards.Wall.Seconds() / float64(n)
	return fmt.Sprintf("%s%s ran %s of tests in %s: %.0f%% busy.", count(n), kind, report.Took(busy), report.Took(b.Shards.Wall), share)
}

// sentence is the outcome of the run.
func (b *builder) sentence(c counts) string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, count(n)+" "+what)
		}
	}
	total := tests(c.Tests)
	brokenPackages := 0
	for _, p := range b.Packages {
		if p.Result == report.PackageFailed || p.Result == report.PackageUnfinished {
			brokenPackages++
		}
	}
	add(c.Failed, "failed")
	add(c.Flaky, "flaky")
	add(c.Skipped, "skipped")
	var text string
	switch {
	case c.Tests == 0 && b.OK:
		text = "No tests were run"
	case c.Failed == 0 && b.OK && len(parts) == 0:
		text = "All " + total + " passed"
		if c.Tests == 1 {
			text = "The only test passed"
		}
	case len(parts) == 0:
		text = "The run failed: " + total + " passed"
		if c.Tests == 0 {
			text = "The run failed before any test"
		}
	case c.Failed == 0 && !b.OK:
		text = "The run failed: of " + total + ", " + strings.Join(parts, ", ") + ", the others passed"
	default:
		text = "Of " + total + ", " + strings.Join(parts, ", ")
	}
	if c.Failed == 0 && !b.OK && brokenPackages > 0 {
		text += "; " + count(brokenPackages) + plural(brokenPackages, " package", " packages") + " failed"
	}
	return text + " in " + report.Took(b.Elapsed) + b.parts() + "."
}

// parts says how long the build and the tests took, as the last line of a run does.
func (b *builder) parts() string {
	build := b.Shards.Build
	if build <= 0 {
		return ""
	}
	return " (build " + report.Took(build) + ", tests " + report.Took(max(0, b.Elapsed-build)) + ")"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
