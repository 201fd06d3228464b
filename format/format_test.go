package format

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"
)

var update = flag.Bool("update", false, "write the golden files again")

// handler passes events to a Formatter, as the run does.
type handler struct{ f Formatter }

func (h handler) Event(event testjson.TestEvent, exec *testjson.Execution) error {
	return h.f.Format(event, event.Bytes(), exec)
}
func (h handler) Err(string) error { return nil }

// scan runs a recorded stream through a Formatter.
func scan(t *testing.T, f Formatter, stream string) {
	t.Helper()
	if _, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: strings.NewReader(stream), Handler: handler{f}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s (-update writes it again)\n got:\n%s\nwant:\n%s", file, got, want)
	}
}

func readStream(t *testing.T) string {
	t.Helper()
	stream, err := os.ReadFile("testdata/workers.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(stream)
}

// TestPrefixInEveryFormat plays a stream of two workers. Its packages run in parallel and stop
// in the middle of lines. One package is cached, one ran on two workers, one cannot be built,
// and one never ends.
func TestPrefixInEveryFormat(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	names := append([]string{"standard-json", "debug", "none"}, Names...)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			f, err := New(&out, name, Options{Workers: []string{"gw0", "gw1", "gw10"}})
			if err != nil {
				t.Fatal(err)
			}
			scan(t, f, readStream(t))
			golden(t, name, out.Bytes())
		})
	}
	t.Run("testname in GitHub Actions", func(t *testing.T) {
		t.Setenv("GITHUB_ACTIONS", "true")
		var out bytes.Buffer
		f, err := New(&out, "testname", Options{Workers: []string{"gw0", "gw1", "gw10"}})
		if err != nil {
			t.Fatal(err)
		}
		scan(t, f, readStream(t))
		golden(t, "github-actions", out.Bytes())
	})
	t.Run("dots-v2 on a terminal", func(t *testing.T) {
		var out bytes.Buffer
		d := newDotsV2(&out, 40, Options{Workers: []string{"gw0", "gw1", "gw10"}})
		clock := time.Unix(0, 0)
		d.now = func() time.Time { clock = clock.Add(redraw); return clock }
		scan(t, d, readStream(t))
		golden(t, "dots-v2-terminal", bytes.ReplaceAll(out.Bytes(), []byte("\x1b"), []byte("^[")))
	})
}

// A test that was interrupted has no end. Its lines have the prefix of the worker that ran it,
// not of all workers that ran tests of the package.
func TestPrefixOfTestThatNeverEnds(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	stream := strings.Join([]string{
		`{"Action":"start","Package":"m/p"}`,
		`{"Action":"run","Package":"m/p","Test":"TestHangs","Worker":"gw1"}`,
		`{"Action":"run","Package":"m/p","Test":"TestQuick","Worker":"gw0"}`,
		`{"Action":"pass","Package":"m/p","Test":"TestQuick","Elapsed":0,"Worker":"gw0"}`,
		`{"Action":"output","Package":"m/p","Test":"TestHangs","Output":"signal: interrupt\n","Worker":"gw1"}`,
		`{"Action":"fail","Package":"m/p","Elapsed":0,"Worker":"gw0,gw1"}`,
	}, "\n")
	var out bytes.Buffer
	f, err := New(&out, "testname", Options{Workers: []string{"gw0", "gw1"}})
	if err != nil {
		t.Fatal(err)
	}
	scan(t, f, stream)
	lines := 0
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "TestHangs") || strings.Contains(line, "interrupt") {
			lines++
			if !strings.HasPrefix(line, "[gw1] ") {
				t.Errorf("the line %q does not begin with [gw1]", line)
			}
		}
	}
	if lines != 2 {
		t.Errorf("the test has %d lines, want 2, in\n%s", lines, out.String())
	}
}

// Without workers the output is exactly testjson's.
func TestNoPrefix(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	for _, name := range Names {
		if name == JSON || name == Failures {
			continue
		}
		var got, want bytes.Buffer
		f, err := New(&got, name, Options{})
		if err != nil {
			t.Fatal(err)
		}
		scan(t, f, readStream(t))
		scan(t, unlimited(testjson.NewEventFormatter(&want, name, testjson.FormatOptions{})), readStream(t))
		if got.String() != want.String() {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got.String(), want.String())
		}
	}
}

// The json format prints the stream unchanged.
func TestJSONIsTheStream(t *testing.T) {
	var out bytes.Buffer
	f, err := New(&out, JSON, Options{Workers: []string{"gw0"}})
	if err != nil {
		t.Fatal(err)
	}
	scan(t, f, readStream(t))
	if out.String() != readStream(t) {
		t.Errorf("got\n%s", out.String())
	}
}

