package shard

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/shlex"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// Every command line that the help and the documents show runs, in a module that
// has what they name. Watch mode and the database of isolation.md have tests of
// their own.
func TestExamplesOfTheDocuments(t *testing.T) {
	var documents strings.Builder
	for _, name := range []string{"../README.md", "../docs/rerun.md", "../docs/junit.md", "../docs/timings.md", "../docs/ci.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		documents.Write(text)
	}
	var help bytes.Buffer
	if err := option.WriteHelp(&help); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&documents, importUsage, "gotestshard tool timings import")
	fmt.Fprintf(&documents, showUsage, "gotestshard tool timings show")
	program, err := exec.LookPath("gotestshard")
	if err != nil {
		t.Fatal(err)
	}
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir, cache := t.TempDir(), t.TempDir() // the timing history is not the user's
	for name, text := range map[string]string{
		"go.mod":               "module example.com/m\n\ngo 1.26\n",
		"a/a_test.go":          "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n",
		"internal/b/b_test.go": "package b\n\nimport \"testing\"\n\nfunc TestB(t *testing.T) {}\n",
		"e2e/e2e_test.go":      "//go:build e2e\n\npackage e2e\n\nimport \"testing\"\n\nfunc TestE(t *testing.T) {}\n",
		"e2e/e2e.go":           "package e2e\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	form := regexp.MustCompile(`COMMAND| \[|^ tool \S+  `)
	seen := map[string]bool{}
	for line := range strings.Lines(documents.String() + help.String()) {
		example, ok := strings.CutPrefix(line, "    gotestshard")
		if !ok || form.MatchString(example) {
			continue // the forms of the usage
		}
		example, _, _ = strings.Cut(example, " | ") // another program's part
		words, err := shlex.Split(example)          // without its comment
		if err != nil {
			t.Fatal(err)
		}
		if seen[strings.Join(words, "\x00")] {
			continue
		}
		seen[strings.Join(words, "\x00")] = true
		t.Run("gotestshard "+strings.Join(words, " "), func(t *testing.T) {
			cmd := exec.Command(program, words...)
			cmd.Dir = dir
			cmd.Env = append(withoutIdentity(os.Environ(), nil), "GOFLAGS=", "XDG_CACHE_HOME="+cache, "LocalAppData="+cache,
				"GOCACHE="+strings.TrimSpace(string(goCache)))
			done := regexp.MustCompile(`DONE|"Action":"pass"|Usage:|took over 2 tests|2 tests of 2 packages|"total_tests": 2,`)
			if out, err := cmd.CombinedOutput(); err != nil || !done.Match(out) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	if len(seen) < 5 {
		t.Errorf("only %d examples were found", len(seen))
	}
}
