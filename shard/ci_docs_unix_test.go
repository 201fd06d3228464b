//go:build unix

package shard

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// TestDocumentedWorkflows: the documents show the same workflows as the linted files.
func TestDocumentedWorkflows(t *testing.T) {
	document, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../docs/ci/*.yml")
	if err != nil || len(files) != 6 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(document), "```yaml\n"+string(text)+"```\n") {
			t.Errorf("docs/ci.md differs from %s", file)
		}
	}
}

// runStep is a step of a workflow or of an action that runs a script.
type runStep struct{ name, script string }

// runSteps reads the steps with run: from a file. It supports only the form of our files.
func runSteps(t *testing.T, file string) []runStep {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var steps []runStep
	var name string
	block := -1 // the indentation of "run: |" while its lines are read
	for line := range strings.Lines(string(text)) {
		body := strings.TrimLeft(line, " ")
		indent := len(line) - len(body)
		if block >= 0 && indent > block {
			steps[len(steps)-1].script += body
			continue
		}
		block = -1
		body = strings.TrimPrefix(body, "- ")
		if value, ok := strings.CutPrefix(body, "name: "); ok {
			name = strings.TrimSpace(value)
		}
		if value, ok := strings.CutPrefix(body, "run: "); ok {
			if strings.TrimSpace(value) == "|" {
				block, value = indent, ""
			}
			steps = append(steps, runStep{name, value})
		}
	}
	return steps
}

// TestStepsOfWorkflows runs the run: steps of the workflows and of the action, with the
// environment that GitHub sets. Only go install is replaced: instead of downloading the
// program, it links it into the same folder.
func TestStepsOfWorkflows(t *testing.T) {
	shardtest.Expensive(t, "runs the steps of the workflows")
	program, err := exec.LookPath("gotestshard")
	if err != nil {
		t.Fatal(err)
	}
	fast := shardtest.BuildEnv(t)
	const action = "../.github/actions/gotestshard/action.yml"
	for _, test := range []struct {
		name, file string
		steps      int
		env        []string
	}{
		{"workflow", "../docs/ci/github.yml", 2, nil},
		{"workflow with a cache", "../docs/ci/github-cache.yml", 4, nil},
		{"workflow of changes, on the main branch", "../docs/ci/github-changed.yml", 4, nil},
		{"action", action, 5, []string{"CACHE_SIZE=2G", "VERSION=latest", "ARGUMENTS=-n auto\n  --junitfile report.xml"}},
		{"no shell", action, 5, []string{"CACHE_SIZE=2G", "VERSION=v1.2.3", "ARGUMENTS=-n 2 --junitfile report.xml -- -run $(touch${IFS}owned)|. ./a ./b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := shardtest.ModuleDir(t)
			at := func(elem ...string) string { return filepath.Join(append([]string{dir}, elem...)...) }
			shim := "#!/bin/sh\nset -e\nif [ \"$1\" != install ]; then exec " + shardtest.Go(t) + " \"$@\"; fi\n" +
				"case $2 in github.com/gotestshard/gotestshard@latest|github.com/gotestshard/gotestshard@v1.2.3) ;; *) echo \"$2\" >&2; exit 1;; esac\n" +
				"mkdir -p \"${GOBIN:=$TEST_BIN}\"\nln -s " + program + " \"$GOBIN/gotestshard\"\n"
			for name, text := range map[string]string{
				"shim/go":              shim,
				"work/m/go.mod":        "module example.com/m\n\ngo 1.26\n",
				"work/m/a/a_test.go":   "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Error(\"no\") }\n",
				"work/m/b/b_test.go":   "package b\n\nimport \"testing\"\n\nfunc TestB(t *testing.T) {}\n",
				"temp/step_summary.md": "",
				"temp/event.json":      "{}",
			} {
				if err := os.MkdirAll(filepath.Dir(at(name)), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at(name), []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			env := append(environ.Run{}.Without(os.Environ()), append(test.env,
				"PATH="+at("shim")+":"+at("bin")+":/usr/bin:/bin", "TEST_BIN="+at("bin"),
				"CI=true", "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+at("work"), "GITHUB_STEP_SUMMARY="+at("temp", "step_summary.md"),
				"GITHUB_EVENT_PATH="+at("temp", "event.json"), "GITHUB_REPOSITORY=owner/name", "GITHUB_JOB=test", "GITHUB_RUN_ID=1",
				"GITHUB_REF=refs/heads/main", "GITHUB_SHA=0123456789012345678901234567890123456789", "GITHUB_SERVER_URL=https://github.com",
				"RUNNER_OS=Linux", "RUNNER_ARCH=X64", "RUNNER_TEMP="+at("temp"), "RUNNER_DEBUG=", "GITHUB_OUTPUT="+at("temp", "output"),
			)...)
			env = append(env, fast...)
			var log strings.Builder
			steps := runSteps(t, test.file)
			if len(steps) != test.steps {
				t.Fatalf("%q", steps)
			}
			for _, step := range steps {
				script := at("temp", "script.sh")
				if err := os.WriteFile(script, []byte(step.script), 0o600); err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", script) // like the runner
				cmd.Dir, cmd.Env = at("work", "m"), env
				cmd.Stdout, cmd.Stderr = &log, &log
				want := 1 // the tests fail
				if step.name != "Run the tests" {
					cmd.Env, want = append(slices.Clip(env), "GOCACHE="+at("cache")), 0 // that of this machine is not to be trimmed
				}
				if err := cmd.Run(); shardtest.ExitCode(err) != want {
					t.Fatalf("%s: %v\n%s", step.name, err, log.String())
				}
			}
			for _, want := range []string{
				"::remove-matcher owner=go::\n", "\n::group::", " FAIL a.TestA (", "\n::error file=m/a/a_test.go,line=5,title=FAIL a.TestA::a_test.go:5: no\n",
			} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("%q is not in the log:\n%s", want, log.String())
				}
			}
			summary, err := os.ReadFile(at("temp", "step_summary.md"))
			if err != nil || !strings.Contains(string(summary), "## ❌ Tests failed\n") {
				t.Errorf("%v: %q", err, summary)
			}
			if _, err := os.Stat(at("work", "m", "report.xml")); err != nil && strings.Contains(strings.Join(test.env, " ")+steps[1].script, "report.xml") {
				t.Error(err)
			}
			if _, err := os.Stat(at("cache", "gotestshard-since.txt")); (err != nil) != (test.steps == 2) {
				t.Errorf("the build cache was not trimmed: %v", err)
			}
			if _, err := os.Stat(at("work", "m", "owned")); err == nil {
				t.Error("the arguments were run by a shell")
			}
		})
	}
}
