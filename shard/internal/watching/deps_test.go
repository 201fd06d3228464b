package watching

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/changed"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// fakeDeps is what a save of any file concerns.
type fakeDeps struct {
	all []changed.Concerned
	err error
}

func (d *fakeDeps) Folders() []string                               { return nil }
func (d *fakeDeps) Packages() []string                              { return nil }
func (d *fakeDeps) Concerned([]string) ([]changed.Concerned, error) { return d.all, d.err }

func TestWatchRunsWhatDependsOnASave(t *testing.T) {
	deps := &fakeDeps{all: []changed.Concerned{
		{Path: "m/db", Name: "./db", Reason: "db/x.go changed"},
		{Path: "m/store", Name: "./store", Far: 1, Reason: "db/x.go changed → db → store"},
		{Path: "m/api", Name: "./api", Far: 2, Reason: "db/x.go changed → db → store → api"},
	}}
	for which, want := range map[string]string{
		option.WatchDepsAll:    "Running ./db ./store ./api\n    db/x.go changed → db → store\n    db/x.go changed → db → store → api\n250ms: go test ./db ./store ./api\n",
		option.WatchDepsDirect: "Running ./db ./store\n    db/x.go changed → db → store\n250ms: go test ./db ./store\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newFakeWatch(option.Options{Watching: option.Watching{WatchDeps: which}})
			w.deps = deps
			go func() { w.result <- w.loop() }()
			w.save("db")
			time.Sleep(time.Minute)
			expect(t, w.printed(), want)
			w.keys <- 'a'
			time.Sleep(time.Minute)
			expect(t, w.printed(), "Running ./...\n1m0s: go test ./...\n")
			w.keys <- 'q'
			if err := <-w.result; err != nil {
				t.Error(err)
			}
		})
	}
}

// Without a graph, what was saved still runs.
func TestWatchWithoutAGraph(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFakeWatch(option.Options{Watching: option.Watching{WatchDeps: option.WatchDepsAll}})
		w.deps = &fakeDeps{err: errors.New("no go command")}
		go func() { w.result <- w.loop() }()
		w.save("db")
		time.Sleep(time.Minute)
		expect(t, w.printed(), "WARN only what was saved runs, and not what depends on it: no go command\nRunning ./db\n250ms: go test ./db\n")
		w.keys <- 'q'
		if err := <-w.result; err != nil {
			t.Error(err)
		}
	})
}

// A file that is no Go file runs only what it concerns.
func TestWatchRunsWhatReadsAFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFakeWatch(option.Options{Watching: option.Watching{WatchDeps: option.WatchDepsAll}})
		deps := &fakeDeps{all: []changed.Concerned{{Path: "m/api", Name: "./api", Reason: "reads data/x"}}}
		w.deps = deps
		go func() { w.result <- w.loop() }()
		w.events <- fsnotify.Event{Name: "data/x", Op: fsnotify.Write}
		time.Sleep(time.Minute)
		expect(t, w.printed(), "Running ./api\n    reads data/x\n250ms: go test ./api\n")
		deps.all = nil
		w.events <- fsnotify.Event{Name: "data/x", Op: fsnotify.Write}
		time.Sleep(time.Minute)
		expect(t, w.printed(), "")
		w.keys <- 'q'
		if err := <-w.result; err != nil {
			t.Error(err)
		}
	})
}

func TestOrder(t *testing.T) {
	pkg := func(name string, far int) changed.Concerned {
		return changed.Concerned{Path: "m/" + name, Name: "./" + name, Far: far}
	}
	all := []changed.Concerned{pkg("a", 0), pkg("b", 1), pkg("c", 1), pkg("d", 2), pkg("e", 2), pkg("f", 0)}
	for name, test := range map[string]struct{ saved, failed, want string }{
		"saved, then by distance":               {"./a", "", "a f b c d e"},
		"of equal distance what failed":         {"./a", "m/c m/e", "a f c b e d"},
		"a nearer one before one that failed":   {"./a", "m/d m/e", "a f b c d e"},
		"of several saved ones what failed":     {"./a ./b", "m/b", "b a f c d e"},
		"saved ones that are far of each other": {"./a ./d", "m/c", "a d f c b e"},
		"only a file that tests read":           {"", "m/f", "f a b c d e"},
	} {
		failed := map[string]bool{}
		for path := range strings.FieldsSeq(test.failed) {
			failed[path] = true
		}
		var got []string
		for _, pkg := range inOrder(all, strings.Fields(test.saved), failed) {
			got = append(got, strings.TrimPrefix(pkg.Name, "./"))
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%s: got %s, want %s", name, text, test.want)
		}
	}
}

func TestManyReasons(t *testing.T) {
	w := newFakeWatch(option.Options{})
	for range mostShown + 3 {
		w.why = append(w.why, "why")
	}
	if err := w.writeWhy(); err != nil {
		t.Fatal(err)
	}
	expect(t, w.out.String(), "    why\n    why\n    why\n    why\n    why\n    and 3 more packages\n")
}

func TestKeysOfWhatWasSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFakeWatch(option.Options{Watching: option.Watching{WatchDeps: option.WatchDepsDirect}})
		w.deps = &fakeDeps{all: []changed.Concerned{
			{Path: "m/db", Name: "./db"}, {Path: "m/store", Name: "./store", Far: 1, Reason: "why"}, {Path: "m/api", Name: "./api", Far: 2, Reason: "why too"},
		}}
		run := w.run
		w.run = func(signals *signals.Watch, opts option.Options) runResult {
			result := run(signals, opts)
			result.execution = executionOf(t, `{"Action":"run","Package":"m/db","Test":"TestB/sub"}`, `{"Action":"fail","Package":"m/db","Test":"TestB/sub"}`,
				`{"Action":"run","Package":"m/db","Test":"TestA"}`, `{"Action":"fail","Package":"m/db","Test":"TestA"}`,
				`{"Action":"fail","Package":"m/db"}`, `{"Action":"pass","Package":"m/store"}`)
			return result
		}
		go func() { w.result <- w.loop() }()
		for _, key := range "pwf" {
			w.keys <- byte(key)
		}
		expect(t, w.printed(), "\nnothing was saved yet\n\nnothing was saved yet\n\nnothing failed in the last run\n")
		w.save("db")
		for _, step := range []struct {
			key  byte
			want string
		}{
			{0, "Running ./db ./store\n    why\n250ms: go test ./db ./store\n"},
			{'f', "Running m/db\n1m0s: go test m/db -run=^(TestA|TestB)$\n"},
			{'r', "Running ./db ./store\n2m0s: go test ./db ./store\n"},
			{'w', "Running ./db ./store ./api\n    why\n    why too\n3m0s: go test ./db ./store ./api\n"},
			{'p', "Running ./db\n4m0s: go test ./db\n"},
		} {
			if step.key != 0 {
				w.keys <- step.key
			}
			time.Sleep(time.Minute)
			expect(t, w.printed(), step.want)
		}
		w.keys <- 'q'
		if err := <-w.result; err != nil {
			t.Error(err)
		}
	})
}

// noHandler shows nothing.
type noHandler struct{}

func (noHandler) Event(testjson.TestEvent, *testjson.Execution) error { return nil }
func (noHandler) Err(string) error                                    { return nil }

// executionOf is what testjson makes of events.
func executionOf(t *testing.T, events ...string) *testjson.Execution {
	t.Helper()
	execution, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: strings.NewReader(strings.Join(events, "\n")), Stderr: strings.NewReader(""), Handler: noHandler{}, Stop: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	return execution
}
