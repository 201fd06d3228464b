package gotest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// A converter writes the same as go test -json for the same process.
func TestConverter(t *testing.T) {
	program, err := Test2JSON(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		output string
		code   int
		want   []string // "action test: output"
	}{
		"a test that passed": {
			output: "\x16=== RUN   TestA\n\x16--- PASS: TestA (0.00s)\n\x16PASS\n",
			want: []string{"start", "run TestA", "output TestA: === RUN   TestA", "output TestA: --- PASS: TestA (0.00s)",
				"pass TestA", "output: PASS", "output: ok  \tm/p\tTs", "pass"},
		},
		"a test that failed": {
			output: "\x16=== RUN   TestA\n\x16--- FAIL: TestA (0.00s)\n\x16FAIL\n",
			code:   1,
			want: []string{"start", "run TestA", "output TestA: === RUN   TestA", "output TestA: --- FAIL: TestA (0.00s)",
				"fail TestA", "output: FAIL", "output: FAIL\tm/p\tTs", "fail"},
		},
		"no tests, with coverage": {
			output: "testing: warning: no tests to run\n\x16PASS\ncoverage: 0.0% of statements\n",
			want: []string{"start", "output: testing: warning: no tests to run", "output: PASS", "output: coverage: 0.0% of statements",
				"output: ok  \tm/p\tTs\tcoverage: 0.0% of statements [no tests to run]", "pass"},
		},
		"nothing at all": {
			code: 3,
			want: []string{"start", "output: exit status 3", "output: FAIL\tm/p\tTs", "fail"},
		},
		"a line without its end": {
			output: "\x16=== RUN   TestA\nbye",
			code:   2,
			want: []string{"start", "run TestA", "output TestA: === RUN   TestA", "output TestA: bye",
				"output: FAIL\tm/p\tTs", "fail"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			c, err := StartConverter(program, "m/p", &out)
			if err != nil {
				t.Fatal(err)
			}
			for i := range len(test.output) { // in the smallest pieces
				if _, err := c.Write([]byte{test.output[i]}); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Finish(test.code); err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.Lines(out.String()) {
				var e struct{ Action, Package, Test, Output string }
				if err := json.Unmarshal([]byte(line), &e); err != nil || e.Package != "m/p" {
					t.Fatalf("%q: %v", line, err)
				}
				event := strings.TrimSpace(e.Action + " " + e.Test)
				if e.Output != "" {
					event += ": " + strings.TrimSuffix(e.Output, "\n")
				}
				got = append(got, regexp.MustCompile(`\t\d\.\d{3}s`).ReplaceAllString(event, "\tTs"))
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
	if _, err := StartConverter(program+"-missing", "m/p", nil); err == nil {
		t.Error("no error for a program that is not there")
	}
}
