package option

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/gotestshard/gotestshard/shard/internal/match"
)

// Tables are what the configuration file has under headings such as [[test]], each of which can
// be there several times. They hold for all profiles.
type Tables struct {
	Tests  []TestRule
	Groups []GroupRule
	Flaky  []FlakyRule
}

// TestRule is a [[test]] of the configuration file: what holds for the tests that it names.
type TestRule struct {
	Place
	Match matchValue
	// Timeout is how long a test may run, 0 for any time, unset if the table has none.
	Timeout time.Duration
	// Slow is after how long a running test is reported as slow, unset if the table has none.
	Slow time.Duration
	// Group is the group of the test, as that of //gotestshard:group; empty if the table has none.
	Group string
	// Retries is how often the test runs again if it fails, unset if the table has none.
	Retries int
	// Serial is whether nothing else may run at the same time, as with //gotestshard:serial.
	Serial bool
}

// GroupRule is a [[group]] of the configuration file.
type GroupRule struct {
	Place
	Name string
	// MaxWorkers is how many processes may run tests of the group at the same time.
	MaxWorkers int
	// Machine is whether that holds for all runs of the user on the machine.
	Machine bool
}

// Retries returns how often a test may run again if it fails; general is for tests without a table.
func (t Tables) Retries(pkg, test string, general int) int {
	for _, rule := range t.Tests {
		if rule.Retries != unset && rule.Match.Matches(pkg, test) {
			return rule.Retries
		}
	}
	return general
}

// mostRetries is how often any test may run again.
func (t Tables) mostRetries(general int) int {
	for _, rule := range t.Tests {
		general = max(general, rule.Retries)
	}
	return general
}

// GroupLimits returns how many processes may run tests of a group at the same time, by group.
func (t Tables) GroupLimits() map[string]int {
	limits := map[string]int{}
	for _, group := range t.Groups {
		limits[group.Name] = group.MaxWorkers
	}
	return limits
}

// list returns every kind of table.
func (t *Tables) list() []tableKind {
	return []tableKind{
		{name: "test", help: "what holds for the tests that match", add: func() table {
			return added(&t.Tests, TestRule{Timeout: unset, Slow: unset, Retries: unset})
		}},
		{name: "group", help: "how many tests of a group run at the same time", add: func() table {
			return added(&t.Groups, GroupRule{MaxWorkers: 1})
		}},
		{name: "flaky", help: "tests whose failures do not fail the run, until a day", add: func() table {
			return added(&t.Flaky, FlakyRule{})
		}},
	}
}

func (t *TestRule) keys() []flag {
	return []flag{
		{name: "match", to: &t.Match, required: true, example: `"store.TestImport*"`,
			help: "the tests that are meant: the end of an import path, a dot and a test, with * for any characters; without a path, tests of all packages"},
		{name: "timeout", to: &t.Timeout, example: `"2m"`, help: "end such a test after this time, 0s for never; it has precedence over --test-timeout"},
		{name: "slow", to: &t.Slow, example: `"30s"`, help: "print a line when such a test has been running for so long, with workers; 0s for never"},
		{name: "retries", to: &t.Retries, example: `2`, help: "how often such a test runs again if it fails, with workers; it has precedence over --rerun-fails"},
		{name: "group", to: &t.Group, example: `"db"`, help: "the group of such a test, as with //gotestshard:group; it has precedence over that"},
		{name: "serial", to: &t.Serial, example: `true`, help: "nothing else may run at the same time as such a test, as with //gotestshard:serial"},
	}
}

func (t *TestRule) check() (key string, err error) {
	if strings.ContainsFunc(t.Group, unicode.IsSpace) {
		return "group", fmt.Errorf("%q has a blank: write one word, as after //gotestshard:group", t.Group)
	}
	if t.Match.Subtests() {
		return "match", fmt.Errorf("%q names subtests, and this table is for whole tests: leave out the slash and what follows it", t.Match)
	}
	if len(t.asks()) == 0 {
		return "", errors.New("test: this table asks for nothing: add timeout, slow, retries, group or serial")
	}
	return "", nil
}

// asks returns the keys with values that make a difference.
func (t *TestRule) asks() (keys []string) {
	for _, key := range []struct {
		name  string
		given bool
	}{{"timeout", t.Timeout != unset}, {"slow", t.Slow != unset}, {"retries", t.Retries != unset}, {"group", t.Group != ""}, {"serial", t.Serial}} {
		if key.given {
			keys = append(keys, key.name)
		}
	}
	return keys
}

// OnlyWithWorkers says what the tables have that needs workers, empty for nothing.
func (t *Tables) OnlyWithWorkers() string {
	var keys []string
	for _, rule := range t.Tests {
		for _, key := range rule.asks() {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	var parts []string
	if n := len(keys); n > 0 {
		parts = append(parts, strings.Join(keys[:n-1], ", ")+map[bool]string{true: " and "}[n > 1]+keys[n-1]+" of [[test]]")
	}
	if len(t.Groups) > 0 {
		parts = append(parts, "[[group]]")
	}
	return strings.Join(parts, " and ")
}

func (g *GroupRule) keys() []flag {
	return []flag{
		{name: "name", to: &g.Name, required: true, example: `"db"`, help: "the group, of //gotestshard:group or group of [[test]]"},
		{name: "max-workers", to: &g.MaxWorkers, example: `1`, help: "how many processes may run tests of the group at the same time (1)"},
		{name: "machine", to: &g.Machine, example: `true`, help: "that is for all runs of the user on the machine, and not only for those of one"},
	}
}

func (g *GroupRule) check() (key string, err error) {
	switch {
	case g.Name == "" || strings.ContainsFunc(g.Name, unicode.IsSpace):
		return "name", fmt.Errorf("%q is not the name of a group: write one word, as after //gotestshard:group", g.Name)
	case g.MaxWorkers == 0:
		return "max-workers", errors.New("0 would be never: write 1 or a higher number")
	}
	return "", nil
}

// checkGroups refuses a group that is there twice.
func (t *Tables) checkGroups() error {
	places := map[string]Place{}
	for _, group := range t.Groups {
		if first := places[group.Name]; first != "" {
			return fmt.Errorf("%s: group: the group %q is there already, at %s: leave one of them out", group.Place, group.Name, first)
		}
		places[group.Name] = group.Place
	}
	return nil
}

// tableKind is a kind of table, such as [[test]].
type tableKind struct {
	name, help string
	add        func() table // adds a table without values
}

// table is a table of the configuration file. Its keys are described as flags are.
type table interface {
	keys() []flag
	// check returns what is wrong with the values, and with which key, empty for the table itself.
	check() (key string, err error)
	setPlace(place string)
}

// Place is where a table is, as path:line:column.
type Place string

func (p *Place) setPlace(place string) { *p = Place(place) }

// unset is a number or time that a table does not have. One in a file is not negative.
const unset = -1

// added adds an item to a list and returns it there.
func added[T any](list *[]T, item T) *T {
	*list = append(*list, item)
	return &(*list)[len(*list)-1]
}

// isTable is whether a key is that of a kind of tables.
func isTable(key string) bool {
	return slices.ContainsFunc((&Tables{}).list(), func(kind tableKind) bool { return kind.name == key })
}

// matchValue is a pattern of tests.
type matchValue struct{ match.Pattern }

func (v *matchValue) Type() string { return "match" }

func (v *matchValue) Set(text string) (err error) {
	v.Pattern, err = match.Parse(text)
	return err
}
