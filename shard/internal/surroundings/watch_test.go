//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package surroundings

import (
	"encoding/json"
	"io"
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

func startWatch(t *testing.T, dir string, flags ...string) *session {
	t.Helper()
	return startSession(t, dir, nil, "gotestshard", append([]string{"--watch"}, flags...)...)
}

func TestWatchKeys(t *testing.T) {
	t.Parallel()
	s := startWatch(t, watchedModule(t))
	s.begin()
	s.press("?")
	for _, key := range []string{"r", "u", "d", "a", "l", "Enter", "?", "q", "Ctrl-C"} {
		s.await(`(?m)^    ` + strings.ReplaceAll(key, "?", `\?`) + ` .*`)
	}
	s.press("r") // runs everything, because nothing has run yet
	s.runs("./...")
	s.save("a/a_test.go", "package a\n\nimport (\n\t\"flag\"\n\t\"testing\"\n)\n\n"+
		"var update = flag.Bool(\"update\", false, \"\")\n\nfunc TestA(t *testing.T) { t.Error(\"update is\", *update) }\n")
	s.starts("./a")
	s.await("update is false")
	s.await(`DONE 1 tests, 1 failure`)
	s.press("u")
	s.starts("./a")
	s.await("update is true")
	s.press("r") // during or after the run
	s.starts("./a")
	s.await("update is false")
	s.press("a")
	s.runs("./...")
	s.press("l")
	s.await(`Watching 3 directories`)
	s.press("x\nq")
	s.exits(0)
	if !strings.HasSuffix(s.printed(), "exit.\n\n") {
		t.Error("Enter did not print a blank line, or another key had an effect")
	}
}

func TestWatchStart(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string]string{
		"":                             `^\nRunning tests in \./\.\.\.\n`,
		"--packages=./a --watch-clear": `\x1b\[H\x1b\[2J\n\nRunning tests in \./a\n`,
	} {
		s := startWatch(t, watchedModule(t), append([]string{"--watch-start"}, strings.Fields(flags)...)...)
		s.begin()
		s.await(want)
		s.await(`DONE.*\n`)
		s.press("q")
		s.exits(0)
	}
}

// Files that are saved during a run are tested in one run after it.
func TestWatchLosesNoSave(t *testing.T) {
	t.Parallel()
	for _, flags := range []string{"", "-n 2 --watch-interrupt=off --watch-poll=20ms"} {
		s := startWatch(t, watchedModule(t), strings.Fields(flags)...)
		writeFiles(t, s.dir, map[string]string{"hold": ""})
		s.begin()
		s.press("a")
		s.starts("./...")
		s.exists("held")
		s.save("a/a_test.go", testFile("a", "\n"))
		s.save("deep/c/c_test.go", testFile("c", "\n"))
		writeFiles(t, s.dir, map[string]string{"release": ""})
		s.runs("./a ./deep/c")
		s.save("a/a_test.go", testFile("a", "\n\n"))
		s.runs("./a") // the earlier ones do not run again
		s.press("q")
		s.exits(0)
	}
}

// A test that writes a Go file in its folder does not run forever.
func TestWatchIgnoresWhatTestsWriteAgain(t *testing.T) {
	t.Parallel()
	s := startWatch(t, watchedModule(t))
	s.begin()
	s.save("a/a_test.go", "package a\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestA(t *testing.T) {\n"+
		"\tos.WriteFile(\"made.go\", []byte(\"package a\\n\"), 0o600)\n\tos.WriteFile(\"gone.go\", nil, 0o600)\n\tos.Remove(\"gone.go\")\n}\n")
	s.runs("./a")
	s.runs("./a") // because made.go is a new file
	s.save("deep/c/c_test.go", testFile("c", "\n"))
	s.runs("./deep/c")
	s.press("q")
	s.exits(0)
}

