package verdict

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Thing is what tests at the same time collide about.
type Thing struct {
	Kind string // such as "port"
	Name string // empty if it is not known
}

// String says it in words: port 8080.
func (t Thing) String() string {
	switch {
	case t.Name == "" && strings.HasPrefix(t.Kind, "SQLite"):
		return "an " + t.Kind
	case t.Name == "":
		return "a " + t.Kind
	case t.Kind == port:
		return t.Kind + " " + t.Name
	}
	return "the " + t.Kind + " " + t.Name
}

// The kinds of things that failures name.
const (
	port       = "port"
	file       = "file"
	table      = "table"
	constraint = "constraint"
	database   = "database"
)

// sign is how a failure names a thing.
type sign struct {
	form *regexp.Regexp // its groups are kind and name
	kind string         // for a form without such a group
}

// signs are those of package net, of package os, of PostgreSQL, of MySQL and of SQLite. What says
// most about the thing comes first.
var signs = sync.OnceValue(func() []sign {
	const (
		taken = `(?:address already in use|Only one usage of each socket address|EADDRINUSE)`
		// The errors of package os, with those of Windows.
		errno = `(?:file exists|no such file or directory|permission denied|text file busy|directory not empty|not a directory|is a directory|` +
			`resource temporarily unavailable|file already closed|file already exists|` +
			`The process cannot access the file|The system cannot find the (?:file|path)|Cannot create a file when that file already exists|Access is denied)`
		calls  = `(?:open|openat|creat|mkdir|mkdirat|remove|unlink|unlinkat|rmdir|rename|renameat|link|symlink|stat|lstat|readlink|chmod|chown|truncate|write|read|fork/exec|RemoveAll|CreateFile|GetFileAttributesEx)`
		quote  = "[\"'`“]"
		ending = "[\"'`”]"
	)
	all := []sign{}
	add := func(kind, form string) { all = append(all, sign{regexp.MustCompile(form), kind}) }
	add(file, `\blisten unix(?:gram|packet)? (?P<name>\S.*?): bind: `+taken)
	add(port, `:(?P<name>\d{1,5})\b[^\n:]{0,40}:? (?:bind: )?`+taken)
	add(port, taken+`[^\n]{0,60}?:(?P<name>\d{1,5})\b`)
	add(port, `(?i)\bport (?P<name>\d{1,5}) (?:is |was )?(?:already |still )?(?:in use|taken|allocated|used)`)
	add("", `(?i)\b(?P<kind>relation|table|view|index|sequence|type|schema|role|function|extension|database|keyspace|bucket|topic|queue|collection) `+quote+`(?P<name>[^\n]{1,200}?)`+ending+` (?:already exists|does not exist|is being accessed)`)
	add(table, `(?i)\btable `+quote+`?(?P<name>[\w.$-]+)`+ending+`? (?:already exists|doesn't exist|is locked)`)
	add("", `(?i)\bno such (?P<kind>table|index|view|column): (?P<name>[\w.$-]+)`)
	add(database, `(?i)\bcan't (?:create|drop) database '(?P<name>[^'\n]{1,200})'`)
	add(constraint, `(?i)\bviolates (?:unique|foreign key|check|exclusion|not-null) constraint `+quote+`(?P<name>[^\n]{1,200}?)`+ending)
	add(constraint, `(?i)\bconflicting key value violates exclusion constraint `+quote+`(?P<name>[^\n]{1,200}?)`+ending)
	add("key", `(?i)\bduplicate entry '[^\n]{0,200}?' for key '(?P<name>[^'\n]{1,200})'`)
	add("column", `\bUNIQUE constraint failed: (?P<name>[\w.$-]+)`)
	add("collection", `\bE11000 duplicate key error collection: (?P<name>[\w.$-]+)`)
	add(table, `(?i)\bcould not obtain lock on (?:relation|row in relation) `+quote+`(?P<name>[^\n]{1,200}?)`+ending)
	add(table, `(?i)\b(?:while (?:updating|inserting|deleting|locking)|truncating)\b[^\n]{0,60} in relation `+quote+`(?P<name>[^\n]{1,200}?)`+ending)
	add(file, `\b(?:rename|link|symlink|renameat) \S[^\n]*? (?P<name>/[^\s:]+|[A-Z]:\\[^\s:]+): `+errno)
	add(file, `\b`+calls+` (?P<name>[^\s:][^\n]{0,500}?): `+errno)
	add("SQLite database", `(?i)\bdatabase (?:table )?is locked\b|\bSQLITE_(?:BUSY|LOCKED)\b`)
	add("row of a database", `(?i)\bdeadlock detected\b|\bdeadlock found when trying to get lock\b|\bcould not serialize access\b`)
	return all
})

// Shared returns what tests at the same time collide about, as far as the output of one that
// failed beside others names it. What the output of the others names too comes first; if the test
// names nothing, it is what the others name.
func Shared(output string, others ...string) []Thing {
	own, theirs := things(output), things(strings.Join(others, "\n"))
	if len(own) == 0 {
		return theirs
	}
	slices.SortStableFunc(own, func(a, b Thing) int {
		return rank(slices.Contains(theirs, a)) - rank(slices.Contains(theirs, b))
	})
	const most = 3
	return own[:min(most, len(own))]
}

func rank(both bool) int {
	if both {
		return 0
	}
	return 1
}

// things returns what an output names, each once. A line has the first of the signs only.
func things(output string) (all []Thing) {
	for line := range strings.Lines(output) {
		for _, s := range signs() {
			match := s.form.FindStringSubmatch(line)
			if match == nil {
				continue
			}
			found := Thing{Kind: s.kind}
			if i := s.form.SubexpIndex("kind"); i >= 0 {
				found.Kind = strings.ToLower(match[i])
			}
			if found.Kind == "relation" { // as PostgreSQL calls a table
				found.Kind = table
			}
			if i := s.form.SubexpIndex("name"); i >= 0 {
				found.Name = match[i]
			}
			if !slices.Contains(all, found) {
				all = append(all, found)
			}
			break
		}
	}
	return all
}

// Words says what tests share, empty for nothing.
func Words(all []Thing) string {
	var texts []string
	for _, t := range all {
		texts = append(texts, t.String())
	}
	switch n := len(texts); n {
	case 0:
		return ""
	case 1:
		return "they share " + texts[0]
	default:
		return fmt.Sprintf("they share %s and %s", strings.Join(texts[:n-1], ", "), texts[n-1])
	}
}