func TestUnknownFormatListsTheFormats(t *testing.T) {
	for _, workers := range [][]string{nil, {"gw0"}} {
		_, err := New(&bytes.Buffer{}, "foo", Options{Workers: workers})
		if err == nil || !strings.Contains(err.Error(), "unknown format foo; the formats are dots, dots-v2, pkgname") {
			t.Errorf("got %v", err)
		}
	}
}

func TestPrefixes(t *testing.T) {
	p := NewPrefixes([]string{"gw0", "gw10"})
	for worker, want := range map[string]string{
		"": "       ", "gw0": "[gw0]  ", "gw10": "[gw10] ", "gw0,gw10": "[gw0,gw10] ",
	} {
		if got := p.Of(worker); got != want {
			t.Errorf("%q: got %q, want %q", worker, got, want)
		}
	}
}

func TestPrefixesHaveTheWorkersColour(t *testing.T) {
	defer func(no bool) { color.NoColor = no }(color.NoColor)
	color.NoColor = false
	p := NewPrefixes([]string{"a", "longer"})
	if got, want := p.Of("a"), "\x1b[36m[a]\x1b[0m      "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := p.Of("longer"), "\x1b[35m[longer]\x1b[0m "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWorker(t *testing.T) {
	for line, want := range map[string]string{
		`{"Action":"run","Package":"p","Test":"T","Worker":"gw0"}`: "gw0",
		`{"Action":"pass","Package":"p","Worker":"a,b"}`:           "a,b",
		`{"Worker":"gw0"}`:                                                    "gw0",
		`{"Action":"run","Package":"p","Test":"T"}`:                           "",
		`{"Action":"pass","Package":"p","Elapsed":1}`:                         "",
		`{"Action":"output","Package":"p","Output":"\"Worker\":\"gw0\"}"}`:    "",
		`{"Action":"output","Package":"p","Output":"x\"Worker\":\"gw0"}`:      "",
		`{"Action":"output","Package":"p","Output":",\"Worker\":\"gw0\"}\n"}`: "",
	} {
		var got string
		_, err := testjson.ScanTestOutput(testjson.ScanConfig{
			Stdout: strings.NewReader(line + "\n"),
			Handler: handler{formatterFunc(func(e testjson.TestEvent) {
				if len(e.Bytes()) > 0 {
					got = Worker(e)
				}
			})},
		})
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", line, got, err, want)
		}
	}
}

type formatterFunc func(testjson.TestEvent)

func (f formatterFunc) Format(e testjson.TestEvent, _ []byte, _ *testjson.Execution) error {
	f(e)
	return nil
}
func (f formatterFunc) Close() error { return nil }

// Drawing takes linear time: an event draws at most once, and only when enough time has
// passed since the last drawing.
func TestDotsV2DrawsSeldom(t *testing.T) {
	var stream strings.Builder
	stream.WriteString(`{"Action":"start","Package":"p"}` + "\n")
	for i := range 5000 {
		fmt.Fprintf(&stream, `{"Action":"run","Package":"p","Test":"T%d","Worker":"gw0"}`+"\n", i)
		fmt.Fprintf(&stream, `{"Action":"pass","Package":"p","Test":"T%d","Worker":"gw0"}`+"\n", i)
	}
	stream.WriteString(`{"Action":"pass","Package":"p","Worker":"gw0"}` + "\n")
	var out bytes.Buffer
	d := newDotsV2(&out, 80, Options{Workers: []string{"gw0"}})
	clock := time.Unix(0, 0)
	d.now = func() time.Time { clock = clock.Add(redraw / 1000); return clock }
	scan(t, d, stream.String())
	draws := strings.Count(out.String(), clearBelow)
	if draws > 15 { // ten for the elapsed time, and some at the start and the end
		t.Errorf("%d drawings, want at most 15", draws)
	}
	if dots := strings.Count(lastDrawing(out.String(), "p "), "·"); dots != 5000 {
		t.Errorf("the last drawing has %d dots, want 5000", dots)
	}
}

// lastDrawing returns the last drawing that contains text.
func lastDrawing(out, text string) string {
	drawings := strings.Split(out, clearBelow)
	for _, drawing := range slices.Backward(drawings) {
		if strings.Contains(drawing, text) {
			return drawing
		}
	}
	return ""
}

// unlimited returns a format that writes to its own output.
func unlimited(f testjson.EventFormatter) unchanged {
	return unchanged{f, &eventOutput{limited: Limit{}.writer(io.Discard, "")}}
}
