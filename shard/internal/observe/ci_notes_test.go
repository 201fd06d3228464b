package observe

import (
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
)

func TestSlowest(t *testing.T) {
	n := &CINotes{}
	for i := range 100 {
		elapsed := time.Duration(i*37%100) * time.Second
		n.addSlowest(report.Test{Name: elapsed.String(), Elapsed: elapsed})
	}
	if len(n.Slowest) != slowestTests || n.Slowest[0].Elapsed != 99*time.Second || n.Slowest[9].Elapsed != 90*time.Second {
		t.Errorf("%v", n.Slowest)
	}
}

func TestPlacedLine(t *testing.T) {
	for output, want := range map[string]string{
		"": "",
		"    a_test.go:3: first\n    a_test.go:7: got:\n            b_test.go:42: inner\n": "a_test.go:7: got: b_test.go:42: inner",
		"b.go:1: printed\n    a_test.go:3: failed\n":                                       "a_test.go:3: failed",
		"# p\np/a.go:3:4: undefined: x\n":                                                  "p/a.go:3: undefined: x",
		"    a_test.go:3: before\npanic: x\n":                                              "panic: x",
	} {
		if got := placedLine(output); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

func TestFraming(t *testing.T) {
	for _, test := range []struct {
		line, test string
		want       bool
	}{
		{"=== RUN   TestA\n", "TestA", true},
		{"=== NAME  TestA\n", "TestA", true},
		{"--- FAIL: TestA (0.00s)\n", "TestA", true},
		{"    --- FAIL: TestA/sub (0.00s)\n", "TestA/sub", true},
		{"        --- PASS: TestA/sub/b (0.00s)\n", "TestA/sub/b", true},
		{"    --- FAIL: TestA/sub (0.00s)\n", "TestA", true}, // a stream in which a parent has its subtests' lines
		{"        --- FAIL: TestX (0.00s)\n", "TestA", false},
		{"    --- FAIL: TestA (0.00s)\n", "TestA", false},
		{"        --- FAIL: TestA/sub (0.00s)\n", "TestA/sub", false},
		{"--- FAIL: TestAB (0.00s)\n", "TestA", false},
		{"=== RUN   TestX\n", "TestA", false},
		{"    a_test.go:3: --- FAIL: TestA\n", "TestA", false},
		{"=== RUN   of RunTests\n", "of RunTests", true},
		{"    --- FAIL: of RunTests/sub (0.00s)\n", "of RunTests", true},
		{"--- FAIL: of (0.00s)\n", "of RunTests", false},
	} {
		if got := IsFraming(test.line, test.test); got != test.want {
			t.Errorf("%q of %s: %v", test.line, test.test, got)
		}
	}
}
