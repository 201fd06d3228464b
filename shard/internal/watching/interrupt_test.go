package watching

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/gotestshard/gotestshard/shard/internal/changed"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

// interruptible is a watch with runs that a save can stop.
type interruptible struct {
	*fakeWatch
	whileRunning, atStop func() // called by a run, if they are set
}

// startInterruptible starts a watch whose runs take a minute and have passed m/fast at their end.
func startInterruptible(t *testing.T, which string) *interruptible {
	t.Helper()
	t.Chdir(t.TempDir())
	w := &interruptible{fakeWatch: newFakeWatch(option.Options{Watching: option.Watching{WatchDeps: option.WatchDepsAll, WatchInterrupt: which}})}
	w.took = time.Minute
	w.deps = byFolder{
		"db": {{Path: "m/db", Name: "./db"}, {Path: "m/fast", Name: "./fast", Far: 1, Reason: "fast needs db"}, {Path: "m/api", Name: "./api", Far: 1, Reason: "api needs db"}},
	}
	run := w.run
	w.run = func(signals *signals.Watch, opts option.Options) runResult {
		if w.whileRunning != nil {
			w.whileRunning()
		}
		result := run(signals, opts)
		if result.err != nil && w.atStop != nil {
			w.atStop()
		}
		result.execution = executionOf(t, `{"Action":"pass","Package":"m/fast"}`, `{"Action":"fail","Package":"m/db"}`)
		return result
	}
	go func() { w.result <- w.loop() }()
	return w
}

// byFolder is what a save of files in a folder concerns. It is the folder alone by default.
type byFolder map[string][]changed.Concerned

func (d byFolder) Folders() []string  { return nil }
func (d byFolder) Packages() []string { return []string{"./db", "./fast", "./api", "./other"} }
func (d byFolder) Concerned(files []string) (all []changed.Concerned, err error) {
	for _, file := range files {
		dir := filepath.Dir(file)
		if d[dir] == nil {
			all = append(all, changed.Concerned{Path: "m/" + dir, Name: "./" + dir})
		}
		all = append(all, d[dir]...)
	}
	return all, nil
}

// write saves a new text.
func (w *fakeWatch) write(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "x.go")
	if err := os.WriteFile(file, fmt.Append(nil, time.Now().UnixNano()), 0o600); err != nil {
		t.Fatal(err)
	}
	w.events <- fsnotify.Event{Name: file, Op: fsnotify.Write}
}

func (w *fakeWatch) quit(t *testing.T) {
	t.Helper()
	w.keys <- 'q'
	if err := <-w.result; err != nil {
		t.Error(err)
	}
}

const overAgain = "terminated\n\nA file was saved during the run, so it starts over.\n"

func TestSaveDuringARun(t *testing.T) {
	first := "Running ./db ./fast ./api\n    fast needs db\n    api needs db\n250ms: go test ./db ./fast ./api\n"
	for name, test := range map[string]struct{ which, saved, want string }{
		"of the package of the run": {option.WatchInterruptOn, "db", overAgain + "Running ./db ./fast ./api\n    fast needs db\n    api needs db\n10.25s: go test ./db ./fast ./api\n"},
		"of a later package":        {option.WatchInterruptOn, "api", overAgain + "Running ./api ./db\n    not done in the stopped run: ./db\n10.25s: go test ./api ./db\n"},
		"of another package":        {option.WatchInterruptOn, "other", ""},
		"without interrupts":        {option.WatchInterruptOff, "db", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := startInterruptible(t, test.which)
				w.write(t, "db")
				time.Sleep(10 * time.Second)
				expect(t, w.printed(), first)
				w.write(t, test.saved)
				time.Sleep(10 * time.Second)
				expect(t, w.printed(), test.want)
				if test.want == "" { // the save runs afterwards
					time.Sleep(time.Minute)
					if got := w.printed(); got == "" {
						t.Error("the save was lost")
					}
				}
				w.quit(t)
			})
		})
	}
}

// What a stopped run has not done runs also if the file is as before again.
func TestSaveThatIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startInterruptible(t, option.WatchInterruptOn)
		w.atStop = func() { _ = os.Remove(filepath.Join("other", "x.go")) }
		w.keys <- 'a'
		synctest.Wait()
		w.write(t, "other")
		time.Sleep(time.Second)
		expect(t, w.printed(), "Running ./...\n0s: go test ./...\n"+overAgain+"Running ./...\n    not done in the stopped run: ./...\n250ms: go test ./...\n")
		w.quit(t)
	})
}

// A test that writes a file in each run lets some runs end, and at last nothing runs.
func TestRunsThatStopThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startInterruptible(t, option.WatchInterruptOn)
		w.whileRunning = func() { w.write(t, "db") }
		w.keys <- 'a'
		time.Sleep(time.Hour)
		printed := w.printed()
		if runs, stopped := strings.Count(printed, "go test"), strings.Count(printed, "starts over"); runs != 11 || stopped != 3 || !strings.Contains(printed, "WARN files in ./db change in every run") {
			t.Errorf("%d of %d runs were stopped:\n%s", stopped, runs, printed)
		}
		w.quit(t)
	})
}

// A package that is new, such as one that tests write and remove again, is none of the run.
func TestNewPackageDuringARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startInterruptible(t, option.WatchInterruptOn)
		w.keys <- 'a'
		synctest.Wait()
		w.write(t, "fresh")
		time.Sleep(30 * time.Second)
		expect(t, w.printed(), "Running ./...\n0s: go test ./...\n")
		time.Sleep(time.Minute)
		expect(t, w.printed(), "Running ./fresh\n1m0s: go test ./fresh\n")
		w.quit(t)
	})
}

func TestEscStopsARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startInterruptible(t, option.WatchInterruptOn)
		w.keys <- watch.Esc
		w.keys <- 'a'
		synctest.Wait()
		expect(t, w.printed(), "Running ./...\n0s: go test ./...\n")
		w.keys <- 'r' // is dropped too
		w.keys <- watch.Esc
		time.Sleep(time.Second)
		expect(t, w.printed(), "terminated\n")
		w.quit(t)
	})
}
