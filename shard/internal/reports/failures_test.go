package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// A line of the list of failures is not longer than it may be, also with characters that take two cells.
func TestCutLine(t *testing.T) {
	for _, line := range []string{"", "short", strings.Repeat("x", 100), strings.Repeat("表", 100), strings.Repeat("e\u0301", 100), "👩‍👩‍👧‍👦" + strings.Repeat("表", 50)} {
		for width := 1; width < 120; width++ {
			got := cutLine(line, width)
			if n := displaywidth.String(got); n > width || n < min(width-2, displaywidth.String(line)) {
				t.Errorf("%.10q: %d cells, want %d", line, n, width)
			}
		}
	}
}

// The go command assigns the panic of a subtest to its top-level test, and testjson that of a
// timeout to the package.
const crashing = `{"Action":"run","Package":"m/a","Test":"TestNil"}
{"Action":"run","Package":"m/a","Test":"TestNil/sub"}
{"Action":"output","Package":"m/a","Test":"TestNil/sub","Output":"    a_test.go:3: before\n"}
{"Action":"output","Package":"m/a","Test":"TestNil/sub","Output":"    gotestshard: rerun: go test -run Own ./a\n"}
{"Action":"output","Package":"m/a","Test":"TestNil/sub","Output":"    gotestshard: rerun: go test -run X ./a\n"}
{"Action":"output","Package":"m/a","Test":"TestNil/sub","Output":"    gotestshard: ran after 1 other\n"}
{"Action":"fail","Package":"m/a","Test":"TestNil/sub"}
{"Action":"output","Package":"m/a","Test":"TestNil","Output":"panic: oh no\n"}
{"Action":"output","Package":"m/a","Test":"TestNil","Output":"\n"}
{"Action":"output","Package":"m/a","Test":"TestNil","Output":"goroutine 6 [running]:\n"}
{"Action":"output","Package":"m/a","Test":"TestNil","Output":"m/a.TestNil.func1(0x1)\n"}
{"Action":"output","Package":"m/a","Test":"TestNil","Output":"\t/m/a/a_test.go:4 +0x1b\n"}
{"Action":"output","Package":"m/a","Test":"TestNil","Output":"testing.tRunner(0x1, 0x2)\n"}
{"Action":"fail","Package":"m/a","Test":"TestNil"}
{"Action":"fail","Package":"m/a"}
{"Action":"run","Package":"m/b","Test":"TestHangs"}
{"Action":"output","Package":"m/b","Test":"TestHangs","Output":"panic: test timed out after 5s\n"}
{"Action":"output","Package":"m/b","Test":"TestHangs","Output":"\trunning tests:\n"}
{"Action":"output","Package":"m/b","Test":"TestHangs","Output":"\t\tTestHangs (5s)\n"}
{"Action":"fail","Package":"m/b","Elapsed":5}
{"Action":"output","Package":"m/c","Output":"no database\n"}
{"Action":"output","Package":"m/c","Output":"gotestshard: rerun: go test ./c -race\n"}
{"Action":"output","Package":"m/c","Output":"FAIL\n"}
{"Action":"output","Package":"m/c","Output":"FAIL\tm/c\t0.1s\n"}
{"Action":"fail","Package":"m/c"}
`

func TestEachCrashIsShownOnce(t *testing.T) {
	opts := option.Options{Reruns: option.Reruns{RerunFailsStrict: true}}
	h := noting(t, opts, io.Discard)
	exec, err := h.Scan(testjson.ScanConfig{Stdout: strings.NewReader(crashing)})
	if err != nil {
		t.Fatal(err)
	}
	s := &summary{Outcome: Outcome{Noted: h, Counted: h.Count(exec)}, opts: opts}
	var blocks, list, junit bytes.Buffer
	s.view(exec).writeBlocks(&blocks, false)
	s.view(exec).writeList(&list)
	j := report.JUnit{Failures: s.failures(exec, nil), Elapsed: 1}
	if err := j.WriteSurefire(&junit, exec); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"FAIL m/a TestNil/sub\n  rerun: go test -run X ./a\n  |     a_test.go:3: before\n  |     gotestshard: rerun: go test -run Own ./a\n  | panic: oh no\n": 1,
		"FAIL m/b TestHangs\n  rerun: go test -run '^TestHangs$' m/b\n  timed out\n  | panic: test timed out":                                                  1,
		"FAIL m/b\n":                             0,
		"FAIL m/a TestNil\n":                     0,
		"FAIL m/c\n  rerun: go test ./c -race\n": 1,
		"| gotestshard: rerun":                   0,
		"| FAIL":                                 0,
		"|     gotestshard: rerun":               1, // the test's own
		"|     gotestshard: ran after":           0,
		"FAIL\tm/c":                              0,
	} {
		if got := strings.Count(blocks.String(), text); got != want {
			t.Errorf("%q is there %d times, want %d:\n%s", text, got, want, blocks.String())
		}
	}
	if got := strings.Count(list.String(), "FAIL "); got != 3 {
		t.Errorf("the list has %d failures:\n%s", got, list.String())
	}
	all := s.Counted.All
	if all.Tests != 4 || all.Failed != 4 || !strings.Contains(junit.String(), `<testsuites tests="4" failures="3" errors="1"`) || strings.Count(junit.String(), "timed out after 5s&#xA;") != 1 {
		t.Errorf("%+v, and the JUnit file:\n%s", all, junit.String())
	}
}

// The package at the root of the module has its name, as with failures.
func TestSkippedTests(t *testing.T) {
	const root = "github.com/gotestshard/gotestshard"
	var events strings.Builder
	for _, name := range []string{"TestA", "TestB"} {
		fmt.Fprintf(&events, `{"Action":"run","Package":%[1]q,"Test":%[2]q}
{"Action":"output","Package":%[1]q,"Test":%[2]q,"Output":"=== RUN   %[2]s\n"}
{"Action":"output","Package":%[1]q,"Test":%[2]q,"Output":"    a_test.go:3: not today"}
{"Action":"skip","Package":%[1]q,"Test":%[2]q}
`, root, name)
	}
	for hidden, want := range map[testjson.Summary]string{
		0:                         "\n=== Skipped\n=== SKIP: gotestshard TestA (0.00s)\n    a_test.go:3: not today\n\n=== SKIP: gotestshard TestB (0.00s)\n    a_test.go:3: not today\n\nDONE ",
		testjson.SummarizeOutput:  "\n=== Skipped\n=== SKIP: gotestshard TestA (0.00s)\n=== SKIP: gotestshard TestB (0.00s)\n\nDONE ",
		testjson.SummarizeSkipped: "\nDONE ",
	} {
		opts := option.Options{Reruns: option.Reruns{RerunFailsStrict: true}, Display: option.Display{HideSummary: testjson.SummarizeAll &^ hidden}}
		h := noting(t, opts, io.Discard)
		exec, err := h.Scan(testjson.ScanConfig{Stdout: strings.NewReader(events.String())})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		s := &summary{Outcome: Outcome{Noted: h, Counted: h.Count(exec)}, opts: opts}
		s.writeTests(&out, exec)
		if got := out.String(); !strings.HasPrefix(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
