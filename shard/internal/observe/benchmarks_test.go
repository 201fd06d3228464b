package observe

import (
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

func TestResultsOfBenchmarks(t *testing.T) {
	b := benchmarks{}
	const result = "BenchmarkX-2 \t 100\t 7 ns/op\n"
	long := strings.Repeat("x", longestResult/2)
	for _, test := range []struct{ output, want string }{
		{"BenchmarkX-2 \t", ""}, {" 100\t 7 ns/op\n", result},
		{"its words\n" + result, result},
		{long, ""}, {long, ""}, {long, ""}, {"\n" + result, result}, // without an end for long
	} {
		if got := b.result(testjson.TestEvent{Action: testjson.ActionOutput, Test: "BenchmarkX", Output: test.output}); got != test.want {
			t.Errorf("%.20q: %q, want %q", test.output, got, test.want)
		}
		for _, kept := range b {
			if len(kept) > longestResult {
				t.Errorf("%d bytes are kept", len(kept))
			}
		}
	}
}
