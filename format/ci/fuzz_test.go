package ci

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
)

// The tests in this file read the log as the CIs do. They find exactly the commands that
// were intended, with their values.

func seeds(f *testing.F) {
	for _, line := range hostileLines {
		f.Add(line)
	}
	f.Add(strings.Join(hostileLines, "\n"))
	f.Add(strings.Join(hostileLines, "\r"))
}

// logs returns the recorded standard output and standard error.
func logs(p Provider, text string) (out, err string) {
	var a, b bytes.Buffer
	play(NewLog(p, &a, &b), text)
	return a.String(), b.String()
}

type command struct {
	name       string
	properties map[string]string
	data       string
}

// parseGitHub does the same as ActionCommand.TryParseV2 and TryParse of actions/runner, but
// accepts any name for a command.
func parseGitHub(log string) []command {
	var found []command
	unescape := func(text string, pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
		}
		return text
	}
	for _, line := range regexp.MustCompile("\r\n|\r|\n").Split(log, -1) {
		if strings.Contains(unseen(line), "##[") {
			found = append(found, command{name: "old style: " + line})
			continue
		}
		trimmed := strings.TrimLeftFunc(line, unicode.IsSpace)
		if !strings.HasPrefix(unseen(trimmed), "::") {
			continue
		}
		head, data, ok := strings.Cut(strings.TrimPrefix(trimmed, "::"), "::")
		if !ok {
			found = append(found, command{name: "half: " + line})
			continue
		}
		name, properties, _ := strings.Cut(head, " ")
		c := command{name: name, properties: map[string]string{}, data: unescape(data, "%0D", "\r", "%0A", "\n", "%25", "%")}
		for property := range strings.SplitSeq(properties, ",") {
			if key, value, ok := strings.Cut(property, "="); ok {
				c.properties[key] = unescape(value, "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
			}
		}
		found = append(found, c)
	}
	return found
}

// unseen returns text without the characters that a CI ignores when it compares texts. Then
// it trims the white space that remains at the start.
func unseen(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Cc, unicode.Other_Default_Ignorable_Code_Point) {
			return -1
		}
		return r
	}, text)
	return strings.TrimLeftFunc(text, unicode.IsSpace)
}

func names(commands []command) []string {
	var all []string
	for _, c := range commands {
		all = append(all, c.name)
	}
	return all
}

func FuzzGitHub(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		out, err := logs(GitHub, text)
		if found := parseGitHub(err); len(found) > 0 {
			t.Fatalf("found commands on standard error: %q", found)
		}
		found := parseGitHub(out)
		want := []string{"group", "endgroup", "group", "endgroup", "error", "warning"}
		if !slices.Equal(names(found), want) {
			t.Fatalf("found %q, want %q", found, want)
		}
		e := found[4]
		if e.properties["line"] != "3" || e.properties["col"] != "4" || len(e.properties) != 4 {
			t.Errorf("got %q, want the line 3, the column 4 and four properties", e)
		}
		plain := squeeze(withoutColours(text))
		if got, want := squeeze(e.properties["file"]), squeeze("dir/a,b:c")+plain; got != want {
			t.Errorf("file %q, want %q", got, want)
		}
		title := e.properties["title"]
		if got, want := squeeze(title), squeeze("title, of: it")+plain; len(title) < longestTitle-10 && got != want {
			t.Errorf("title %q, want %q", got, want)
		}
		if got, want := squeeze(e.data), plain+plain; len(e.data) < longestMessage-10 && want != "" && got != want {
			t.Errorf("message %q, want %q", got, want)
		}
		if len(e.data) > longestMessage || len(e.properties["title"]) > longestTitle {
			t.Error("the title or the message is too long")
		}
	})
}

// squeeze removes white space, because neutral inserts spaces.
func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

func FuzzGitLab(f *testing.F) {
	seeds(f)
	marker := regexp.MustCompile(`section_(start|end):\d+:([a-zA-Z0-9_.-]+)(\[[^\]]*\])?\r\x1b\[0K`)
	f.Fuzz(func(t *testing.T, text string) {
		out, err := logs(GitLab, text)
		var found []string
		for _, match := range marker.FindAllStringSubmatch(out+err, -1) {
			found = append(found, match[1]+match[2][len(match[2])-2:]+match[3])
		}
		if want := []string{"start_1[collapsed=true]", "end_1", "start_2[collapsed=true]", "end_2"}; !slices.Equal(found, want) {
			t.Errorf("found %q, want %q", found, want)
		}
		if n := strings.Count(out+err, "\r"); n != 4 {
			t.Errorf("%d carriage returns, want 4", n)
		}
		for i := range len(out) {
			if out[i] == 0x1b && colourLength(out[i:]) == 0 && !strings.HasPrefix(out[i:], "\x1b[0K") {
				t.Errorf("found an escape sequence: %q", out[i:min(len(out), i+10)])
			}
		}
		if n := strings.Count(out, "\x1b[0K"); n != 8 {
			t.Errorf("%d sequences clear a line, want 8", n)
		}
	})
}

