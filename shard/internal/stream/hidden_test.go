package stream

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/framing/framingtest"
)

// shardsEvents returns the merged events of what the go command prints for text.
func shardsEvents(t *testing.T, text []byte) []framingtest.Event {
	t.Helper()
	var out []byte
	var err error
	merge := NewMerge([]Source{{Name: "s"}})
	for line := range bytes.Lines(framingtest.JSON(t, text, "-t", "-p", "p")) {
		if out, err = merge.Line(out, 0, bytes.TrimSuffix(line, []byte{'\n'})); err != nil {
			t.Fatal(err)
		}
	}
	if out, err = merge.End(out, 0, nil); err != nil {
		t.Fatal(err)
	}
	var events []framingtest.Event
	for line := range bytes.Lines(out) {
		var e framingtest.Event
		if err := json.Unmarshal(bytes.Replace(line, []byte(untested), nil, 1), &e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

// TestMergeOfAShardFindsHiddenFramingLines uses the go command's converter on texts in
// which it takes framing lines for output.
func TestMergeOfAShardFindsHiddenFramingLines(t *testing.T) {
	for name, text := range framingtest.HidingTexts() {
		t.Run(name, func(t *testing.T) {
			whole := []byte("\x16=== RUN   TestA\n" + text + "\x16=== RUN   TestA/b\nb\n\x16=== ATTR  TestA/b key the value\n" + text + "\x16=== PAUSE TestA/b\n" +
				"\x16=== NAME  TestA\nown\n" + text + "\x16=== CONT  TestA/b\n" + text + "\x16--- PASS: TestA/b (0.25s)\nlate\n" + text + "\x16=== NAME  TestA\nown again\n" + text +
				"\x16--- FAIL: TestA (0.02s)\n\x16=== RUN   TestB\n" + text + "\x16--- SKIP: TestB (0.00s)\n\x16=== RUN   TestC\n\x16=== ATTR  TestC key value\n" + text +
				"\x16=== ARTIFACTS TestC /some/where\n\x16--- PASS: TestC (0.00s)\n\x16=== NAME  \n" + text + "\x16PASS\nok  \tp\n")
			got, gotPkg := framingtest.Histories(shardsEvents(t, whole))
			events := framingtest.Model(whole, framing.MaxLine)
			for i := range events {
				events[i].Output = string([]rune(events[i].Output)) // as in JSON
			}
			want, _ := framingtest.Histories(events)
			for test := range want {
				if !slices.Equal(got[test], want[test]) {
					t.Errorf("%s:\n%s", test, framingtest.Difference(got[test], want[test]))
				}
			}
			// If it did not see the verdict, it does not end the package; the go command
			// does.
			if pkg := strings.Join(gotPkg, ""); !strings.Contains(pkg, "PASS\nok  \tp\n") {
				t.Errorf("at the level of the package: %.1000q", pkg)
			}
		})
	}
}

// The end of a test has its time, and a test of a later line its own output.
func TestMergeOfHiddenFramingLines(t *testing.T) {
	hidden := func(test, text string, pairs ...string) string {
		return strings.ReplaceAll(ev("output", "p", append(pairs, "Test="+test, "Output=MARK"+text)...), "MARK", `\u0016`)
	}
	half := ev("output", "p", "Test=A", "Output=xxx")
	for name, test := range map[string]struct{ feed, want []string }{
		"an end and a test": {
			[]string{
				ev("run", "p", "Test=A"), half, hidden("A", "--- PASS: A (1.50s)\n"), ev("output", "p", "Test=A", "Output=late\n"),
				ev("run", "p", "Test=B"), ev("pass", "p"),
			},
			[]string{
				ev("run", "p", "Test=A"), half, ev("output", "p", "Test=A", "Output=--- PASS: A (1.50s)\n"), ev("output", "p", "Test=A", "Output=late\n"),
				ev("pass", "p", "Test=A", "Elapsed=1.5"), ev("run", "p", "Test=B"), ev("pass", "p"),
			},
		},
		"the type of output": {
			[]string{ev("run", "p", "Test=A"), ev("output", "p", "Test=A", "OutputType=frame", "Output== RUN A\n"), half, hidden("A", "=== RUN   B\n"), ev("output", "p", "Test=A", "Output=b\n"), ev("pass", "p")},
			[]string{
				ev("run", "p", "Test=A"), ev("output", "p", "Test=A", "OutputType=frame", "Output== RUN A\n"), half, ev("run", "p", "Test=B"),
				ev("output", "p", "Test=B", "OutputType=frame", "Output==== RUN   B\n"), ev("output", "p", "Test=B", "Output=b\n"), ev("pass", "p"),
			},
		},
		"after a whole line it is the test's own": {
			[]string{ev("run", "p", "Test=A"), hidden("A", "--- PASS: A (1.50s)\n"), ev("pass", "p")},
			[]string{ev("run", "p", "Test=A"), hidden("A", "--- PASS: A (1.50s)\n"), ev("pass", "p")},
		},
		"no framing line": {
			[]string{ev("run", "p", "Test=A"), half, hidden("A", "^V\n"), ev("pass", "p")},
			[]string{ev("run", "p", "Test=A"), half, hidden("A", "^V\n"), ev("pass", "p")},
		},
		"a stream that is cut": {
			[]string{ev("run", "p", "Test=A"), half, hidden("A", "--- SKIP: A (0.00s)\n")},
			[]string{
				ev("run", "p", "Test=A"), half, ev("output", "p", "Test=A", "Output=--- SKIP: A (0.00s)\n"), ev("skip", "p", "Test=A", "Elapsed=0"),
				ev("output", "p", "Output=gotestshard: the output of s stopped before p ended\n"), ev("fail", "p", "Elapsed=0"),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var feeds []feed
			for _, line := range test.feed {
				feeds = append(feeds, feed{0, line})
			}
			none := func(string) string { return "" }
			checkLines(t, mergeAll(t, NewMerge([]Source{{Name: "s", Worker: none}}), append(feeds, feed{0, end})), test.want)
		})
	}
}
