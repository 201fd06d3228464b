package observe

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
)

// What the format showed is shown again only if it has left the screen.
func TestShown(t *testing.T) {
	stream := strings.Join([]string{
		`{"Action":"run","Package":"m/p","Test":"TestA"}`,
		`{"Action":"output","Package":"m/p","Test":"TestA","Output":"of A\n"}`,
		`{"Action":"fail","Package":"m/p","Test":"TestA"}`,
		`{"Action":"fail","Package":"m/p"}`,
		`{"Action":"output","Package":"m/main","Output":"no database\n"}`,
		`{"Action":"fail","Package":"m/main"}`,
	}, "\n")
	for _, test := range []struct {
		format        string
		height, after int // lines of the terminal, and those that are printed afterwards
		test, main    bool
	}{
		{"pkgname", 0, 0, false, false},
		{"testname", 0, 1000, true, true},
		{"pkgname-and-test-fails", 0, 0, true, false},
		{"testname", 24, 10, true, true},
		{"testname", 24, 24, false, false},
		{"testname", 24, 23, false, false}, // their last lines are still there
		{"standard-verbose", 24, 20, true, true},
		{"standard-verbose", 24, 23, false, false},
	} {
		t.Setenv("GITHUB_ACTIONS", "")
		h := quietHandler(t)
		h.Shown = &Shown{how: format.ShowsFailures(test.format), at: map[outputKey]int64{}, last: map[string]time.Time{}, out: io.Discard, height: test.height}
		if test.height > 0 {
			h.Shown.width, h.Shown.out = 80, rowCounter{h.Shown, io.Discard}
		}
		exec := scanned(t, h, strings.NewReader(stream))
		_, _ = fmt.Fprint(h.Shown.out, strings.Repeat("line\n", test.after))
		if got := h.Shown.Has(exec.Package("m/p").Failed[0], exec); got != test.test {
			t.Errorf("%+v: the test is shown: %v", test, got)
		}
		if got := h.Shown.Has(testjson.TestCase{Package: "m/main"}, exec); got != test.main {
			t.Errorf("%+v: the package is shown: %v", test, got)
		}
	}
	s := &Shown{width: 80}
	s.addLine(strings.Repeat("x", 200))
	if s.rows.Load() != 3 {
		t.Errorf("a line of 200 characters has %d rows", s.rows.Load())
	}
}

