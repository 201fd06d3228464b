package stream

import (
	"strings"
	"testing"
)

func TestParseFraming(t *testing.T) {
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
		f, ok := parseFraming([]byte(test.line))
		if f.action != test.action || string(f.name) != test.name || ok != (test.action != "") {
			t.Errorf("%q: %q %q %v", test.line, f.action, f.name, ok)
		}
		if at := strings.Index(test.line, test.name); test.name != "" && f.nameAt != at {
			t.Errorf("%q: name at %d", test.line, f.nameAt)
		}
	}
}

func TestOwnLines(t *testing.T) {
	for line, want := range map[string]string{
		"coverage: 12.3% of statements\n":          "coverage",
		"coverage: 12.3% of statements in ./...\n": "coverage",
		"coverage: [no statements]\n":              "coverage",
		"coverage: good\n":                         "",
		" coverage: 12.3% of statements\n":         "",
		"-test.shuffle 1700000000000000000\n":      "shuffle",
		"-test.shuffle -5\n":                       "shuffle",
		"-test.shuffle on\n":                       "",
		"-test.shuffle \n":                         "",
	} {
		if got := isCoverage([]byte(line)); got != (want == "coverage") {
			t.Errorf("%q: coverage %v", line, got)
		}
		if got := isShuffle([]byte(line)); got != (want == "shuffle") {
			t.Errorf("%q: shuffle %v", line, got)
		}
	}
}

func TestBeforeMarker(t *testing.T) {
	for _, test := range []struct {
		text    string
		want    int
		escapes bool
	}{
		{"", 0, false},
		{"x", 1, false},
		{strings.Repeat("x", inputLine), inputLine - 1, false},
		{strings.Repeat("x", 3*inputLine), 3*inputLine - 1, false},
		{strings.Repeat("x", inputLine-3) + "€", inputLine - 3, false},
		{strings.Repeat("x", inputLine-2) + "€", inputLine + 1, false},
		{"BenchmarkX\t", 10, false},
		{"Benchmark  \t", 11, false},
		{"BenchmarkX\t1\t", 13, false},
		{"BenchmarkX\t" + strings.Repeat("x", inputLine), 10 + inputLine, false},
		{"BenchmarkX\t" + strings.Repeat("x", inputLine-11), inputLine, false},
		{strings.Repeat("x", inputLine-2) + "\x1bm", inputLine - 2, true},
		{strings.Repeat("x", inputLine-2) + "\x1bm", inputLine - 1, false},
		{strings.Repeat("x", inputLine-2) + "\x1b\x1b", inputLine - 2, true},
		{strings.Repeat("x", inputLine-3) + "\x1b\x1bm", inputLine - 1, true},
		{"Benchmarks\t", 11, false},
		{"\t", 1, false},
	} {
		if got := beforeMarker([]byte(test.text), test.escapes); got != test.want {
			t.Errorf("%.20q of %d bytes: %d, want %d", test.text, len(test.text), got, test.want)
		}
	}
}

func TestWholeRunes(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "x": 1, "é": 2, "€": 3, "😀": 4, "\xff": 1, "\x80\x80\x80\x80": 4,
		"x\xc3": 1, "x\xe2": 1, "x\xe2\x82": 1, "x\xf0": 1, "x\xf0\x9f": 1, "x\xf0\x9f\x98": 1, "\xf0\x9f\x98\x80\x80": 5,
	} {
		if got := wholeRunes([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
