// Package shardtest has what the tests of whole runs in several packages need: fast builds of
// small modules, and the output of two runs in a form that can be compared.
package shardtest

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/node"
)

// Main runs the tests of a package, for testscript.Main.
type Main struct {
	M   *testing.M
	End func() // called at the end, may be nil
}

// Run returns the exit code.
func (m Main) Run() int {
	flag.Parse()
	// Most tests wait for processes that they have started.
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		_ = flag.Set("test.parallel", fmt.Sprint(4*runtime.GOMAXPROCS(0)))
	}
	for _, name := range node.Variables() { // the tested runs are not CI jobs, even if the tests run in a CI
		_ = os.Unsetenv(name)
	}
	_ = os.Setenv("GOTESTSHARD_NO_KEEP", "true") // in the cache of the user
	if os.Getenv("GORACE") == "" {               // otherwise a program with -race takes a second to exit
		_ = os.Setenv("GORACE", "atexit_sleep_ms=0")
	}
	if m.End != nil {
		defer m.End()
	}
	defer removeWork()
	return m.M.Run()
}

// Expensive skips a test under -short. It is for tests that start many programs or wait for
// some. Use -short during development.
func Expensive(tb testing.TB, what string) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("skipped under -short: it " + what)
	}
}

// GoEnvironment returns the variables that the go command derives from the user's folders.
var GoEnvironment = sync.OnceValue(func() []string {
	names := []string{"GOCACHE", "GOMODCACHE", "GOPATH"}
	out, _ := exec.Command("go", append([]string{"env"}, names...)...).Output()
	var env []string
	for i, value := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		env = append(env, names[i]+"="+strings.TrimSpace(value))
	}
	return env
})

// GotestsumVersions returns the versions of gotestsum and the modules that affect its output.
func GotestsumVersions(t *testing.T) string {
	t.Helper()
	versions, err := exec.Command("go", "list", "-m", "gotest.tools/gotestsum", "github.com/fatih/color", "github.com/dnephin/pflag",
		"github.com/google/shlex", "github.com/bitfield/gotestdox").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(versions)
}

var changing = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`[0-9.]+m?s\b`), "Ts"},
	{regexp.MustCompile(`0x[0-9a-f]+\??`), "0xN"},
	{regexp.MustCompile(`goroutine \d+`), "goroutine N"},
	{regexp.MustCompile(`go-build\d+`), "go-buildN"},
	{regexp.MustCompile(`(?m)^created by .*$|(?m)^\t.*:\d+( \+0xN)?$|(?m)^exit status .*`), "at"},
}

// Normal removes the parts of a text that differ between two identical runs.
func Normal(text string) string {
	for _, c := range changing {
		text = c.pattern.ReplaceAllString(text, c.with)
	}
	return text
}

// Sorted sorts the lines, because packages run in parallel.
func Sorted(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// RemoveTree removes a folder with all its files, including read-only folders.
func RemoveTree(dir string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return err
	})
	_ = os.RemoveAll(dir)
}
