package watching

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watchFolder watches the working directory on fake time, by looking at real files.
func watchFolder(t *testing.T, opts option.Options) (w *fakeWatch, quit func()) {
	t.Helper()
	w = newFakeWatch(opts)
	files, err := watch.NewWatcher(nil, time.Second, func(path string, err error) { t.Errorf("warned: %s: %v", path, err) })
	if err != nil {
		t.Fatal(err)
	}
	w.files, w.watchLoop.events, w.fileErrors = files, files.Events(), files.Errors()
	if _, err := files.Look(); err != nil {
		t.Fatal(err)
	}
	return w, func() {
		w.keys <- 'q'
		if err := <-w.result; err != nil {
			t.Error(err)
		}
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	}
}

// writeGo writes a Go file of a package.
func writeGo(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// openFiles returns how many files this process has open, 0 where that is not known.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

func TestAHundredCycles(t *testing.T) {
	t.Chdir(t.TempDir())
	writeGo(t, "a", "")
	before := openFiles()
	synctest.Test(t, func(t *testing.T) {
		w, quit := watchFolder(t, option.Options{})
		go func() { w.result <- w.loop() }()
		var goroutines int
		for cycle := range 100 {
			writeGo(t, "a", fmt.Sprint("package a // ", cycle))
			time.Sleep(5 * time.Second)
			if got := w.printed(); strings.Count(got, "go test ./a\n") != 1 {
				t.Fatalf("cycle %d: %q", cycle, got)
			}
			if cycle == 0 {
				goroutines = runtime.NumGoroutine()
			}
		}
		if now := runtime.NumGoroutine(); now > goroutines {
			t.Errorf("%d goroutines, %d after the first cycle", now, goroutines)
		}
		quit()
	})
	if after := openFiles(); after > before+2 { // the runtime may open its own
		t.Errorf("%d open files, %d before", after, before)
	}
}

// git checkout of a branch with other files in 500 packages, of which some are new, is one run.
func TestCheckoutOfABranch(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	t.Chdir(t.TempDir())
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	branch := func(name string, packages int) {
		for i := range packages {
			writeGo(t, fmt.Sprintf("p%03d", i), "package p // on "+name)
		}
		git("add", ".")
		git("commit", "-q", "-m", name)
	}
	git("init", "-q", "-b", "one")
	branch("one", 400)
	git("checkout", "-q", "-b", "two")
	branch("two", 500)
	git("checkout", "-q", "one")
	synctest.Test(t, func(t *testing.T) {
		w, quit := watchFolder(t, option.Options{Watching: option.Watching{WatchInterrupt: option.WatchInterruptOn}})
		go func() { w.result <- w.loop() }()
		git("checkout", "-q", "two")
		time.Sleep(5 * time.Second)
		if got := w.printed(); strings.Count(got, "go test") != 1 || strings.Count(got, " ./p") != 500+mostShown || !strings.Contains(got, " ./p004 and 495 more packages\n") {
			t.Errorf("%d runs of %d packages:\n%.200s", strings.Count(got, "go test"), strings.Count(got, " ./p"), got)
		}
		quit()
	})
}

// A go generate that writes the same text in each run does not run forever.
func TestGenerateInEachRun(t *testing.T) {
	for which, want := range map[string]string{
		option.WatchInterruptOff: "0s: go test ./...\nRunning ./gen\n1m0s: go test ./gen\n",
		option.WatchInterruptOn:  "0s: go test ./...\n" + overAgain + "Running ./gen ./...\n    not done in the stopped run: ./...\n1.25s: go test ./gen ./...\n",
	} {
		t.Chdir(t.TempDir())
		writeGo(t, "gen", "")
		synctest.Test(t, func(t *testing.T) {
			w, quit := watchFolder(t, option.Options{Watching: option.Watching{WatchInterrupt: which}})
			w.took = time.Minute
			run := w.run
			w.run = func(signals *signals.Watch, opts option.Options) runResult {
				writeGo(t, "gen", "package gen")
				return run(signals, opts)
			}
			go func() { w.result <- w.loop() }()
			w.keys <- 'a'
			time.Sleep(time.Hour / 2)
			if got := w.printed(); !strings.HasSuffix(got, want) || strings.Count(got, "go test") != 2 || strings.Contains(got, "WARN") {
				t.Errorf("%s: printed\n%s", which, got)
			}
			quit()
		})
	}
}