func TestWatchSeesNewFolders(t *testing.T) {
	t.Parallel()
	s := startWatch(t, watchedModule(t))
	s.begin()
	// In another folder first, so that the new folder appears together with all its files.
	away := t.TempDir()
	writeFiles(t, away, map[string]string{
		"new/n_test.go":         testFile("n", ""),
		"new/sub/s_test.go":     testFile("s", ""),
		"new/testdata/t.go":     "package t\n",
		"new/.hidden/h.go":      "package h\n",
		"new/empty/to/come/txt": "",
	})
	move := func(from, to string) {
		if err := os.Rename(from, filepath.Join(s.dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	move(filepath.Join(away, "new"), "deep/new") // deep itself has no .go files
	s.runs("./deep/new ./deep/new/sub")
	s.save("deep/new/sub/s_test.go", testFile("s", "\n"))
	s.runs("./deep/new/sub")
	writeFiles(t, s.dir, map[string]string{"deep/new/empty/to/come/e_test.go": testFile("e", "")})
	s.runs("./deep/new/empty/to/come")
	move(filepath.Join(s.dir, "deep/new"), "old")
	s.runs("./old ./old/empty/to/come ./old/sub")
	s.save("old/sub/s_test.go", testFile("s", "\n\n"))
	s.runs("./old/sub")
	s.press("l")
	s.await("Watching 6 directories")
	s.press("q")
	s.exits(0)
}

// Errors in a run do not end the watch.
func TestWatchGoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	broken := testFile("a", "\n\tt.Run(\"x\", func(t *testing.T) { t.Error(\"bad\") })\n\tt.Error(\"bad too\")\n")
	for flags, want := range map[string]string{
		"":                        `DONE 2 tests, 2 failures in`,
		"--max-fails=1":           `ERROR ending test run because max failures was reached\n`,
		"-n 2 --max-fails=1":      `ERROR ending test run because max failures was reached\n`,
		"--jsonfile=a/a_test.go/": `ERROR failed to create file: `,
		"--post-run-command=nope": `ERROR post run command failed: `,
		"-n 2 --rerun-fails=1":    `(?s)DONE 2 tests, 2 failures.*DONE 2 runs`,
		"--rerun-fails=1":         `DONE 2 tests, 2 failures in`,
		"-- -nonsense=":           `DONE 0 tests`,
		"-n 2 -- -C nowhere":      `DONE 0 tests, 1 error`,
	} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			s := startWatch(t, watchedModule(t), strings.Fields(flags)...)
			s.begin()
			s.save("a/a_test.go", broken)
			s.starts("./a")
			s.await(want)
			s.save("deep/c/c_test.go", testFile("c", "\n"))
			s.starts("./deep/c")
			s.press("q")
			s.exits(0)
			if again := strings.Contains(s.printed(), "DONE 2 runs"); again != strings.Contains(want, "DONE 2 runs") {
				t.Errorf("run again: %v", again)
			}
		})
	}
}

// With --watch-chdir each folder has a run of its own, in it: also one of
// another module.
func TestWatchChdir(t *testing.T) {
	t.Parallel()
	s := startWatch(t, watchedModule(t), "--watch-chdir")
	writeFiles(t, s.dir, map[string]string{"deep/c/go.mod": "module example.com/other\n\ngo 1.26\n"})
	s.begin()
	s.saveAtOnce(map[string]string{"a/a_test.go": testFile("a", "\n"), "deep/c/c_test.go": testFile("c", "\n")})
	s.starts("./a")
	s.await(`DONE 1 tests`)
	s.starts("./deep/c")
	s.await(`DONE 1 tests`)
	s.press("r")
	s.runs("./a")
	s.runs("./deep/c")
	s.press("a")
	s.runs("./...")
	s.press("q")
	s.exits(0)
}

// Without keys, here because of a pipe, the watch continues. If standard output has a stream,
// the messages of the watch are elsewhere.
func TestWatchWithoutTerminal(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("gotestshard", "--watch", "--watch-start", "-f", "json")
	cmd.Dir = watchedModule(t)
	cmd.Env = append(append(environ.Run{}.Without(os.Environ()), "NO_COLOR=1", "PATH="+shardtest.Builds(t).Path(os.Getenv("PATH"))), shardtest.BuildEnv(t)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = stdin.Close()
	decoder := json.NewDecoder(stdout)
	for ended := 0; ended < 3; {
		var event struct{ Action, Test string }
		if err := decoder.Decode(&event); err != nil {
			t.Fatalf("%v\n%s", err, &stderr)
		}
		if event.Action == "pass" && event.Test == "" {
			ended++
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(io.MultiReader(decoder.Buffered(), stdout)); err != nil || len(strings.TrimSpace(string(rest))) > 0 {
		t.Errorf("%v %s", err, rest)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 143 {
		t.Errorf("exit code %d", code)
	}
	want := "WARN no terminal input -- keyboard shortcuts disabled: inappropriate ioctl for device\n" +
		"Watching 3 directories. Use Ctrl-c to stop a run or exit.\n\nRunning tests in ./...\n"
	if stderr.String() != want {
		t.Errorf("got %q, want %q", &stderr, want)
	}
}

func TestWatchOfNothing(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string]string{
		"--packages=./nope": `ERROR failed to watch directory nope: no such file or directory; --packages are folders such as ./a or ./a/... with --watch`,
		"--shard=x=go":      `ERROR --watch and --shard cannot be used together`,
	} {
		s := startWatch(t, watchedModule(t), flags)
		s.await(want)
		s.exits(3)
	}
}

func TestWatchRawCommand(t *testing.T) {
	t.Parallel()
	s := startWatch(t, watchedModule(t), "--raw-command", "--", "cat", "events")
	writeFiles(t, s.dir, map[string]string{"events": `{"Action":"pass","Package":"example.com/m/deep/c","Test":"TestC"}` + "\n" + `{"Action":"pass","Package":"example.com/m/deep/c"}` + "\n"})
	s.begin()
	s.save("a/a_test.go", testFile("a", "\n"))
	s.starts("./a")
	s.await(`deep/c`)
	s.await(`DONE 1 tests`)
	s.press("q")
	s.exits(0)
}
