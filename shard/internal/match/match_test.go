package match

import (
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, pkg, name string
		want               bool
	}{
		{"TestImport", "m/store", "TestImport", true},
		{"TestImport", "m/store", "TestImport/a.b/c", true},
		{"TestImport", "m/store", "TestImports", false},
		{"store.TestImport*", "example.com/m/store", "TestImports", true},
		{"store.TestImport*", "store", "TestImport/x", true},
		{"store.TestImport*", "m/restore", "TestImport", false},
		{"store.TestImport*", "m/store/sub", "TestImport", false},
		{"m/store.*", "example.com/m/store", "ExampleX", true},
		{"m/store.*", "example.com/store", "TestX", false},
		{"store/....Test*", "m/store", "TestX", true},
		{"store/....Test*", "m/store/a/b", "TestX", true},
		{"store/....Test*", "m/stores/a", "TestX", false},
		{"m/.../sql.FuzzX", "m/a/b/sql", "FuzzX", true},
		{"m/*/sql.FuzzX", "m/a/b/sql", "FuzzX", false},
		{"m/*/sql.FuzzX", "m/a/sql", "FuzzX", true},
		{"gopkg.in/yaml.v3.TestX", "gopkg.in/yaml.v3", "TestX", true},
		{"gopkg.in/yaml.v3.TestX", "gopkg.in/yamlxv3", "TestX", false},
		{"*", "m", "ExampleX", true},
		{"*Import*", "m", "TestImports", true},
		{"*.TestX", "m", "TestX", true},
		{"TestX/a*", "m", "TestX/ab/c", true},
		{"TestX/a*", "m", "TestX", false},
		{"TestX/a*", "m", "TestX/b/a", false},
		{"TestX/a b", "m", "TestX/a_b", true},
		{"store.TestX/a.Test1", "m/store", "TestX/a.Test1", true},
		{"TestX/a+(b)", "m", "TestX/a+(b)", true},
		{"TestX*", "m", "TestX/\xff\n", true},
	} {
		p, err := Parse(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Matches(test.pkg, test.name); got != test.want {
			t.Errorf("%s, %s %s: %v", test.pattern, test.pkg, test.name, got)
		}
	}
	for pattern, want := range map[string]bool{"a/b.TestX": false, "a/b.TestX/c": true, "TestX/*": true} {
		if p, err := Parse(pattern); err != nil || p.Subtests() != want || p.String() != pattern {
			t.Errorf("%s: %v, %v", pattern, p.Subtests(), err)
		}
	}
	if p, err := Parse("a/b.TestX"); err != nil || !p.In("m/a/b") || p.In("m/b") {
		t.Error("In is wrong")
	}
	if (Pattern{}).Matches("m", "TestX") {
		t.Error("a pattern without a text matches")
	}
}

func TestParseErrors(t *testing.T) {
	for pattern, want := range map[string]string{
		"":               "this names no test",
		"store":          `this names a package, but not a test: write store.* for all of its tests`,
		"m/store/...":    "write m/store.*",
		"store.":         "write store.*",
		"./store.TestX":  "begins with a relative path",
		"TestX.*":        "has a dot in the name of a test",
		"TestX/":         "has a slash without a name beside it",
		"a//b.TestX":     "has a slash without a name beside it",
		"/store.TestX":   "has a slash without a name beside it",
		"TestX/\xff":     "this is not in UTF-8",
		"store.testX":    "names a package, but not a test",
		"store/.TestX/a": "has a slash without a name beside it",
	} {
		if _, err := Parse(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", pattern, err, want)
		}
	}
}

// A pattern that is accepted has a regular expression. A pattern without wildcards matches what it says.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"store.TestImport*", "a/....*", "TestX/a.b", "gopkg.in/yaml.v3.TestX", `\E.Test[`, "*"} {
		f.Add(seed, "m/store", "TestImport/x")
	}
	f.Fuzz(func(t *testing.T, text, pkg, test string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		p.Matches(pkg, test)
		own, name := cut(text)
		if strings.ContainsRune(text, '*') || strings.Contains(own, "...") {
			return
		}
		if name = rewrite(name); !p.Matches(own, name) || !p.Matches("m/"+own, name+"/x") || p.Matches(own, "x"+name) || own != "" && p.Matches("x"+own, name) {
			t.Errorf("%q, %q", own, name)
		}
	})
}
