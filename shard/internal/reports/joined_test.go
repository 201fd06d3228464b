package reports

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// countingHandler counts the events.
type countingHandler struct {
	*observe.Handler
	events int
}

func (c *countingHandler) Event(event testjson.TestEvent, exec *testjson.Execution) error {
	c.events++
	return c.Handler.Event(event, exec)
}

// replayAll replays a stream to a handler with a format, and returns all its output and the number
// of events.
func replayAll(t testing.TB, in io.Reader, name string, provider ci.Provider, workers, joins bool) (r map[string]string, events int) {
	t.Helper()
	r = map[string]string{}
	var out bytes.Buffer
	dir := t.TempDir()
	opts := option.Options{Job: option.Job{CI: provider}}
	opts.Format, opts.JSONFile, opts.HTML = name, filepath.Join(dir, "events.json"), filepath.Join(dir, "report.html")
	opts.JUnit.File, opts.JUnit.Style = filepath.Join(dir, "junit.xml"), option.JUnitSurefire
	if workers {
		opts.Workers, opts.WorkerPrefix = 2, true
	}
	h, err := observe.New(opts, nil, nil, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	h.Joins = h.Joins && joins
	counting := &countingHandler{Handler: h}
	exec, err := h.Scan(testjson.ScanConfig{Stdout: in, Handler: counting, IgnoreNonJSONOutputLines: true})
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	r["output"] = fmt.Sprint(out.String(), err)
	var summary bytes.Buffer
	testjson.PrintSummary(&summary, exec, testjson.SummarizeAll)
	r["summary"] = summary.String()
	if strings.Contains(r["summary"], "(unknown)") { // testjson adds the ends of these, in random order
		lines := strings.SplitAfter(r["output"], "\n")
		slices.Sort(lines)
		r["output"] = strings.Join(lines, "")
	}
	text, err := os.ReadFile(opts.JSONFile)
	if err != nil {
		t.Fatal(err)
	}
	r["events"] = string(text)
	var gotestsum, surefire strings.Builder
	junit := report.JUnit{PassedOutput: func(pkg string, id int) string { return h.Output.Text(h.JUnit.Passed[pkg][id]) }, Elapsed: 1}
	if err := junit.WriteGotestsum(&gotestsum, exec); err != nil {
		t.Fatal(err)
	}
	if err := junit.WriteSurefire(&surefire, exec); err != nil {
		t.Fatal(err)
	}
	r["JUnit"], r["surefire"] = gotestsum.String(), surefire.String()
	for _, f := range newAnnotator(opts, h.CI.Outputs, exec, nil).failures() {
		r["failures"] += fmt.Sprintf("%s %s %+v\n%s\n", f.Package, f.Test, f.annotation, f.output)
	}
	if err := h.Output.Close(); err != nil {
		t.Fatal(err)
	}
	return r, counting.events
}

// TestJoinedOutputShowsTheSame: joining output lines into one event changes neither the
// formats nor the reports nor the event files.
func TestJoinedOutputShowsTheSame(t *testing.T) {
	files, err := filepath.Glob("../../testdata/streams/recorded/*.out")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	names := append([]string{"none", "debug", "standard-json", "dots-v1", "gotestdox"}, format.Names...)
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// Two tests print a lot, with and without a newline at the end. It is a lot in a fifth of the
		// streams, because nearly all the time goes to looking at it.
		lines := 60
		if i%5 == 0 {
			lines = 300
		}
		for _, test := range []string{"TestMuch", "TestMuch/sub"} {
			for n := range lines {
				line := fmt.Sprintf("    x_test.go:%d: <%s>", n, strings.Repeat("y", n))
				if n%50 > 0 {
					line += `\n`
				}
				text = fmt.Appendf(text, `{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"example.com/much","Test":%q,"Output":"%s","Worker":"gw1"}`+"\n", test, line)
			}
			text = fmt.Appendf(text, `{"Time":"2026-01-02T03:04:06Z","Action":%q,"Package":"example.com/much","Test":%q,"Worker":"gw1"}`+"\n", []string{"fail", "pass"}[i%2], test)
		}
		name, workers := names[i%len(names)], i%2 > 0
		provider := []ci.Provider{ci.None, ci.GitHub}[i/2%2]
		got, joined := replayAll(t, bytes.NewReader(text), name, provider, workers, true)
		want, events := replayAll(t, bytes.NewReader(text), name, provider, workers, false)
		if !format.ShowsEvents(name) && joined > events-lines {
			t.Errorf("%s, %s, %s: %d events are %d joined ones", file, name, provider, events, joined)
		}
		for what, text := range want {
			if got[what] != text {
				t.Errorf("%s, %s, workers %v, %s: got\n%s\nwant\n%s", file, name, workers, what, got[what], text)
			}
		}
	}
}
