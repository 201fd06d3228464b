package text

import (
	"bytes"
	"fmt"
	"slices"
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
	for name, half := range halves {
		for _, held := range []bool{false, true} {
			for _, mixed := range []bool{false, true} {
				t.Run(fmt.Sprint(name, " ", held, " ", mixed), func(t *testing.T) {
					var out bytes.Buffer
					merge := NewMerge(&out)
					a, b := merge.Process(Options{}), merge.Process(Options{})
					says(t, b, "^=== RUN   TestB\n")
					says(t, a, "^=== RUN   TestA\n")
					wantA, wantB := []string{"run", "=== RUN   TestA\n" + half + "x\n"}, "=== RUN   TestB\n"
					if held {
						says(t, a, "^--- PASS: TestA (0.00s)\n")
						wantA = []string{"run", "=== RUN   TestA\n--- PASS: TestA (0.00s)\n" + half, "pass", "x\n"}
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
					says(t, a, "^=== NAME  TestA\nx\n^=== NAME  \n")
					a.End()
					b.End()
					got, _ := framingtest.Histories(framingtest.Convert(t, out.Bytes()))
					for i, want := range wantA {
						if i%2 == 1 {
							wantA[i] = fmt.Sprintf("%q", want)
						}
					}
					if !slices.Equal(got["TestA"], wantA) {
						t.Errorf("TestA:\n%s", framingtest.Difference(got["TestA"], wantA))
					}
					if want := []string{"run", fmt.Sprintf("%q", wantB)}; !slices.Equal(got["TestB"], want) {
						t.Errorf("TestB:\n%s", framingtest.Difference(got["TestB"], want))
					}
				})
			}
		}
	}
}

// TestMergeLongNames has framing lines of about the maximum length for test2json.
func TestMergeLongNames(t *testing.T) {
	for length := framing.MaxLine - 6; length < framing.MaxLine+3; length++ {
		for _, suffix := range []string{"", "@g"} {
			for _, end := range []string{"\n", "^--- PASS: TestA\n"} {
				t.Run(fmt.Sprintf("%d%s %q", length, suffix, end), func(t *testing.T) {
					const start = "^=== RUN   TestA/"
					said := "^=== RUN   TestA\n" + start + strings.Repeat("n", length-len(start)) + end + "x\n^=== NAME  \n"
					var out bytes.Buffer
					merge := NewMerge(&out)
					runs := 0
					p := merge.Process(Options{Suffix: suffix, Observe: func(c Change) {
						if c.Action == "run" {
							runs++
						}
					}})
					says(t, p, said)
					p.End()
					got, _ := framingtest.Histories(framingtest.Convert(t, out.Bytes()))
					if len(got) != runs {
						t.Errorf("%d tests started, but test2json reports %d", runs, len(got))
					}
					if suffix != "" {
						return
					}
					if want, _ := framingtest.Histories(framingtest.Convert(t, []byte(strings.ReplaceAll(said, "^", "\x16")))); len(got) != len(want) {
						t.Errorf("%d tests, alone %d", len(got), len(want))
					}
				})
			}
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