// A test without an end says why it has none, and how long it ran: from its start to its
// package's last event.
func TestUnendedTestTook(t *testing.T) {
	start := `{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"m/p","Test":%q}`
	output := `{"Action":"output","Package":"m/p","Test":%q,"Output":"panic: test timed out after 3s\n"}`
	panicked := `{"Action":"output","Package":"m/p","Test":%[1]q,"Output":"--- FAIL: %[1]s (0.00s)\n"}` + "\n" +
		`{"Action":"output","Package":"m/p","Test":%[1]q,"Output":"panic: x [recovered, repanicked]\n"}` + "\n" + `{"Action":"fail","Package":"m/p","Test":%[1]q}`
	end := `{"Time":"2026-01-02T03:04:08.1Z","Action":"fail","Package":"m/p"}`
	at := func(clock string) time.Time {
		when, err := time.Parse(time.RFC3339, "2026-01-02T"+clock+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, test := range []struct {
		name        string
		events      []string
		interrupted time.Time
		want        []string
	}{
		{"os.Exit", []string{fmt.Sprintf(start, "TestA"), end}, time.Time{}, []string{"ended the process after 3.1s"}},
		{"os.Exit in a subtest", []string{fmt.Sprintf(start, "TestA"), fmt.Sprintf(start, "TestA/sub"), end}, time.Time{}, []string{"ended the process after 3.1s", "ended the process after 3.1s"}},
		{"one of two", []string{fmt.Sprintf(start, "TestA"), fmt.Sprintf(start, "TestAB"), end}, time.Time{}, []string{"its process ended after 3.1s", "its process ended after 3.1s"}},
		{"a panic in another one", []string{fmt.Sprintf(start, "TestA"), fmt.Sprintf(start, "TestB"), fmt.Sprintf(panicked, "TestB"), end}, time.Time{}, []string{"0.00s", "its process ended after 3.1s"}},
		{"a panic in a subtest", []string{fmt.Sprintf(start, "TestA"), fmt.Sprintf(start, "TestA/sub"), fmt.Sprintf(panicked, "TestA"), end}, time.Time{}, []string{"0.00s", "its process ended after 3.1s"}},
		{"a timeout", []string{fmt.Sprintf(start, "TestA"), fmt.Sprintf(output, "TestA"), end}, time.Time{}, []string{"timed out after 3.1s"}},
		{"a timeout of the package", []string{fmt.Sprintf(start, "TestA"), fmt.Sprintf(start, "TestB"), fmt.Sprintf(output, ""), end}, time.Time{}, []string{"timed out after 3.1s", "timed out after 3.1s"}},
		{"a signal", []string{fmt.Sprintf(start, "TestA"), end}, at("03:04:08"), []string{"interrupted after 3.1s"}},
		{"before a signal", []string{fmt.Sprintf(start, "TestA"), end}, at("03:04:09"), []string{"ended the process after 3.1s"}},
		{"an incomplete stream", []string{fmt.Sprintf(start, "TestA")}, time.Time{}, []string{"interrupted"}},
		{"without times", []string{`{"Action":"run","Package":"m/p","Test":"TestA"}`, `{"Action":"fail","Package":"m/p"}`}, time.Time{}, []string{"ended the process"}},
	} {
		h := quietHandler(t)
		h.Shown.Interrupted = func(string) time.Time { return test.interrupted }
		exec := scanned(t, h, strings.NewReader(strings.Join(test.events, "\n")))
		var got []string
		for _, tc := range exec.Package("m/p").Failed {
			got = append(got, h.Shown.Took(tc, exec))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestBenchmarkResults(t *testing.T) {
	b := benchmarks{}
	var got string
	for _, event := range []testjson.TestEvent{
		{Action: testjson.ActionOutput, Test: "BenchmarkB/x", Output: "=== RUN   BenchmarkB/x\nBenchmarkB/x\n"},
		{Action: testjson.ActionOutput, Test: "BenchmarkB/x", Output: "BenchmarkB/x-2 \t"},
		{Action: testjson.ActionOutput, Test: "BenchmarkB/x", Output: "      10\t        60.10 ns/op\n"},
		{Action: testjson.ActionOutput, Test: "TestA", Output: "BenchmarkB/x-2 10 60 ns/op\n"},
	} {
		got += b.result(event)
	}
	if want := "BenchmarkB/x-2 \t      10\t        60.10 ns/op\n"; got != want || len(b) > 0 {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFirstLine(t *testing.T) {
	long := strings.Repeat("x", 200)
	for output, want := range map[string]string{
		"":                               "",
		"printed\n    x_test.go:3: no\n": "no",
		"    x_test.go:3: got 1,\n        want 2\n": "got 1,",
		"    x_test.go:3: \n        \tError Trace:\t/x/x_test.go:3\n        \tError:      \tNot equal: \n        \t            \texpected: 1\n        \t            \tactual  : 2\n        \t            \t\n        \t            \tDiff:\n        \tTest:       \tTestX\n": "Not equal: expected: 1 actual  : 2",
		"    x_test.go:3: sums differ:\n        want 1\n\n        got 2\n":                                 "sums differ: want 1",
		"    x_test.go:3: sums differ:\nprinted later\n":                                                   "sums differ:",
		"    x_test.go:3: sums differ:\n        " + long + "\n        x\n":                                 "sums differ: " + long,
		"got:\n1\nwant:\n2\n    gotestshard: rerun: go test .\n":                                           "got: 1 want: 2",
		"# m/a\npackage m/a\n\timports m/b from a.go\n\timports m/a from b.go: import cycle not allowed\n": "imports m/a from b.go: import cycle not allowed",
		"package ./x is not found\nmore\n":                                                                 "package ./x is not found",
		"    x_test.go:1: log\npanic: boom [recovered, repanicked]\n\ngoroutine 1 [running]:\n":            "panic: boom",
		"x.go:3:4: undefined: x\n":                                                                         "undefined: x",
		"\n  only this\nand more\n":                                                                        "only this",
		"PASS\nno database\n":                                                                              "no database",
		"PASS\nFAIL\tp\t0.1s\n":                                                                            "",
		"PASS\ngotestshard: the test process failed\n":                                                     "the test process failed",
		"# ./x\nstat x: not found\n":                                                                       "stat x: not found",
	} {
		if got := FirstLine(output); got != want {
			t.Errorf("%q: got %q, want %q", output, got, want)
		}
	}
}
