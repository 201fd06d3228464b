package shard

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/shlex"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/suite"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
	"github.com/gotestshard/gotestshard/shard/internal/tool"
)

// TestExamplesOfTheDocuments runs every command line in the help and in the documents, in a
// module with the packages and files that they need, in a git repository. Watch mode and the
// database of isolation.md have their own tests.
func TestExamplesOfTheDocuments(t *testing.T) {
	shardtest.Expensive(t, "runs the examples of the documents")
	documents := documentsAndHelp(t)
	program, err := exec.LookPath("gotestshard")
	if err != nil {
		t.Fatal(err)
	}
	dir, cache := moduleOfExamples(t), t.TempDir() // with its own timing history instead of the user's
	form := regexp.MustCompile(`COMMAND| \[|^ queue |--queue URL|^ tool \S+  |^ cache |^ (merge|last|show|version|config|flaky|stress|diagnose|trial)  +[^# ]|^: `)
	node := exec.Command(program, "-n", "1", "--timings", "off", "--result", "results/part-1.gotestshard")
	node.Dir, node.Env = dir, slices.Concat(environ.Run{}.Without(os.Environ()), shardtest.GoEnvironment(), shardtest.BuildEnv(t),
		[]string{"PATH=" + shardtest.Builds(t).Path(os.Getenv("PATH")), "XDG_CACHE_HOME=" + cache, "LocalAppData=" + cache},
		[]string{"GOTESTSHARD_NO_KEEP=false"}) // for gotestshard last, also in a CI
	if out, err := node.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Link(filepath.Join(dir, "results/part-1.gotestshard"), filepath.Join(dir, "artifacts/1.gotestshard")); err != nil {
		t.Fatal(err)
	}
	hasGit := commitAll(t, dir)
	fewer := strings.NewReplacer("--count 1000", "--count 2", "--for 5m", "--for 1ms", "-n 8 -race", "-n 2")
	seen := map[string]bool{}
	for line := range strings.Lines(documents) {
		example, ok := strings.CutPrefix(line, "    gotestshard")
		if !ok || form.MatchString(example) {
			continue // usage lines, messages, and what works on the build cache of this machine
		}
		if strings.Contains(example, "--changed") && !hasGit {
			continue
		}
		example, _, _ = strings.Cut(example, " | ")       // removes a second program
		example, _, _ = strings.Cut(example, " >> ")      // removes a file
		words, err := shlex.Split(fewer.Replace(example)) // removes a comment
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
			cmd.Env = node.Env
			if !strings.HasPrefix(example, " last") { // so that the last run is that of node
				cmd.Env = append(slices.Clip(node.Env), "GOTESTSHARD_NO_KEEP=true")
			}
			done := regexp.MustCompile(`DONE|TRIED|nothing failed|"Action":"pass"|Usage:|DIAGNOSED nothing|No test (is flaky|failed)|no test was added|^gotestshard version |imported durations of 3 tests|3 tests of 3 packages|"total_tests": 3,|"partition":"2/2"`)
			suggests := slices.Contains(words, "--suggest") // nothing, for no flaky test
			if out, err := cmd.CombinedOutput(); err != nil || !done.Match(out) && !suggests {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	if len(seen) < 5 {
		t.Errorf("only %d examples were found", len(seen))
	}
}

// documentsAndHelp returns the texts with examples.
func documentsAndHelp(t *testing.T) string {
	var documents strings.Builder
	for name := range strings.FieldsSeq("README docs/rerun docs/junit docs/timings docs/splitting docs/ci docs/last docs/changed docs/flaky docs/diagnose docs/config docs/result") {
		text, err := os.ReadFile("../" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		documents.Write(text)
	}
	var help bytes.Buffer
	if err := option.WriteHelp(&help, option.Call{Environ: os.Environ()}); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&documents, tool.ImportUsage, "gotestshard tool timings import")
	fmt.Fprintf(&documents, tool.ShowUsage, "gotestshard tool timings show")
	return documents.String() + help.String()
}

// moduleOfExamples writes the module in which the examples run.
func moduleOfExamples(t *testing.T) (dir string) {
	dir = shardtest.ModuleDir(t)
	for name, text := range map[string]string{
		"go.mod":               "module example.com/m\n\ngo 1.26\n",
		"a/a_test.go":          "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n",
		"internal/b/b_test.go": "package b\n\nimport \"testing\"\n\nfunc TestB(t *testing.T) {}\n",
		"store/s_test.go":      "package store\n\nimport \"testing\"\n\nfunc TestUpload(t *testing.T) {}\n",
		"artifacts/none":       "",
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
	return dir
}

// commitAll makes a folder a git repository with the branches that the documents name, or
// reports that there is no git.
func commitAll(t *testing.T, dir string) bool {
	if _, err := exec.LookPath("git"); err != nil {
		return false
	}
	for _, args := range []string{
		"init -q", "add .", "-c user.name=a -c user.email=a@example.com commit -q -m all",
		"update-ref refs/remotes/origin/main HEAD", "update-ref refs/remotes/origin/release HEAD",
	} {
		command := exec.Command("git", strings.Fields(args)...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	return true
}

// The directives in splitting.md work as documented.
func TestDirectivesOfTheDocument(t *testing.T) {
	shardtest.Expensive(t, "runs the examples of the documents")
	document, err := os.ReadFile("../docs/splitting.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(name string) string {
		_, rest, begins := strings.Cut(string(document), "<!-- "+name+" -->\n```go\n")
		text, _, ends := strings.Cut(rest, "```")
		if !begins || !ends {
			t.Fatalf("splitting.md has no block %q", name)
		}
		return text
	}
	dir := shardtest.ModuleDir(t)
	for name, text := range map[string]string{
		"go.mod":            "module example.com/m\n\ngo 1.26\n",
		"tests/a_test.go":   "package tests\n\nimport \"testing\"\n\n" + block("tests"),
		"package/a_test.go": block("package"),
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packages, err := suite.List(t.Context(), suite.Query{Dir: dir, Packages: []string{"./..."}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, pkg := range packages {
		got = append(got, fmt.Sprint(pkg.ImportPath, " together=", pkg.Together, " serial=", pkg.Serial, " ", pkg.Warnings, pkg.Problem))
		for _, test := range pkg.Tests {
			got = append(got, fmt.Sprint(test.Name, " group=", test.Group, " serial=", test.Serial, " split=", test.Split))
		}
	}
	want := []string{
		"example.com/m/package together=true serial=false [] <nil>",
		"example.com/m/tests together=false serial=false [] <nil>",
		"TestSend group=mailbox serial=false split=false",
		"TestReceive group=mailbox serial=false split=false",
		"TestThroughput group= serial=true split=false",
		"TestEveryCountry group= serial=false split=true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
