package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
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
	}
	pkgData struct {
		Name     string     `json:"name"`
		Result   string     `json:"result"`
		Elapsed  int64      `json:"elapsed"`
		Coverage string     `json:"coverage,omitempty"`
		Cached   bool       `json:"cached,omitempty"`
		LeftOut  int        `json:"leftOut,omitempty"`
		Rerun    string     `json:"rerun,omitempty"` // the command for the test RerunTest
		Failure  *failure   `json:"failure,omitempty"`
		Verdict  *verdict   `json:"verdict,omitempty"` // of what failed outside its tests
		Outside  bool       `json:"outside,omitempty"` // whether it counts as a failed test, because none of its tests failed
		Tests    []testData `json:"tests"`
	}
	testData struct {
		Name     string    `json:"n"` // below its parent
		Depth    int       `json:"d,omitempty"`
		Outcome  string    `json:"o,omitempty"` // empty for passed
		Start    int64     `json:"s"`           // -1 for unknown
		Span     int64     `json:"l,omitempty"` // from its start to its end
		Elapsed  int64     `json:"t,omitempty"`
		Lane     int       `json:"w"`           // -1 for none
		Ended    string    `json:"e,omitempty"` // why it has no end
		Failure  *failure  `json:"f,omitempty"`
		Verdict  *verdict  `json:"v,omitempty"`
		Attempts []attempt `json:"a,omitempty"` // if there are several
	}
	attempt struct {
		Outcome string `json:"o"`
		Ended   string `json:"e,omitempty"` // why it has no end
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
	// verdict is why a test failed, as far as it was diagnosed.
	verdict struct {
		Word    string   `json:"w"`
		Title   string   `json:"t"`
		Why     []string `json:"y,omitempty"`
		Command string   `json:"c,omitempty"` // that shows it
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
	verdicts map[Name]*verdict
}

func newBuilder(r Run) *builder {
	b := &builder{Run: r, room: outputRoom, laneOf: map[string]int{}, failures: map[Name]report.Failure{}, verdicts: map[Name]*verdict{}}
	for _, d := range r.Diagnoses {
		why := make([]string, 0, len(d.Why))
		for _, line := range d.Why {
			why = append(why, oneLine(line))
		}
		b.verdicts[Name{d.Package, d.Test}] = &verdict{oneLine(d.Verdict), oneLine(d.Title), why, oneLine(d.Command)}
	}
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
		d.Notes = append(d.Notes, plain.Counted(left, "test")+" that passed are only counted, because there are too many to list.")
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
			case Skipped, Quarantined:
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
			Cached: spans[p.Name].Cached, LeftOut: b.LeftOut[p.Name], Rerun: oneLine(b.Rerun[p.Name]), Failure: b.failure(Name{Package: p.Name}),
		}
		pkg.Tests = b.tests(results[p.Name])
		if !slices.ContainsFunc(pkg.Tests, func(test testData) bool { return test.Name == outsideTests && test.Depth == 0 }) {
			pkg.Verdict = b.verdicts[Name{p.Name, outsideTests}]
		}
		pkg.Outside = p.Failed > 0 && !slices.ContainsFunc(pkg.Tests, testData.failed)
		all = append(all, pkg)
	}
	return all
}

// outsideTests is the name of what failed outside all tests of a package, which may be a test.
const outsideTests = "TestMain"

func (t testData) failed() bool {
	return Outcome(t.Outcome) == Failed || Outcome(t.Outcome) == Unfinished
}

// rank is the position of a package with a result in the list.
func rank(result report.PackageResult) int {
	return max(0, slices.Index([]report.PackageResult{
		report.PackageFailed, report.PackageUnfinished, report.PackageFlaky, report.PackagePassed, report.PackageEmpty,
	}, result))
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
			oneLine(shard.Worker), plain.Number(len(shard.Packages)), plain.Number(shard.Tests), plain.Number(shard.Failed), plain.Number(shard.Skipped),
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
