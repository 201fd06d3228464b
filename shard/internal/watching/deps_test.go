package watching

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/changed"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// fakeDeps is what a save of any file concerns.
type fakeDeps struct {
	all []changed.Concerned
	err error
}

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
		<-w.result
	})
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
