package watching

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/changed"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

func TestHeadingOfTheArea(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	writeGo(t, dir, "")
	t.Chdir(dir)
	synctest.Test(t, func(t *testing.T) {
		opts := option.Options{Watching: option.Watching{WatchDeps: option.WatchDepsAll}}
		opts.Area = true
		w := newFakeWatch(opts)
		w.deps = &fakeDeps{all: []changed.Concerned{{Path: "m/db", Name: "./db", Short: "db/x.go changed"}, {Path: "m/store", Name: "./store", Far: 1, Short: "imports db, which changed"}}}
		if err := w.look(); err != nil {
			t.Fatal(err)
		}
		run := w.run
		w.run = func(signals *signals.Watch, opts option.Options) runResult {
			w.warn("no part of the area") // it waits for the end of the run
			reasons := ""
			for _, path := range []string{"m/db", "m/store"} {
				reasons += path + ": " + opts.Reasons[path] + "\n"
			}
			_, _ = io.WriteString(&w.out, strings.Join(opts.Heading, " | ")+"\n"+reasons)
			result := run(signals, opts)
			result.execution = executionOf(t, `{"Action":"run","Package":"m/db","Test":"TestA"}`, `{"Action":"fail","Package":"m/db","Test":"TestA"}`, `{"Action":"fail","Package":"m/db"}`)
			return result
		}
		w.watchLoop.warn = func(text string, _ ...any) { _, _ = io.WriteString(w.watchLoop.stderr, "WARN "+text+"\n") }
		go func() { w.result <- w.loop() }()
		w.printed()
		w.save("db")
		time.Sleep(time.Minute)
		expect(t, w.printed(), "Running ./db ./store\n    \ndb/x.go changed | watching 1 package in shop | Esc to stop\nm/db: db/x.go changed\nm/store: imports db, which changed\n"+
			"250ms: go test ./db ./store\nWARN no part of the area\n")
		w.keys <- 'a'
		time.Sleep(time.Minute)
		expect(t, w.printed(), "Running ./...\nlast run: 1 test failed | watching 1 package in shop | Esc to stop\nm/db: \nm/store: \n1m0s: go test ./...\nWARN no part of the area\n")
		w.quit(t)
	})
}

func TestWordsOfTheHeading(t *testing.T) {
	failed := runResult{execution: executionOf(t, `{"Action":"run","Package":"p","Test":"TestA"}`, `{"Action":"fail","Package":"p","Test":"TestA"}`, `{"Action":"fail","Package":"p"}`), err: errors.New("")}
	for want, results := range map[string][]runResult{
		"":                         nil,
		"last run passed":          {{}, {}},
		"last run failed":          {{}, {err: errors.New("no build")}},
		"last run: 2 tests failed": {failed, failed},
		"last run was stopped":     {failed, {err: exit.Signalled(syscall.SIGTERM)}},
	} {
		if got := outcomeOf(results); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for want, files := range map[string]string{"": "", "a/x.go changed": "a/x.go", "a/x.go and 1 other file changed": "a/x.go b", "a/x.go and 2 other files changed": "a/x.go b c"} {
		if got := changedWords(strings.Fields(files)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What can come next is said once after a run, also if what was written meanwhile does not count. A
// package that is gone does not run again.
func TestWaiting(t *testing.T) {
	const waiting = "\nWaiting for a save. Press r to run the same again, ? to list the keys, q to quit.\n"
	t.Chdir(t.TempDir())
	writeGo(t, "a", "")
	writeGo(t, "tmp", "")
	synctest.Test(t, func(t *testing.T) {
		w := newFakeWatch(option.Options{Distribution: option.Distribution{Workers: 2}})
		go func() { w.result <- w.loop() }()
		w.write(t, "a")
		w.write(t, "tmp")
		time.Sleep(300 * time.Millisecond)
		w.save("a") // as it was
		time.Sleep(time.Minute)
		expect(t, w.printed(), "Running ./a ./tmp\n250ms: go test ./a ./tmp\n"+waiting)
		if err := os.RemoveAll("tmp"); err != nil {
			t.Fatal(err)
		}
		w.keys <- 'r'
		time.Sleep(time.Minute)
		expect(t, w.printed(), "Running ./a\n1m0.3s: go test ./a\n"+waiting)
		w.quit(t)
	})
}
