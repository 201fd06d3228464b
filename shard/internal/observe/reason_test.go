package observe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const testifyOutput = `    x_test.go:12: before
    x_test.go:14: 
        	Error Trace:	/module/x_test.go:14
        	            				/module/helper_test.go:3
        	Error:      	Not equal: 
        	            	expected: 3
        	            	actual  : -1
        	Test:       	TestAdd
        	Messages:   	with the helper
`

func TestMessage(t *testing.T) {
	many := strings.Repeat("    x_test.go:7: waiting for the server\n", 50)
	var diff strings.Builder
	diff.WriteString("    x_test.go:9: mismatch (-want +got):\n")
	for i := range 100 {
		fmt.Fprintf(&diff, "        - \tField%d: 1,\n", i)
	}
	for _, c := range []struct{ name, output, want string }{
		{"nothing", "", ""},
		{"errors", "    x_test.go:1: setting up\n    x_test.go:2: got 1,\n        want 2\n    gotestshard: rerun: go test\n", "x_test.go:1: setting up\nx_test.go:2: got 1,\n    want 2"},
		{"testify", testifyOutput, "x_test.go:12: before\nx_test.go:14: Not equal:\n    expected: 3\n    actual  : -1\n    with the helper"},
		{"much before it", many + testifyOutput, "x_test.go:14: Not equal:\n    expected: 3\n    actual  : -1\n    with the helper"},
		{"a panic", "    x_test.go:1: before\nprinted\npanic: runtime error: invalid memory address or nil pointer dereference [recovered, repanicked]\n[signal SIGSEGV: segmentation violation code=0x1]\n\ngoroutine 7 [running]:\nmain.x()\n    gotestshard: rerun: go test\n    gotestshard: ran after 2 others in this process\n",
			"panic: runtime error: invalid memory address or nil pointer dereference"},
		{"a timeout", "panic: test timed out after 2s\n\trunning tests:\n\t\tTestSlow (2s)\n\ngoroutine 1 [running]:\n", "panic: test timed out after 2s\n\trunning tests:\n\t\tTestSlow (2s)"},
		{"an exit", "going\n    gotestshard: the test process on gw0 crashed (exit status 3)\n    gotestshard: rerun: go test\n", "going\nthe test process on gw0 crashed (exit status 3)"},
		{"a silent exit", "    gotestshard: the test process on gw0 crashed (exit status 0)\n    gotestshard: rerun: go test\n", "the test process on gw0 crashed (exit status 0)"},
		{"an example", "got:\n-1\nwant:\n3\n", "got:\n-1\nwant:\n3"},
		{"a package", "no database\nFAIL\nFAIL\tm/p\t0.1s\n", "no database"},
	} {
		if got := strings.ReplaceAll(Message(c.output, 600), leftOut+"\n", ""); !strings.HasSuffix(got, c.want) || !strings.HasPrefix(c.output, many) && got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	for name, output := range map[string]string{
		"a diff": many + diff.String(), "a long line": strings.Repeat("ä", 2000), "printed": strings.Repeat("a line that a test prints\n", 100) + "2026/01/02 cannot connect\n",
	} {
		got := Message(output, 600)
		want := map[string]string{"a diff": "x_test.go:9: mismatch (-want +got):\n    - \tField0", "a long line": "ää", "printed": "cannot connect"}[name]
		if n := utf8.RuneCountInString(got); n > 600 || n < 400 || !strings.Contains(got, want) || name == "a diff" && !strings.HasSuffix(got, "1,\n…") {
			t.Errorf("%s: %d characters:\n%s", name, n, got)
		}
	}
}

func TestDedent(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "",
		"    a.go:1: x\n        y\n\n    z\n":  "a.go:1: x\n    y\n\nz",
		"x\n    y\n":                           "x\n    y",
		"\n\n  x\n":                            "x",
		"\tpanic\n":                            "\tpanic",
		"    a\n \n    b":                      "a\n\nb",
		"        one level\n      another one": "  one level\nanother one",
	} {
		if got := dedent(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Our notes are the last lines, whatever a test prints.
func TestCutNotes(t *testing.T) {
	const rerun, after = "    gotestshard: rerun: go test .\n", "    gotestshard: ran after 2 others\n"
	for _, c := range []struct {
		lines []string
		own   int
	}{
		{nil, 0}, {[]string{"x\n"}, 1}, {[]string{rerun}, 0}, {[]string{rerun, after}, 0}, {[]string{"x\n", rerun, after}, 1},
		{[]string{rerun, after, rerun}, 2}, {[]string{rerun, after, rerun, after}, 2}, {[]string{rerun, "x\n"}, 2}, {[]string{after}, 1},
		{[]string{"gotestshard: rerun: go test ./tm\n"}, 0},
	} {
		own, notes := CutNotes(c.lines)
		if len(own) != c.own || len(own)+len(notes) != len(c.lines) {
			t.Errorf("%q: %q and %q", c.lines, own, notes)
		}
	}
}

// A test cannot put another command in the place of ours.
func TestRerunOf(t *testing.T) {
	const own = "    gotestshard: rerun: go test -run '^TestX$' .\n"
	for output, want := range map[string]string{
		"": "",
		"x\n" + own + "    gotestshard: ran after 2 others in this process\n": "go test -run '^TestX$' .",
		"    gotestshard: rerun: go test -exec evil .\n" + own:                "go test -run '^TestX$' .",
		"    gotestshard: rerun: evil\n":                                      "",
	} {
		if got := RerunOf(output); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

// TestLastLines: the lines are those that remain when the first one is left out again and again,
// which would take minutes for the output of a test that prints a lot.
func TestLastLines(t *testing.T) {
	slow := func(lines []string, limit int) []string {
		all := len(lines)
		for len(lines) > 1 && length(lines)+len(leftOut) > limit {
			lines = lines[1:]
		}
		if len(lines) == all || len(lines) == 1 {
			return lines
		}
		return append([]string{leftOut}, lines...)
	}
	for _, text := range []string{"", "a", "long enough", "a\nb", "ä\nöü\n\nb", "\n\n\n", "first\nsecond\nthird\n", "x\nmuch longer than the others\ny", "much longer than the others\nx"} {
		lines := strings.Split(text, "\n")
		for limit := range len(text) + len(leftOut) + 3 {
			if got, want := lastLines(lines, limit), slow(lines, limit); !slices.Equal(got, want) {
				t.Errorf("%q within %d: %q, want %q", text, limit, got, want)
			}
		}
	}
	if got := lastLines(strings.Split(strings.Repeat("x\n", 300_000), "\n"), 100); len(got) < 2 || got[0] != leftOut {
		t.Errorf("%q", got)
	}
}
