//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package surroundings

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// chain is a module in which each package imports the one before it.
func chain(names ...string) map[string]string {
	files := map[string]string{"go.mod": "module example.com/m\n\ngo 1.26\n"}
	before := ""
	for _, name := range names {
		text := "package " + name + "\n"
		if before != "" {
			text += "\nimport _ \"example.com/m/" + before + "\"\n"
		}
		files[name+"/x.go"], files[name+"/x_test.go"] = text, testFile(name, "")
		before = name
	}
	return files
}

// heldCompiler is a -toolexec that compiles the package far only after the file passed is there.
const heldCompiler = `#!/bin/sh
case "$* " in
*" -V=full "*) ;;
*" -p example.com/m/far "*)
	while ! [ -e "$HELD/passed" ]; do sleep 0.01; done;;
esac
exec "$@"
`

// After a save of a package that all others import, the results of the nearest are there before the
// farthest has been built: here that is only built after them.
func TestWatchRunsTheNearestFirst(t *testing.T) {
	t.Parallel()
	shardtest.Expensive(t, "watches a module and runs its tests")
	dir := shardtest.ModuleDir(t)
	writeFiles(t, dir, chain("a", "b", "c", "far"))
	held := filepath.Join(t.TempDir(), "held")
	if err := os.WriteFile(held, []byte(heldCompiler), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("gotestshard", "--watch", "-n", "2", "-f", "json", "--", "-p=2", "-toolexec="+held)
	cmd.Dir = dir
	cmd.Env = append(append(environ.Run{}.Without(os.Environ()), "HELD="+dir, "GOPROXY=off", "PATH="+shardtest.Builds(t).Path(os.Getenv("PATH"))), shardtest.BuildEnv(t)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for messages := bufio.NewScanner(stderr); messages.Scan() && !strings.HasPrefix(messages.Text(), "Watching"); {
	}
	writeFiles(t, dir, map[string]string{"a/x.go": fmt.Sprintf("package a\n\nconst Saved = %d\n", time.Now().UnixNano())})
	var seen []string
	for decoder := json.NewDecoder(stdout); len(seen) < 8; {
		var event struct{ Action, Package, Test string }
		if err := decoder.Decode(&event); err != nil {
			t.Fatalf("%v after %q", err, seen)
		}
		if event.Test != "" || event.Action != "start" && event.Action != "pass" {
			continue
		}
		seen = append(seen, event.Action+" "+strings.TrimPrefix(event.Package, "example.com/m/"))
		if event.Action == "pass" && event.Package == "example.com/m/b" {
			writeFiles(t, dir, map[string]string{"passed": ""})
		}
	}
	var started []string
	for _, event := range seen {
		if name, ok := strings.CutPrefix(event, "start "); ok {
			started = append(started, name)
		}
	}
	if got := strings.Join(started, " "); got != "a b c far" {
		t.Errorf("started %s", got)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
}
