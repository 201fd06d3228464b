package option

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/node"
)

// What is asked of a row of the table that its type does not ask.
func TestTable(t *testing.T) {
	clearEnv(t)
	f := newFlags(thisCall())
	order := strings.Fields(helpOrder)
	for i, row := range f.table {
		if i >= len(order) || row.name != order[i] {
			t.Errorf("--%s: say in helpOrder, once, where the help has it", row.name)
		}
		if i > 0 && f.table[i-1].upstream && !row.upstream {
			t.Errorf("--%s stands among the flags that gotestsum has too", row.name)
		}
		if row.help == "" {
			t.Errorf("--%s has no help", row.name)
		}
		switch row.to.(type) {
		case *bool, *string:
		default:
			if row.env != "" {
				t.Errorf("--%s: $%s may hold what is wrong for its type, which declare does not report", row.name, row.env)
			}
		}
		if row.bare != "" && f.set.Lookup(row.name).Value.Set(row.bare) != nil {
			t.Errorf("--%s does not take %s, which it means without a value", row.name, row.bare)
		}
	}
	if len(order) != len(f.table) {
		t.Errorf("helpOrder has %d names for %d flags", len(order), len(f.table))
	}
}

// The help of -h has about twenty flags, each under one of its headings, in lines that fit.
func TestShortHelp(t *testing.T) {
	clearEnv(t)
	var help bytes.Buffer
	if err := WriteShortHelp(&help, thisCall()); err != nil {
		t.Fatal(err)
	}
	daily := 0
	for _, row := range newFlags(thisCall()).table {
		switch {
		case row.task == "":
			continue
		case !slices.Contains(tasks(), row.task) || row.hidden:
			t.Errorf("--%s is not shown", row.name)
		}
		daily++
		if !regexp.MustCompile(`(?m)^ +(-` + row.short + `, )?--` + row.name + `[ \[].* [a-z]`).Match(help.Bytes()) {
			t.Errorf("--%s has no line", row.name)
		}
	}
	if daily < 18 || daily > 24 {
		t.Errorf("it has %d flags", daily)
	}
	for line := range strings.Lines(help.String()) {
		if len(line) > 81 {
			t.Errorf("too long: %s", line)
		}
	}
	for _, task := range tasks() {
		if !regexp.MustCompile(`(?m)^` + task + `:\n  `).Match(help.Bytes()) {
			t.Errorf("%s has no flags", task)
		}
	}
}

// A default is what the table says, unless the environment has another.
func TestDefaults(t *testing.T) {
	env := environ.List{"GOTESTSHARD_FORMAT=dots", "GOTESTSUM_FORMAT=testdox", "GOTESTSUM_JUNIT_HIDE_EMPTY_PKG=Yes", "GOTESTSHARD_JUNIT_HIDE_SKIPPED_TESTS=on"}
	f := newFlags(Call{Environ: env})
	for name, want := range map[string]string{
		"format": "dots", "junitfile-hide-empty-pkg": "true", "junitfile-hide-skipped-tests": "false",
		"teardown-timeout": "1m0s", "worker-prefix": "auto", "hide-summary": "none", "no-color": "false",
	} {
		if got := f.set.Lookup(name); got.DefValue != want || got.Value.String() != want || got.Changed {
			t.Errorf("--%s is %q, and the help says %q, want %q", name, got.Value, got.DefValue, want)
		}
	}
	if !f.given("format") || !f.given("junitfile-hide-empty-pkg") || f.given("teardown-timeout") {
		t.Error("given is what the user chose")
	}
}

