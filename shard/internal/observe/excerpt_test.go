package observe

import (
	"fmt"
	"strings"
	"testing"
)

// TestExcerpt: the excerpt of a very long output contains the reason of the failure.
func TestExcerpt(t *testing.T) {
	block := strings.Repeat(strings.Repeat("x", 63)+"\n", 1<<10)
	var lines []string
	add := func(blocks int, others ...string) {
		for range blocks {
			lines = append(lines, block)
		}
		lines = append(lines, others...)
	}
	add(0, "=== RUN   TestX\n", "the first line\n")
	add(63, "one that is left out\n")
	if got, want := WithoutFraming(lines, "TestX"), strings.Join(lines[1:], ""); got != want {
		t.Errorf("%d bytes of %d", len(got), len(want))
	}
	add(50, "panic: the reason\n", "goroutine 1\n")
	add(50, "another one that is left out\n")
	add(40, "    x_test.go:7: the last line\n", "--- FAIL: TestX (0.00s)\n")
	got := WithoutFraming(lines, "TestX")
	if len(got) > longestExcerpt+100 {
		t.Errorf("the excerpt has %d bytes", len(got))
	}
	for text, want := range map[string]bool{
		"the first line\n": true, "\npanic: the reason\ngoroutine 1\n": true, "the last line\n": true,
		"left out\n": false, "=== RUN": false, "--- FAIL": false, "... (output left out)\n": true,
	} {
		if strings.Contains(got, text) != want {
			t.Errorf("the excerpt has %q: %v", text, !want)
		}
	}
	if message := placedLine(got); message != "panic: the reason" {
		t.Errorf("message %q", message)
	}
	if got := strings.Count(WithoutFraming(lines[100:], "TestX"), outputLeftOut); got != 1 {
		t.Errorf("%d parts are left out", got)
	}
	if got := WithoutFraming([]string{strings.Repeat("\u00e9", longestExcerpt)}, "TestX"); got != strings.Repeat("\u00e9", excerptHead/2)+"\n... (output left out)\n" {
		t.Errorf("%d bytes of a single line remain", len(got))
	}
}

// TestExcerptOfWhatIsKept tests the excerpt of output that is partly in a file.
func TestExcerptOfWhatIsKept(t *testing.T) {
	n := newOutputs()
	defer func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}()
	for size, want := range map[int]int{1 << 10: 1 << 10, longestExcerpt: longestExcerpt, longestExcerpt + 64: excerptHead + 1 + len(outputLeftOut) + excerptTail} {
		o := &Output{}
		for i := range size / 64 {
			n.spool.add(o, fmt.Sprintf("%-63d\n", i))
		}
		got := n.excerpt(o)
		if len(got) != want || !strings.HasPrefix(got, "0 ") || !strings.HasSuffix(got, fmt.Sprintf("\n%-63d\n", size/64-1)) {
			t.Errorf("the excerpt of %d bytes has %d bytes, want %d", size, len(got), want)
		}
	}
}
