package text

import (
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

func TestBeforeMarker(t *testing.T) {
	for _, test := range []struct {
		text    string
		want    int
		escapes bool
	}{
		{"", 0, false},
		{"x", 1, false},
		{strings.Repeat("x", framing.MaxLine), framing.MaxLine - 1, false},
		{strings.Repeat("x", 3*framing.MaxLine), 3*framing.MaxLine - 1, false},
		{strings.Repeat("x", framing.MaxLine-3) + "€", framing.MaxLine - 3, false},
		{strings.Repeat("x", framing.MaxLine-2) + "€", framing.MaxLine + 1, false},
		{"BenchmarkX\t", 10, false},
		{"Benchmark  \t", 11, false},
		{"BenchmarkX\t1\t", 13, false},
		{"BenchmarkX\t" + strings.Repeat("x", framing.MaxLine), 10 + framing.MaxLine, false},
		{"BenchmarkX\t" + strings.Repeat("x", framing.MaxLine-11), framing.MaxLine, false},
		{strings.Repeat("x", framing.MaxLine-2) + "\x1bm", framing.MaxLine - 2, true},
		{strings.Repeat("x", framing.MaxLine-2) + "\x1bm", framing.MaxLine - 1, false},
		{strings.Repeat("x", framing.MaxLine-2) + "\x1b\x1b", framing.MaxLine - 2, true},
		{strings.Repeat("x", framing.MaxLine-3) + "\x1b\x1bm", framing.MaxLine - 1, true},
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
