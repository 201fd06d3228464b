package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
)

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
	test := testData{Start: -1, Elapsed: last.Elapsed.Milliseconds(), Lane: b.lane(last), Failure: b.failure(last.Name), Verdict: b.verdicts[last.Name]}
	if outcome == Unfinished {
		test.Ended = oneLine(last.Unended)
	}
	if outcome != Passed {
		test.Outcome = string(outcome)
	}
	if !last.Started.IsZero() && !last.Ended.Before(last.Started) {
		test.Start, test.Span = b.since(last.Started), last.Ended.Sub(last.Started).Milliseconds()
	}
	if test.Failure == nil && (outcome == Skipped || outcome == Quarantined) {
		test.Failure = b.newFailure(last.Output, "", lastLine(last.Output))
	}
	if len(attempts) > 1 {
		for _, a := range attempts {
			test.Attempts = append(test.Attempts, attempt{string(a.Outcome), oneLine(a.Unended), a.Elapsed.Milliseconds(), b.lane(a), b.fitting(a.Output)})
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