func FuzzBuildkite(f *testing.F) {
	seeds(f)
	colours := regexp.MustCompile(`\x1b\[([;\d]+)?[mK]`)
	header := regexp.MustCompile(`^(?:(?:---|\+\+\+|~~~)\s|\^\^\^\s+\+\+\+\s*$)`)
	f.Fuzz(func(t *testing.T, text string) {
		out, err := logs(Buildkite, text)
		var found []string
		for _, line := range regexp.MustCompile("\r\n|\r|\n").Split(out+err, -1) {
			if line = colours.ReplaceAllString(line, ""); header.MatchString(line) {
				found = append(found, line)
			}
		}
		for i, prefix := range []string{"--- [gw0] FAIL p.Test", "^^^ +++", "--- Tests", "--- second", "+++ Summary"} {
			if !strings.ContainsFunc(text, func(r rune) bool { return r != '\r' && r != '\n' }) {
				return // there may be no line between the sections
			}
			if i >= len(found) || !strings.HasPrefix(found[i], prefix) {
				t.Fatalf("found %q, want %q at index %d", found, prefix, i)
			}
		}
		if len(found) != 5 {
			t.Errorf("found %q, want 5 lines", found)
		}
	})
}

// parseTeamCity reads service messages as described in TeamCity's documentation.
func parseTeamCity(log string) ([]command, error) {
	var found []command
	for line := range strings.SplitSeq(log, "\n") {
		_, after, ok := strings.Cut(line, "##teamcity[")
		if !ok {
			continue
		}
		rest := after
		j := strings.IndexAny(rest, " ]")
		if j < 0 {
			return nil, fmt.Errorf("%q has no end", line)
		}
		c := command{name: rest[:j], properties: map[string]string{}}
		for rest = rest[j:]; rest != "]"; {
			match := regexp.MustCompile(`^ (\w+)='((?:[^|'\[\]\r]|\|.)*)'`).FindStringSubmatch(rest)
			if match == nil {
				return nil, fmt.Errorf("%q continues with %q", line, rest)
			}
			value, err := unescapeTeamCity(match[2])
			if err != nil {
				return nil, err
			}
			c.properties[match[1]] = value
			rest = rest[len(match[0]):]
		}
		found = append(found, c)
	}
	return found, nil
}

func unescapeTeamCity(text string) (string, error) {
	var units []uint16
	for i := 0; i < len(text); i++ {
		if text[i] != '|' {
			if text[i] >= 0x80 {
				return "", fmt.Errorf("%q is not ASCII", text)
			}
			units = append(units, uint16(text[i]))
			continue
		}
		i++
		switch text[i] {
		case 'n':
			units = append(units, '\n')
		case 'r':
			units = append(units, '\r')
		case '|', '\'', '[', ']':
			units = append(units, uint16(text[i]))
		case '0':
			if len(text) < i+6 {
				return "", fmt.Errorf("half a code in %q", text)
			}
			n, err := strconv.ParseUint(text[i+2:i+6], 16, 16)
			if err != nil {
				return "", err
			}
			units = append(units, uint16(n))
			i += 5
		default:
			return "", fmt.Errorf("|%c in %q", text[i], text)
		}
	}
	return string(utf16.Decode(units)), nil
}

func FuzzTeamCity(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		out, errOut := logs(TeamCity, text)
		found, err := parseTeamCity(out + errOut)
		if err != nil {
			t.Fatal(err)
		}
		// A suite and a test each need a name, so the shortest text is not enough.
		if len(found) < 11 {
			t.Fatalf("%d messages, want at least 11: %q", len(found), names(found))
		}
		open := map[string][]string{} // suites and tests by flow
		for i, c := range found {
			flow, name := c.properties["flowId"], c.properties["name"]
			switch c.name {
			case "testRetrySupport":
				if i != 0 {
					t.Error("testRetrySupport is not the first message")
				}
			case "testSuiteStarted", "testStarted":
				open[flow] = append(open[flow], name)
			case "testSuiteFinished", "testFinished":
				last := len(open[flow]) - 1
				if last < 0 || open[flow][last] != name {
					t.Fatalf("%q ends, but open are %q", name, open[flow])
				}
				open[flow] = open[flow][:last]
			case "testFailed", "testIgnored", "testStdOut":
				if len(open[flow]) != 2 || open[flow][1] != name {
					t.Fatalf("%q is not open in %q", name, open[flow])
				}
				if want := teamCityText(text); c.name == "testFailed" && c.properties["details"] != want {
					t.Errorf("details %q, want %q", c.properties["details"], want)
				}
			case "buildProblem":
				if want := teamCityText(strings.TrimSpace(withoutColours(text))); len(want) < 1000 && c.properties["description"] != want {
					t.Errorf("description %q, want %q", c.properties["description"], want)
				}
			default:
				t.Errorf("%q is not a message that Messages writes", c.name)
			}
		}
		for flow, names := range open {
			if len(names) > 0 {
				t.Errorf("flow %q: %q did not end", flow, names)
			}
		}
	})
}

// teamCityText returns text as the value of a message contains it.
func teamCityText(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return picture(r)
	}, withoutColours(text))
}

// Applying neutral a second time does not change a line, and the result has no command.
func FuzzNeutral(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, line string) {
		line, _, _ = strings.Cut(newlines(line), "\n")
		for _, p := range providers {
			once := neutral(p, line)
			if twice := neutral(p, once); twice != once {
				t.Errorf("%s: %q becomes %q, then %q", p, line, once, twice)
			}
			if strings.Contains(unseen(once), "##[") || strings.Contains(once, "##teamcity[") || strings.Contains(once, "##vso[") {
				t.Errorf("%s: %q becomes %q, which has a command", p, line, once)
			}
		}
		var out bytes.Buffer
		_, _ = io.WriteString(NewJSON(&out), line)
		if strings.Contains(unseen(out.String()), "##[") {
			t.Errorf("JSON: %q becomes %q, which has a command", line, out.String())
		}
	})
}
