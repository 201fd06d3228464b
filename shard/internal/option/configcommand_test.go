package option

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/config"
)

// gotestshard config shows where each value is from, in the form of a file.
func TestRunConfig(t *testing.T) {
	clearEnv(t)
	t.Setenv("CI", "")
	t.Setenv("GOTESTSHARD_FORMAT", "dots")
	inModule(t, "workers = 2\nargs = ['-race']\nhide-summary = ['skipped']\n[profile.ci]\nworker-env = ['A', 'B']\n")
	config := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := RunConfig(args, thisCall(), &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	want := `# .gotestshard.toml, profile ci
workers = 4                # command line
worker-env = ["A", "B"]    # .gotestshard.toml:5
format = "dots"            # GOTESTSHARD_FORMAT
hide-summary = ["skipped"] # .gotestshard.toml:3
max-fails = 3              # command line
args = ["-race"]           # .gotestshard.toml:2

# Defaults:
`
	got := config("--max-fails", "3", "--profile", "ci", "--numprocesses=4")
	if !strings.HasPrefix(got, want) || !strings.Contains(got, "\n# dist = \"loadscope\"\n") || strings.Contains(got, "# workers") {
		t.Error(got)
	}
	// What is printed is a file with the same values.
	got = config("-n", "3", "--worker-env", "X", "--no-config")
	inModule(t, regexp.MustCompile(`(?m)^# ([a-z-]+ = )`).ReplaceAllString(strings.Replace(got, "# Defaults", "## Defaults", 1), "$1"))
	if opts := parse(t); opts.Workers != 3 || !slices.Equal(opts.WorkerEnv, []string{"X"}) {
		t.Errorf("got %+v", opts)
	}
	// Without workers the defaults are those of such a run, and what needs workers says so.
	inModule(t, "test-timeout = '1m'\n")
	t.Setenv("GOTESTSHARD_FORMAT", "")
	got = config()
	if !strings.HasPrefix(got, "# .gotestshard.toml, without a profile\ntest-timeout = \"1m\" # .gotestshard.toml:1, only with -n\n\n# Defaults:\n") {
		t.Error(got)
	}
	here, others, _ := strings.Cut(got, "\n\n# Defaults of what only has an effect with workers (-n) or shards (--shard) or a queue (--queue):\n")
	if !strings.Contains(here, "\n# no-tests = \"pass\"\n") || strings.Contains(here, "# dist") || !strings.Contains(others, "# dist = \"loadscope\"\n") || !strings.Contains(others, "# live = ") {
		t.Error(got)
	}
	if got := config("--shard", "a=b"); !strings.Contains(got, "# live = \"auto\"\n# heartbeat") || !strings.Contains(got, "# no-tests = \"warn\"\n") ||
		!strings.Contains(got, "effect with workers (-n) or a queue (--queue):\n# max-workers = 0\n") {
		t.Error(got)
	}
	if got := config("-n", "1"); !strings.Contains(got, "effect with a queue (--queue):\n# nodes = 0\n") {
		t.Error(got)
	}
	inModule(t, "nodes = 3\n")
	if got := config("-n", "1"); !strings.Contains(got, "nodes = 3   # .gotestshard.toml:1, only with --queue\n") {
		t.Error(got)
	}
	if got := config("-n", "1", "--queue", "embed"); strings.Contains(got, "only") {
		t.Error(got)
	}
	for args, want := range map[string]string{"ini": "did you mean init?", "--x": "gotestshard config --help", "init x": "takes no arguments", "--plan -n 0": "--plan needs workers"} {
		if err := RunConfig(strings.Fields(args), thisCall(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// The file of gotestshard config init sets nothing, and each of its comments is a value.
func TestInitConfig(t *testing.T) {
	clearEnv(t)
	t.Chdir(t.TempDir())
	if err := RunConfig([]string{"init"}, thisCall(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "neither a go.mod") {
		t.Error(err)
	}
	if err := os.WriteFile("go.mod", []byte("module m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var help bytes.Buffer
	if err := RunConfig([]string{"init", "--help"}, thisCall(), &help); err != nil || help.String() != configHelp {
		t.Error(err, help.String())
	}
	if err := RunConfig([]string{"init"}, thisCall(), &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if err := RunConfig([]string{"init"}, thisCall(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Error(err)
	}
	if opts := parse(t); opts.Workers != 0 || len(opts.Args) > 0 {
		t.Errorf("got %+v", opts)
	}
	text, err := os.ReadFile(config.Name)
	if err != nil {
		t.Fatal(err)
	}
	text, tables, _ := bytes.Cut(text, []byte("#### Tables"))
	examples := regexp.MustCompile(`(?m)^# ([a-z-]+ = .+)$`).FindAllSubmatch(text, -1)
	if len(examples) < 15 {
		t.Errorf("%d examples in\n%s", len(examples), text)
	}
	for _, example := range examples {
		file, err := config.Parse("example", example[1])
		if err == nil {
			err = newFlags(thisCall()).checkTable(file, &file.Root, keyArgs)
		}
		if err != nil {
			t.Errorf("%s: %v", example[1], err)
		}
	}
	inModule(t, strings.Join(regexp.MustCompile(`(?m)^# ((\[\[)?[a-z-]+( = .+|\]\]))$`).FindAllString(string(tables), -1), "\n"))
	_ = parse(t)
}
