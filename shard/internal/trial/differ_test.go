package trial

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// runOf returns a run of the package p from words such as "TestA:failed", or "FAIL" if the whole
// package failed.
func runOf(words string) ran {
	p := &ranPackage{tests: map[string]status{}, processes: 1}
	for word := range strings.FieldsSeq(words) {
		test, of, _ := strings.Cut(word, ":")
		if word == "FAIL" {
			p.failed = true
		} else {
			p.tests[test] = status(of)
		}
	}
	return ran{"p": p}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name, whole string
		splits      []string
		want        string
	}{
		{"all pass", "A:passed", []string{"A:passed", "A:passed"}, ""},
		{"it fails only when split", "A:passed", []string{"A:passed", "A:failed FAIL", "A:failed FAIL"}, "A failed from 1 in 2"},
		{"it fails in both ways", "A:failed FAIL", []string{"A:failed FAIL", "A:passed"}, "fails A too"},
		{"it fails only whole", "A:failed FAIL", []string{"A:passed", "A:passed"}, "fails A"},
		{"it is skipped only when split", "A:passed", []string{"A:passed", "A:skipped"}, "A skipped from 1 in 1"},
		{"it is skipped only whole", "A:skipped", []string{"A:passed", "A:passed"}, ""},
		{"it fails where it was skipped", "A:skipped", []string{"A:failed FAIL"}, "A failed from 0 in 1"},
		{"it is gone", "A:passed B:passed", []string{"B:passed", "A:passed B:passed"}, "A did not run from 0 in 1"},
		{"the worst counts", "A:passed", []string{"A:skipped", "", "A:failed FAIL", "A:failed FAIL"}, "A failed from 2 in 2"},
		{"its process failed outside it", "A:passed", []string{split.OutsideTests + ":failed FAIL"}, split.OutsideTests + " failed from 0 in 1"},
		{"the process ended before", "A:failed FAIL", []string{"A:failed B:passed C:failed FAIL"}, "fails A too, 2 unseen"},
		{"its failures do not count", "Ignored:passed", []string{"Ignored:failed FAIL"}, ""},
		{"the package is gone", "A:passed", []string{"-"}, ""},
	} {
		var splits []ran
		for _, words := range c.splits {
			r := runOf(words)
			if words == "-" {
				r = ran{}
			}
			splits = append(splits, r)
		}
		differences, before := compare(runOf(c.whole), splits, func(_, test string) bool { return test == "Ignored" })
		var got []string
		for _, d := range differences {
			got = append(got, fmt.Sprintf("%s %s from %d in %d", d.test, d.when, d.first, d.runs))
		}
		for _, f := range before["p"].fails {
			got = append(got, "fails "+f.test+map[bool]string{true: " too"}[f.too])
		}
		if n := before["p"].unseen; n > 0 {
			got = append(got, fmt.Sprint(n, " unseen"))
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %q, want %q", c.name, text, c.want)
		}
	}
}
