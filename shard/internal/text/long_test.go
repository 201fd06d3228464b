package text

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/framing/framingtest"
)

// TestMergeBeforeMarkers passes unfinished lines to test2json that it would join with a
// framing line of another process.
func TestMergeBeforeMarkers(t *testing.T) {
	halves := map[string]string{
		"a full buffer":    strings.Repeat("x", framing.MaxLine),
		"two full buffers": strings.Repeat("x", 2*framing.MaxLine),
		"long runes":       strings.Repeat("€", framing.MaxLine),
		"many of them":     strings.Repeat("x", 50000),
		"almost a buffer":  strings.Repeat("x", framing.MaxLine-1),
		"more than one":    strings.Repeat("x", framing.MaxLine+1),
		"benchmark":        "BenchmarkX\t",
		"cut rune":         strings.Repeat("x", framing.MaxLine-1) + "€",
	}
	var all bytes.Buffer // for one converter, in which each case has tests of its own
	want, cases := map[string][]string{}, map[string]string{}
	for name, half := range halves {
		for _, held := range []bool{false, true} {
			for _, mixed := range []bool{false, true} {
				merge := NewMerge(&all)
				a, b := merge.Process(Options{}), merge.Process(Options{})
				testA, testB := fmt.Sprint("TestA", len(want)), fmt.Sprint("TestB", len(want))
				says(t, b, "^=== RUN   "+testB+"\n")
				says(t, a, "^=== RUN   "+testA+"\n")
				wantA, wantB := []string{"run", "=== RUN   " + testA + "\n" + half + "x\n"}, "=== RUN   "+testB+"\n"
				if held {
					says(t, a, "^--- PASS: "+testA+" (0.00s)\n")
					wantA = []string{"run", "=== RUN   " + testA + "\n--- PASS: " + testA + " (0.00s)\n" + half, "pass", "x\n"}
				}
				for rest := []byte(half); len(rest) > 0; {
					n := min(framing.MaxLine, len(rest))
					says(t, a, string(rest[:n]))
					rest = rest[n:]
					if mixed {
						says(t, b, "b\n")
						wantB += "b\n"
					}
				}
				says(t, a, "^=== NAME  "+testA+"\nx\n^=== NAME  \n")
				a.End()
				b.End()
				for i := 1; i < len(wantA); i += 2 {
					wantA[i] = fmt.Sprintf("%q", wantA[i])
				}
				want[testA], want[testB] = wantA, []string{"run", fmt.Sprintf("%q", wantB)}
				cases[testA] = fmt.Sprint(name, " ", held, " ", mixed)
				cases[testB] = cases[testA]
			}
		}
	}
	got, _ := framingtest.Histories(framingtest.Convert(t, all.Bytes()))
	for test, history := range want {
		if !slices.Equal(got[test], history) {
			t.Errorf("%s, %s:\n%s", cases[test], test, framingtest.Difference(got[test], history))
		}
	}
}

// TestMergeLongNames has framing lines of about the maximum length for test2json. A
// converter gets all cases, in which the roots of the tests differ in one letter.
func TestMergeLongNames(t *testing.T) {
	var all, alone bytes.Buffer
	type long struct {
		name string
		runs int // tests that the merge has seen
	}
	cases := map[string]*long{} // by root
	for length := framing.MaxLine - 6; length < framing.MaxLine+3; length++ {
		for _, suffix := range []string{"", "@g"} {
			for _, end := range []string{"\n", "^--- PASS: ROOT\n"} {
				root := "Test" + strconv.FormatInt(int64(len(cases)), 36)
				start := "^=== RUN   " + root + "/"
				said := "^=== RUN   " + root + "\n" + start + strings.Repeat("n", length-len(start)) +
					strings.Replace(end, "ROOT", root, 1) + "x\n^=== NAME  \n"
				merge := NewMerge(&all)
				c := &long{name: fmt.Sprintf("%d%s %q", length, suffix, end)}
				cases[root+suffix] = c
				p := merge.Process(Options{Suffix: suffix, Observe: func(change Change) {
					if change.Action == "run" {
						c.runs++
					}
				}})
				says(t, p, said)
				p.End()
				if suffix == "" {
					alone.WriteString(strings.ReplaceAll(said, "^", "\x16"))
				}
			}
		}
	}
	count := func(text []byte) map[string]int {
		tests, _ := framingtest.Histories(framingtest.Convert(t, text))
		found := map[string]int{}
		for test := range tests {
			found[framing.Root(test)]++
		}
		return found
	}
	merged, want := count(all.Bytes()), count(alone.Bytes())
	for root, c := range cases {
		if merged[root] != c.runs || c.runs == 0 {
			t.Errorf("%s: %d tests started, but test2json reports %d", c.name, c.runs, merged[root])
		}
		if !strings.Contains(root, "@") && merged[root] != want[root] {
			t.Errorf("%s: %d tests, alone %d", c.name, merged[root], want[root])
		}
	}
}

func TestMergeHoldsLittle(t *testing.T) {
	for name, said := range map[string]string{
		"a line without an end":   "x",
		"a framing line":          "^=== RUN   Test",
		"after the end of a test": "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n",
		"half, after the end":     "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\nx",
		"lines before any test":   "\n",
		"not a real warning":      noTestsWarning,
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			p := merge.Process(Options{})
			says(t, p, said)
			for range 1000 {
				says(t, p, strings.Repeat("y", 1000))
				if held := cap(p.pending) + cap(p.held); held > 128<<10 {
					t.Fatalf("%d bytes are held", held)
				}
			}
			p.End()
			if got := strings.Count(out.String(), "y"); got != 1000*1000 {
				t.Errorf("%d of a million bytes were written", got)
			}
		})
	}
}