// The help and docs/flags.md describe the flags of the table with their short names,
// defaults and variables; no document names another flag.
func TestDocumentsDescribeTheTable(t *testing.T) {
	clearEnv(t)
	var help bytes.Buffer
	if err := WriteHelp(&help, thisCall()); err != nil {
		t.Fatal(err)
	}
	flags, readme := document(t, "docs/flags.md"), document(t, "README.md")
	all := newFlags(thisCall())
	merge := mergeFlags(all, &Merge{})
	for _, row := range slices.Concat((&Last{}).flags(), (&Flaky{}).flags(), (&Stress{}).flags()) {
		row.declare(merge, nil)
	}
	for where, text := range map[string]string{"the help": help.String(), "docs/flags.md": flags, "README.md": readme, "docs/last.md": document(t, "docs/last.md"), "docs/flaky.md": document(t, "docs/flaky.md")} {
		for _, match := range regexp.MustCompile(`[\s`+"`"+`(]--([a-z][a-z-]+)`).FindAllStringSubmatch(text, -1) {
			if name := match[1]; all.set.Lookup(name) == nil && merge.Lookup(name) == nil && name != "help" && !foreign[name] {
				t.Errorf("%s names --%s, which does not exist", where, name)
			}
		}
	}
	described := describedIn(flags)
	_, once, _ := strings.Cut(document(t, "docs/config.md"), "\nFlags that are about one call cannot be in a file:")
	once, _, _ = strings.Cut(once, "\n\n")
	for _, row := range all.table {
		if !row.hidden && row.once != strings.Contains(once, "`--"+row.name+"`") {
			t.Errorf("docs/config.md should name --%s among the flags that cannot be in a file: %v", row.name, row.once)
		}
	}
	for _, row := range all.table {
		if row.hidden {
			continue
		}
		if !regexp.MustCompile(`(?m)^ +(-` + row.short + `, )?--` + row.name + `( |\[|$)`).Match(help.Bytes()) {
			t.Errorf("the help has no line of --%s", row.name)
		}
		if row.bare != "" && !regexp.MustCompile(`--`+row.name+`\[=\w+\] +\w`).Match(help.Bytes()) {
			t.Errorf("the help does not say how --%s is written with a value", row.name)
		}
		text, ok := described["--"+row.name]
		if !ok {
			t.Errorf("docs/flags.md has no row of --%s", row.name)
		}
		if row.short != "" && described["-"+row.short] != text {
			t.Errorf("docs/flags.md does not name -%s beside --%s", row.short, row.name)
		}
		if row.value != "" && !regexp.MustCompile(`\b`+row.value+`\b`).MatchString(text) {
			t.Errorf("docs/flags.md does not say that %s is the default of --%s", row.value, row.name)
		}
		if _, ok := described["GOTESTSHARD_"+row.env]; row.env != "" && !ok {
			t.Errorf("docs/flags.md has no row of GOTESTSHARD_%s", row.env)
		}
	}
}

// The help and docs/flags.md name the same variables, and those that are read.
func TestDocumentsNameTheVariables(t *testing.T) {
	clearEnv(t)
	var help bytes.Buffer
	if err := WriteHelp(&help, thisCall()); err != nil {
		t.Fatal(err)
	}
	read := append(node.Variables(), "TEST_DIRECTORY", QueueTokenVariable)
	for _, row := range newFlags(thisCall()).table {
		if row.env != "" {
			read = append(read, "GOTESTSHARD_"+row.env)
		}
	}
	var identity []string
	for _, variable := range (environ.Run{ID: "x", Dir: "x"}).Of("gw0", 0, 1) {
		name, _, _ := strings.Cut(variable, "=")
		identity = append(identity, name)
	}
	set := append(identity, "GOTESTSHARD_PROCESS", "GOTESTSHARD_ENV")
	form := regexp.MustCompile(`\b[A-Z]+(_[A-Z]+)+\b`)
	described := describedIn(document(t, "docs/flags.md"))
	_, text, _ := strings.Cut(help.String(), "Environment of every test process")
	ofTests, ofProgram, ok := strings.Cut(text, "Environment that gotestshard reads:")
	ofProgram, _, ended := strings.Cut(ofProgram, "Exit codes:")
	if !ok || !ended {
		t.Fatal("the help has no list of variables")
	}
	for _, name := range form.FindAllString(ofProgram, -1) {
		if !slices.Contains(read, name) && name != "GOTESTSUM_FORMAT" {
			t.Errorf("the help says that %s is read", name)
		}
		if _, ok := described[name]; !ok && name != "GOTESTSUM_FORMAT" {
			t.Errorf("docs/flags.md has no row of %s", name)
		}
	}
	for name := range described {
		if strings.HasPrefix(name, "GOTESTSHARD_") && !slices.Contains(read, name) && !slices.Contains(set, name) {
			t.Errorf("docs/flags.md describes %s, which is neither read nor set", name)
		}
	}
	for _, name := range set {
		if _, ok := described[name]; !ok {
			t.Errorf("docs/flags.md has no row of %s", name)
		}
	}
	for _, name := range identity {
		if !strings.Contains(ofTests, name) {
			t.Errorf("the help does not name %s", name)
		}
	}
}

// document returns a text of the repository.
func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// describedIn returns the flags and variables that stand in the first column of a
// document's tables, or at the start of a line, with what stands beside them.
func describedIn(text string) map[string]string {
	described := map[string]string{}
	name := regexp.MustCompile("`(--?[a-z][a-z-]*|[A-Z_]+)\\b")
	for line := range strings.Lines(text) {
		first, meaning, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !strings.HasPrefix(first, "`") {
			continue
		}
		for _, match := range name.FindAllStringSubmatch(first, -1) {
			described[match[1]] = meaning
		}
	}
	return described
}

// foreign are flags of other programs that the documents mention.
var foreign = map[string]bool{"partitions": true, "timing-files": true, "snapshot": true, "single-target": true, "clean": true, "dependency-file": true}
