package observe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/page"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// testsOf returns the notes about a stream: "second action test output" of package p for each
// line, or of package q if the test begins with q and a dot.
func testsOf(t *testing.T, opts option.Options, lines ...string) *TestNotes {
	t.Helper()
	var stream strings.Builder
	for _, line := range lines {
		var second int
		var action, test string
		_, _ = fmt.Sscan(line, &second, &action, &test) // a package has no test
		_, output, _ := strings.Cut(line, ": ")
		pkg := "p"
		if rest, ok := strings.CutPrefix(test, "q."); ok {
			pkg, test = "q", rest
		}
		fmt.Fprintf(&stream, `{"Time":"2026-01-02T03:04:%02dZ","Action":%q,"Package":%q,"Test":%q,"Output":%q,"Elapsed":1}`+"\n", second, action, pkg, strings.Trim(test, "-:"), output)
	}
	opts.Format = "none"
	h, err := New(opts, nil, nil, &strings.Builder{}, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Scan(testjson.ScanConfig{Stdout: strings.NewReader(stream.String())}); err != nil {
		t.Fatal(err)
	}
	return h.Tests
}

func TestTestNotes(t *testing.T) {
	var opts option.Options
	opts.HTML = "report.html"
	notes := testsOf(t, opts,
		"1 start", "2 run TestA", "3 run TestB", "3 pause TestB", "4 skip TestA", "5 cont TestB", "7 fail TestB", "8 run TestC", "9 output TestC : x",
	)
	var got []string
	for _, r := range notes.Results {
		got = append(got, fmt.Sprint(r.Test, " ", r.Outcome, " ", r.Started.Second(), "-", r.Ended.Second()))
	}
	want := []string{"TestA skipped 2-4", "TestB failed 5-7", "TestC unfinished 8-9"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// Another package, which took longer, does not matter to a test without an end.
	later := testsOf(t, opts, "1 start", "2 run TestC", "3 output TestC : x", "9 start q.", "9 pass q.")
	if r := later.Results[0]; r.Ended.Second() != 3 || r.Elapsed != time.Second {
		t.Errorf("it ended at %v after %v", r.Ended, r.Elapsed)
	}
	if first, last := notes.Times(); first.Second() != 1 || last.Second() != 9 {
		t.Errorf("the events are from %v to %v", first, last)
	}
	cached := testsOf(t, opts, "1 start", "1 run TestA", "1 pass TestA", "1 output --: ok  \tp\t(cached)\tcoverage: 1%", "2 pass")
	if spans := cached.Spans(); len(spans) != 1 || !spans[0].Cached || spans[0].Ended.Sub(spans[0].Started) != time.Second {
		t.Errorf("the package is %+v", spans)
	}
	if none := testsOf(t, option.Options{}, "1 start"); none != nil {
		t.Error("notes were taken without a report that needs them")
	}
}

// Of very many passed tests, only the number is kept.
func TestTestNotesAreBounded(t *testing.T) {
	n := &TestNotes{LeftOut: map[string]int{}, running: map[testName]time.Time{}, spans: map[string]*page.Span{}}
	for i := range mostPassed + 5 {
		n.add(testjson.TestEvent{Action: testjson.ActionPass, Package: "p", Test: fmt.Sprint(i)}, "", false)
	}
	n.add(testjson.TestEvent{Action: testjson.ActionSkip, Package: "p", Test: "TestSkip"}, "", false)
	if len(n.Results) != mostPassed+1 || n.LeftOut["p"] != 5 {
		t.Errorf("%d tests are kept, %d only counted", len(n.Results), n.LeftOut["p"])
	}
}

// Several builds can fail with the same errors of the sources.
func TestErrorText(t *testing.T) {
	h := quietHandler(t)
	lines := []string{
		"# m/a [m/a.test]", "a/a.go:3:4: undefined: x", "\thave y", "a/a.go:3:4: undefined: x", "warning: twice",
		"# m/a", "a/a.go:3:4: undefined: x", "\thave y", "a/a.go:3:4: undefined: x", "warning: twice",
		"# m/b", "package m/b", "\timports m/b: import cycle not allowed", "package m/b", "\timports m/b: import cycle not allowed",
	}
	var events []string
	for _, line := range lines {
		events = append(events, fmt.Sprintf(`{"ImportPath":"m/a","Action":"build-output","Output":%q}`, line+"\n"))
	}
	exec := scanned(t, h, strings.NewReader(strings.Join(events, "\n")))
	want := strings.Join([]string{lines[1], lines[2], lines[3], lines[4], lines[4], lines[11], lines[12]}, "\n") + "\n"
	if got := ErrorText(exec); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := CountErrors(exec); got != 5 {
		t.Errorf("%d errors", got)
	}
}
