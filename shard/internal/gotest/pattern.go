package gotest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// NamesPattern returns a -run or -skip pattern that matches exactly the names at one level.
// One pattern with sorted names is fast to match; alternatives between patterns are not.
func NamesPattern(names []string) string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, regexp.QuoteMeta(name))
	}
	slices.Sort(quoted)
	quoted = slices.Compact(quoted)
	if len(quoted) == 1 {
		return "^" + quoted[0] + "$"
	}
	return "^(" + strings.Join(quoted, "|") + ")$"
}

// level is the part of a -run or -skip for one level of a test's name.
type level struct {
	written string
	regexp  *regexp.Regexp
}

// pattern is a -run or -skip: alternatives, each of them levels. It follows the rules of
// testing/match.go, where an alternative is a simpleMatch.
type pattern [][]level

func parsePattern(written string) (pattern, error) {
	var parsed pattern
	for _, alternative := range splitPattern(written) {
		var levels []level
		for _, part := range alternative {
			compiled, err := regexp.Compile(rewrite(part))
			if err != nil {
				return nil, err
			}
			levels = append(levels, level{written: part, regexp: compiled})
		}
		parsed = append(parsed, levels)
	}
	return parsed, nil
}

// splitPattern splits at each | and / outside brackets, like splitRegexp of
// testing/match.go.
func splitPattern(s string) [][]string {
	var alternatives [][]string
	var levels []string
	start, square, round := 0, 0, 0
	for i := 0; i < len(s); i++ {
		split := square == 0 && round == 0
		switch c := s[i]; {
		case c == '[':
			square++
		case c == ']':
			square = max(0, square-1) // an unmatched ] is legal
		case c == '(' && square == 0:
			round++
		case c == ')' && square == 0:
			round--
		case c == '\\':
			i++
		case c == '/' && split:
			levels = append(levels, s[start:i])
			start = i + 1
		case c == '|' && split:
			alternatives = append(alternatives, append(levels, s[start:i]))
			levels, start = nil, i+1
		}
	}
	return append(alternatives, append(levels, s[start:]))
}

// matchRoot reports whether the pattern matches a top-level test, and whether it selects
// more than that level (partial), as alternationMatch.matches does: the first matching
// alternative decides.
func (p pattern) matchRoot(root string) (matches, partial bool) {
	for _, alternative := range p {
		if alternative[0].regexp.MatchString(root) {
			return true, len(alternative) > 1
		}
	}
	return false, false
}

// hasLevels reports whether the pattern selects subtests.
func (p pattern) hasLevels() bool {
	return slices.ContainsFunc(p, func(alternative []level) bool { return len(alternative) > 1 })
}

// below returns the part of an alternative for subtests, with a leading slash, or "".
func below(alternative []level) string {
	var text strings.Builder
	for _, level := range alternative[1:] {
		text.WriteString("/" + level.written)
	}
	return text.String()
}

// rewrite does what package testing does to subtest names and patterns (testing/match.go).
func rewrite(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case isSpace(r):
			b.WriteByte('_')
		case !strconv.IsPrint(r):
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isSpace is the function of that name in testing/match.go, which differs from Unicode's Z.
func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
		return true
	}
	return r >= 0x2000 && r <= 0x200a
}
