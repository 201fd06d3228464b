//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package surroundings

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// The debugger gets the original terminal settings and the failed tests.
func TestWatchDebugs(t *testing.T) {
	t.Parallel()
	dir, bin := watchedModule(t), t.TempDir()
	dlv := "#!/bin/sh\ntrap '' INT\nstty -a | tr ' ' '\\n' | grep -x -e -*icanon -e -*echo\npwd\necho \"dlv $*\"\ncat \"$7\"\nread line\necho \"read $line\"\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "dlv"), []byte(dlv), 0o700); err != nil {
		t.Fatal(err)
	}
	for flags, want := range map[string]struct{ pwd, pkg string }{
		"":              {dir, "./a"},
		"--watch-chdir": {filepath.Join(dir, "a"), "./"},
	} {
		words := append([]string{"--watch"}, strings.Fields(flags)...)
		s := startSession(t, dir, []string{"PATH=" + bin + ":" + shardtest.Builds(t).Path(os.Getenv("PATH"))}, "gotestshard", append(words, "--", "-count=1")...)
		s.begin()
		s.press("d")
		s.await(`ERROR there is nothing to debug yet; save a file, or press r to run everything first\n`)
		debugged := func() {
			t.Helper()
			s.press("d")
			s.starts("./a")
			s.await(`(?m)^icanon\necho\n` + regexp.QuoteMeta(want.pwd) + `\ndlv test --wd ` + want.pkg +
				` --output gotestsum-watch-debug.test --init \S+gotestsum-delve-init\d+ ` + want.pkg + ` -- -count=1\nbreak TestA\ncontinue\n`)
			s.press("\x03") // only for the debugger
			s.press("q\n")
			s.await(`read q\n`)
			s.ready()
		}
		s.save("a/a_test.go", testFile("a", "\n\tt.Fatal()\n"))
		s.runs("./a")
		debugged()
		if flags == "" {
			s.press("a") // of several packages, the one with a failed test is debugged
			s.runs("./...")
			debugged()
		}
		s.press("q")
		s.exits(0)
	}
}

func TestWatchWithoutDelve(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	if err := os.Symlink(shardtest.Go(t), filepath.Join(bin, "go")); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("gotestshard")
	if err != nil {
		t.Fatal(err)
	}
	s := startSession(t, watchedModule(t), []string{"PATH=" + bin}, program, "--watch")
	s.begin()
	s.save("a/a_test.go", testFile("a", "\n"))
	s.runs("./a")
	s.press("d")
	s.await(`ERROR debugging ./a: .*; install delve with go install github.com/go-delve/delve/cmd/dlv@latest\n`)
	s.press("l")
	s.await(`Watching 3 directories`)
	s.press("q")
	s.exits(0)
}
