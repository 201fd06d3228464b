package plain

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	known := strings.Fields("loadscope loadfile loadgroup load worksteal each no testname testdox pkgname junitfile junitfile-style")
	for word, want := range map[string]string{
		"lod":        "load",
		"laod":       "load",
		"loadscop":   "loadscope",
		"testnam":    "testname",
		"tetsname":   "testname",
		"junit":      "junitfile",
		"worksteel":  "worksteal",
		"pkg-name":   "pkgname",
		"eech":       "each",
		"on":         "no",
		"fair":       "",
		"quick":      "",
		"":           "",
		"t":          "",
		"standard-v": "",
		"foo":        "",

		strings.Repeat("x", 10<<20): "",
	} {
		if want != "" {
			want = "did you mean " + want + "? "
		}
		if got := Suggest(word, known); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"grup", "group", 1}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"é", "e", 1},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q and %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
