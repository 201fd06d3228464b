package framing

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct{ line, action, name string }{
		{"=== RUN   TestA/b\n", "run", "TestA/b"},
		{"=== PAUSE TestA\r\n", "pause", "TestA"},
		{"=== CONT  TestA", "cont", "TestA"},
		{"=== NAME  TestA\n", "name", "TestA"},
		{"=== NAME  \n", "name", ""},
		{"=== NAME   \n", "name", ""},
		{"=== NAME\n", "name", ""},
		{"=== ATTR  TestA key value 1\n", "attr", "TestA"},
		{"=== ARTIFACTS TestA /some/where else\n", "artifacts", "TestA"},
		{"--- PASS: TestA (0.00s)\n", "pass", "TestA"},
		{"--- FAIL: TestA/#00 (1.20s)\n", "fail", "TestA/#00"},
		{"--- SKIP: TestA\n", "skip", "TestA"},
		{"--- BENCH: BenchmarkA-8\n", "bench", "BenchmarkA-8"},
		{"PASS\n", "PASS", ""},
		{"FAIL\r\n", "FAIL", ""},
		{"FAIL\tpkg\t0.1s\n", "reset", ""},
		{"FAIL: package testing must run tests\n", "", ""},
		{"testing: race detected outside of test execution\n", "", ""},
		{"    --- PASS: TestA/b (0.00s)\n", "", ""},
		{"=== RUN TestA\n", "", ""},
		{"===\n", "", ""},
		{"=== ", "", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		f, ok := Parse([]byte(test.line))
		if f.Action != test.action || string(f.Name) != test.name || ok != (test.action != "") {
			t.Errorf("%q: %q %q %v", test.line, f.Action, f.Name, ok)
		}
		if at := strings.Index(test.line, test.name); test.name != "" && f.NameAt != at {
			t.Errorf("%q: name at %d", test.line, f.NameAt)
		}
	}
}
