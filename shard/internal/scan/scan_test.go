package scan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// recorder is a handler that describes what it gets.
type recorder struct {
	got  []string
	fail string // the test whose event is an error
}

var errHandler = errors.New("an error of the handler")

func (r *recorder) Event(event testjson.TestEvent, exec *testjson.Execution) error {
	pkg := exec.Package(event.Package)
	r.got = append(r.got, fmt.Sprintf("%+v %q %d %d %d", event, event.Bytes(), pkg.Total, len(pkg.Failed), len(pkg.Passed)))
	if event.Test != "" && event.Test == r.fail {
		return errHandler
	}
	return nil
}

func (r *recorder) Err(text string) error {
	r.got = append(r.got, text)
	return nil
}

func next(text string) func() (*stream.Line, error) {
	return func() (*stream.Line, error) {
		if text == "" {
			return nil, io.EOF
		}
		line, rest, found := strings.Cut(text, "\n")
		text = rest
		if found {
			line += "\n"
		}
		return stream.NewLine([]byte(line)), nil
	}
}

// TestTestjson compares with ScanTestOutput. It holds what this package needs of the
// unexported part of testjson.
func TestTestjson(t *testing.T) {
	if rawField.Type != reflect.TypeFor[[]byte]() {
		t.Fatalf("TestEvent.raw is %v", rawField.Type)
	}
	event := func(form string) string { return `{"Time":"2026-01-02T03:04:05Z","Action":` + form + "}\n" }
	text := event(`"start","Package":"p"`) +
		event(`"run","Package":"p","Test":"TestA"`) +
		event(`"run","Package":"p","Test":"TestA/b"`) +
		event(`"output","Package":"p","Test":"TestA/b","Output":"a.go:1: \u003cwrong\u003e\n"`) +
		event(`"fail","Package":"p","Test":"TestA/b","Elapsed":0.1`) +
		event(`"fail","Package":"p","Test":"TestA","Elapsed":0.2`) +
		`{"action":"run", "Package":"p", "Test":"TestOdd"}` + "\n" +
		event(`"pass","Package":"p","Test":"TestOdd","Elapsed":1e0`) +
		"FAIL\tnot an event\n" +
		event(`"output","Package":"p","Output":"coverage: 50.0% of statements\n"`) +
		event(`"run","Package":"p","Test":"TestUnended"`) +
		strings.TrimSuffix(event(`"fail","Package":"p","Elapsed":1.25`), "\n")
	for name, test := range map[string]struct{ stream, fail string }{
		"a stream":            {stream: text},
		"an empty stream":     {},
		"a line too many":     {stream: text + "\nnot JSON\n" + text},
		"handler":             {stream: text, fail: "TestA"}, // the order of several tests without an end is random
		"handler, odd line":   {stream: text, fail: "TestOdd"},
		"handler, at the end": {stream: text, fail: "TestUnended"},
	} {
		t.Run(name, func(t *testing.T) {
			var ours, theirs recorder
			ours.fail, theirs.fail = test.fail, test.fail
			ourStops, theirStops := 0, 0
			ourExec, ourErr := Scan(testjson.ScanConfig{RunID: 3, Handler: &ours, Stop: func() { ourStops++ }}, next(test.stream))
			theirExec, theirErr := testjson.ScanTestOutput(testjson.ScanConfig{RunID: 3, Handler: &theirs, Stop: func() { theirStops++ }, Stdout: strings.NewReader(test.stream)})
			if got, want := strings.Join(ours.got, "\n"), strings.Join(theirs.got, "\n"); got != want {
				t.Errorf("got\n%s\nnot\n%s", got, want)
			}
			if fmt.Sprint(ourErr) != fmt.Sprint(theirErr) || ourStops != theirStops {
				t.Errorf("%v, %d stops, not %v, %d", ourErr, ourStops, theirErr, theirStops)
			}
			var our, their bytes.Buffer
			testjson.PrintSummary(&our, ourExec, testjson.SummarizeAll)
			testjson.PrintSummary(&their, theirExec, testjson.SummarizeAll)
			cut := func(text string) string { before, _, _ := strings.Cut(text, " in "); return before }
			if cut(our.String()) != cut(their.String()) {
				t.Errorf("the summary is\n%s\nnot\n%s", &our, &their)
			}
		})
	}
}

// A rerun continues an Execution.
func TestScanContinues(t *testing.T) {
	var handler recorder
	line := func(action string) string { return `{"Action":"` + action + `","Package":"p","Test":"T"}` + "\n" }
	exec, err := Scan(testjson.ScanConfig{Handler: &handler}, next(line("run")+line("fail")))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Scan(testjson.ScanConfig{RunID: 1, Handler: &handler, Execution: exec}, next(line("run")+line("pass")))
	if err != nil {
		t.Fatal(err)
	}
	if pkg := again.Package("p"); again != exec || len(pkg.Failed) != 1 || len(pkg.Passed) != 1 || pkg.Passed[0].RunID != 1 {
		t.Errorf("%d failed, passed: %+v", len(pkg.Failed), pkg.Passed)
	}
}
