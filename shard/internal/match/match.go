// Package match finds out whether a test is one of those that a pattern of the configuration
// file names, such as store.TestImport*.
package match

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pattern names tests.
type Pattern struct {
	text     string
	pkg      *regexp.Regexp // nil for all packages
	test     *regexp.Regexp
	subtests bool
}

// kinds are what the names of tests begin with. The last one is for patterns.
var kinds = []string{"Test", "Fuzz", "Example", "*"}

// Parse parses a pattern: the end of an import path, a dot and the name of a test with those of
// subtests behind slashes. Without a path, the tests of all packages are meant. A star stands
// for any characters but a slash, and in the path three dots stand for any characters. An error
// does not repeat the text.
func Parse(text string) (Pattern, error) {
	pkg, test := cut(text)
	switch top, _, _ := strings.Cut(test, "/"); {
	case text == "":
		return Pattern{}, errors.New("this names no test: write one such as TestImport*, store.TestImport* or store.*")
	case !utf8.ValidString(text):
		return Pattern{}, errors.New("this is not in UTF-8")
	case strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../"):
		return Pattern{}, errors.New("this begins with a relative path: write the end of the package's import path, such as store.TestImport*")
	case test == "":
		return Pattern{}, fmt.Errorf("this names a package, but not a test: write %s.* for all of its tests", strings.TrimRight(text, "./"))
	case strings.Contains(top, "."):
		return Pattern{}, errors.New("this has a dot in the name of a test: write the package before the test, such as store.TestImport*")
	case strings.HasPrefix(pkg, "/") || strings.Contains(pkg+"/", "//") || strings.Contains(test+"/", "//"):
		return Pattern{}, errors.New("this has a slash without a name beside it: write one such as store.TestImport/case*")
	}
	p := Pattern{text: text, subtests: strings.Contains(test, "/")}
	if pkg != "" {
		p.pkg = regexp.MustCompile(`(?s)^(?:.*/)?` + expression(pkg) + `$`)
	}
	p.test = regexp.MustCompile(`(?s)^` + strings.ReplaceAll(regexp.QuoteMeta(rewrite(test)), `\*`, `[^/]*`) + `(?:/.*)?$`)
	return p, nil
}

// cut returns the package and the test of a pattern. A test begins with one of kinds, after
// which there may be a dot in the names of its subtests.
func cut(text string) (pkg, test string) {
	for _, kind := range kinds[:len(kinds)-1] {
		if strings.HasPrefix(text, kind) {
			return "", text
		}
	}
	for at := range len(text) {
		for _, kind := range kinds {
			if text[at] == '.' && strings.HasPrefix(text[at+1:], kind) {
				return text[:at], text[at+1:]
			}
		}
	}
	if strings.HasPrefix(text, "*") {
		return "", text
	}
	return text, ""
}

// expression returns a regular expression for the end of an import path.
func expression(pkg string) string {
	quoted := strings.ReplaceAll(regexp.QuoteMeta(pkg), `\*`, `[^/]*`)
	if within, ok := strings.CutSuffix(quoted, `/\.\.\.`); ok { // the package itself too, as for the go command
		quoted = within + `(?:/.*)?`
	}
	return strings.ReplaceAll(quoted, `\.\.\.`, `.*`)
}

// rewrite returns names as package testing shows them.
func rewrite(test string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return '_'
		}
		return r
	}, test)
}

// Matches reports whether the pattern names a test, or a test of which it is a subtest.
func (p Pattern) Matches(pkg, test string) bool {
	return p.test != nil && p.test.MatchString(test) && p.In(pkg)
}

// In reports whether the pattern may name tests of a package.
func (p Pattern) In(pkg string) bool { return p.pkg == nil || p.pkg.MatchString(pkg) }

// Subtests reports whether the pattern names subtests, and not whole tests.
func (p Pattern) Subtests() bool { return p.subtests }

// String returns the text of the pattern.
func (p Pattern) String() string { return p.text }
