package option

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/config"
)

// The tables of a kind are in the order of the file, and know where they are.
func TestTables(t *testing.T) {
	clearEnv(t)
	inModule(t, "workers = 2\n[[test]]\nmatch = 'a.TestX*'\nserial = true\n\n[[test]]\nmatch = 'TestY'\ntimeout = '2m'\n[profile.x]\nmax-fails = 3\n[[group]]\nname = 'a'\n[[group]]\nname='db'\nmax-workers = 3\nmachine = true")
	for _, args := range []string{"", "--profile x"} {
		rules := parse(t, strings.Fields(args)...).Tests
		if len(rules) != 2 || !rules[0].Match.Matches("m/a", "TestXY") || rules[0].Timeout != unset || rules[0].Place != config.Name+":2:3" ||
			rules[1].Match.String() != "TestY" || rules[1].Timeout != 2*time.Minute {
			t.Errorf("%s: got %+v", args, rules)
		}
		tables := parse(t, strings.Fields(args)...).Tables
		if limits := tables.GroupLimits(); len(limits) != 2 || limits["a"] != 1 || limits["db"] != 3 || tables.Groups[0].Machine || !tables.Groups[1].Machine {
			t.Errorf("got %+v", tables.Groups)
		}
	}
	none := parse(t, "--no-config")
	if len(none.Tests) > 0 || none.OnlyWithWorkers() != "" {
		t.Errorf("got %+v", none.Tests)
	}
	all := parse(t)
	if got := all.OnlyWithWorkers(); got != "serial and timeout of [[test]] and [[group]]" {
		t.Errorf("got %s", got)
	}
	l, err := ParseLast([]string{"--failed"}, thisCall())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := l.Last.Again(nil, thisCall()); err != nil || len(again.Tests) != 2 {
		t.Errorf("got %+v, %v", again.Tests, err)
	}
	var out bytes.Buffer
	if err := RunConfig(nil, thisCall(), &out); err != nil || !strings.HasSuffix(out.String(), "\n[[test]] # .gotestshard.toml:6\nmatch = \"TestY\"\ntimeout = \"2m\"\n\n[[group]] # .gotestshard.toml:11\nname = \"a\"\n\n[[group]] # .gotestshard.toml:13\nname = \"db\"\nmax-workers = 3\nmachine = true\n") {
		t.Errorf("%v, %s", err, out.String())
	}
}

func TestTableErrors(t *testing.T) {
	clearEnv(t)
	for text, want := range map[string]string{
		"test = 1":                  "1:1: test: this is a whole number: write a table for each, [[test]] with two brackets",
		"[test]\nmatch = 'TestX'":   "1:2: test: this is a table: write a table for each",
		"test = ['x']":              "1:9: test: this is a text: write a table, [[test]]",
		"tset = []":                 `1:1: "tset" is not a key: did you mean test?`,
		"[[test]]":                  `1:3: test: this table has no match: add one, such as match = "store.TestImport*"`,
		"[[test]]\nmatch = 'x'":     `2:1: match: "x": this names a package, but not a test: write x.*`,
		"[[test]]\nmatch = 'TestX'": "1:3: test: this table asks for nothing: add timeout, slow, retries, group or serial",
		"[[test]]\nmatch = 'TestX'\nserial = false":                                      "1:3: test: this table asks for nothing",
		"[[test]]\nmatch = ['x']":                                                        `2:1: match: this is a list: write a text, such as "x"`,
		"[[test]]\nmatch = 'TestX/a'":                                                    `2:1: match: "TestX/a" names subtests`,
		"[[test]]\nmacth = 'TestX'":                                                      `2:1: "macth" is not a key of [[test]]: did you mean match? write one of match, `,
		"[[test]]\nmatch = 'TestX'\ngroup = 'a b'":                                       `3:1: group: "a b" has a blank`,
		"[[test]]\nmatch = 'TestX'\nserial = 1":                                          `3:1: serial: this is a whole number: write true or false`,
		"[[group]]":                                                                      `1:3: group: this table has no name: add one, such as name = "db"`,
		"[[group]]\nname = 'a b'":                                                        `2:1: name: "a b" is not the name of a group`,
		"[[group]]\nname = 'a'\nmax-workers=0":                                           `3:1: max-workers: 0 would be never: write 1`,
		"[[group]]\nname = 'a'\n[[group]]\nname = 'a'":                                   `3:3: group: the group "a" is there already, at .gotestshard.toml:1:3`,
		"[profile.a]\n[[profile.a.test]]\nmatch = 'TestX'":                               "2:13: [[test]] cannot be in a profile, it is for all of them: write it outside, as [[test]]",
		"[[test]]\nmatch = 'TestX'\ntimeout = '-1ns'":                                    `3:1: timeout: -1ns is negative: write a text with a unit`,
		"[[test]]\nmatch = 'TestX'\nslow = '0s'\n[[test]]\nmatch = 'TestX'\ntimeout = 5": `6:1: timeout: this is a whole number: write a text with a unit`,
	} {
		inModule(t, text)
		if _, err := Parse(nil, thisCall()); err == nil || !strings.HasPrefix(err.Error(), config.Name+":"+want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// docs/config.md describes the keys of all tables.
func TestDocumentDescribesTheTables(t *testing.T) {
	text := document(t, "docs/config.md")
	for _, kind := range (&Tables{}).list() {
		_, section, ok := strings.Cut(text, "### `[["+kind.name+"]]`")
		section, _, _ = strings.Cut(section, "\n#")
		for _, row := range kind.add().keys() {
			if !ok || !strings.Contains(section, "\n| `"+row.name+"` |") {
				t.Errorf("docs/config.md has no row of %s in a section of [[%s]]", row.name, kind.name)
			}
			if row.help == "" || row.example == "" {
				t.Errorf("%s of [[%s]] needs a help and an example", row.name, kind.name)
			}
		}
		if n := len(regexp.MustCompile("\n\\| `").FindAllString(section, -1)); n != len(kind.add().keys()) {
			t.Errorf("docs/config.md has %d keys of [[%s]]", n, kind.name)
		}
	}
}

// The tables of any file are read, or there is an error with a place.
func FuzzTables(f *testing.F) {
	for _, seed := range []string{"[[test]]\nmatch = 'a.TestX*'\ntimeout = '2m'", "[[group]]\nname = 'db'\nmax-workers = 2\n[[group]]\nname = 'db'", "test = [{match = 'TestX'}, 1]", "[test]", "[[test.x]]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := config.Parse("c.toml", []byte(text))
		if err != nil {
			return
		}
		var tables Tables
		if err := readTables(file, &tables); err != nil && !regexp.MustCompile(`^c\.toml:\d+:\d+: `).MatchString(err.Error()) {
			t.Error(err)
		}
		for _, rule := range tables.Tests {
			rule.Match.Matches("m/p", "TestX")
		}
	})
}
