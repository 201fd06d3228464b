package option

import (
	"fmt"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/match"
)

// Tables are what the configuration file has under headings such as [[test]], each of which can
// be there several times. They hold for all profiles.
type Tables struct {
	Tests []TestRule
}

// TestRule is a [[test]] of the configuration file: what holds for the tests that it names.
type TestRule struct {
	Place
	Match matchValue
	// Timeout is how long a test may run, 0 for any time, unset if the table has none.
	Timeout time.Duration
}

// list returns every kind of table.
func (t *Tables) list() []tableKind {
	return []tableKind{
		{name: "test", help: "what holds for the tests that match", add: func() table {
			return added(&t.Tests, TestRule{Timeout: unset})
		}},
	}
}

func (t *TestRule) keys() []flag {
	return []flag{
		{name: "match", to: &t.Match, required: true, example: `"store.TestImport*"`,
			help: "the tests that are meant: the end of an import path, a dot and a test, with * for any characters; without a path, tests of all packages"},
		{name: "timeout", to: &t.Timeout, example: `"2m"`, help: "end such a test after this time, 0s for never; it has precedence over --test-timeout"},
	}
}

func (t *TestRule) check() (key string, err error) {
	if t.Match.Subtests() {
		return "match", fmt.Errorf("%q names subtests, and this table is for whole tests: leave out the slash and what follows it", t.Match)
	}
	return "", nil
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
