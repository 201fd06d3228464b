package shard

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/early"
)

// What the go command starts for each package runs before the initialization of package unicode, on
// which nearly all packages depend, and so before that of every package from another module. This
// program has all packages of gotestshard, so it initializes them in the same order.
func TestRunsBeforeCostlyPackages(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		want string
		code int
	}{
		"a hook": {
			args: []string{early.HookWord, "1s", "/x.test", "-test.v=test2json"}, code: 1,
			want: "gotestshard: connecting to the run that this test belongs to: ",
		},
		"a hook without a test": {
			args: []string{early.HookWord}, code: 1,
			want: `gotestshard: hook is for the go command, which starts it in place of a test binary; it got only the arguments ["hook"]`,
		},
		"a tool": {args: []string{early.ToolWord, "/nowhere", "1", "/bin/echo", "-V=full"}, want: "-V=full\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && test.code == 0 {
				t.Skip("no process becomes another one there")
			}
			cmd := exec.Command(program, test.args...)
			cmd.Env = append(os.Environ(), early.SocketVariable+"=/nowhere/hook", "GODEBUG=inittrace=1")
			var trace strings.Builder
			cmd.Stderr = &trace
			out, _ := cmd.Output()
			if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.HasPrefix(string(out), test.want) {
				t.Errorf("exit code %d, %q, want %d, %q", code, out, test.code, test.want)
			}
			var initialized []string
			for line := range strings.Lines(trace.String()) {
				if words := strings.Fields(line); len(words) > 1 && words[0] == "init" {
					initialized = append(initialized, words[1])
				}
			}
			if !slices.Contains(initialized, "os") {
				t.Fatalf("there is no trace of what is initialized: %s", &trace)
			}
			for _, pkg := range initialized {
				if module, _, _ := strings.Cut(pkg, "/"); pkg == "unicode" || strings.Contains(module, ".") {
					t.Errorf("%s is initialized before", pkg)
				}
			}
		})
	}
}
