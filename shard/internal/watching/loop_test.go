package watching

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

// fakeFiles treats every event as a save.
type fakeFiles struct{}

func (fakeFiles) Look() (int, error)                    { return 1, nil }
func (fakeFiles) Also([]string)                         {}
func (fakeFiles) Changed(event fsnotify.Event) []string { return []string{event.Name} }

// fakeWatch is a loop on fake time, whose runs only take time.
type fakeWatch struct {
	*watchLoop
	events  chan fsnotify.Event
	errs    chan error
	keys    chan byte
	signals chan os.Signal
	out     bytes.Buffer
	took    time.Duration
	result  chan error
	started time.Time
}

func newFakeWatch(opts option.Options) *fakeWatch {
	w := &fakeWatch{
		events: make(chan fsnotify.Event), errs: make(chan error), keys: make(chan byte),
		signals: make(chan os.Signal), took: time.Second, result: make(chan error, 1), started: time.Now(),
	}
	w.watchLoop = &watchLoop{
		opts: opts, messages: &w.out, stderr: &between{out: &w.out},
		warn:  func(text string, args ...any) { _, _ = fmt.Fprintf(&w.out, "WARN "+text+"\n", args...) },
		files: fakeFiles{}, events: w.events, fileErrors: w.errs, keys: w.keys, signals: w.signals,
		pending: watch.NewPending(),
		run: func(signals *signals.Watch, opts option.Options) runResult {
			_, _ = fmt.Fprintf(&w.out, "%v: go test %s\n", time.Since(w.started), strings.Join(opts.Packages, " "))
			select {
			case <-time.After(w.took):
				return runResult{}
			case sig := <-signals.C:
				_, _ = fmt.Fprintln(&w.out, sig)
				return runResult{err: exit.Signalled(sig.(syscall.Signal))}
			}
		},
		debug: func(context.Context, delve) error { return nil },
	}
	return w
}

func startFakeWatch(opts option.Options) *fakeWatch {
	w := newFakeWatch(opts)
	go func() { w.result <- w.loop() }()
	return w
}

func (w *fakeWatch) save(dir string) {
	w.events <- fsnotify.Event{Name: filepath.Join(dir, "x.go"), Op: fsnotify.Write}
}

// printed waits until nothing happens any more at this time, and returns and clears the
// output.
func (w *fakeWatch) printed() string {
	synctest.Wait()
	defer w.out.Reset()
	return strings.ReplaceAll(w.out.String(), "\nRunning tests in", "Running")
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestWatchEndsWhenNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startFakeWatch(option.Options{})
		w.took = 3 * time.Hour // does not count
		time.Sleep(59 * time.Minute)
		w.keys <- 'a'
		time.Sleep(4*time.Hour - time.Second)
		expect(t, w.printed(), "Running ./...\n59m0s: go test ./...\n")
		started := time.Now()
		err := <-w.result
		if err == nil || err.Error() != "exceeded idle timeout while watching files" || time.Since(started) != time.Second {
			t.Errorf("%v after %v", err, time.Since(started))
		}
	})
}

func TestWatchJoinsSaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startFakeWatch(option.Options{})
		w.save("b")
		time.Sleep(200 * time.Millisecond)
		w.save("a")
		w.save("b")
		time.Sleep(300 * time.Millisecond) // until 500ms
		expect(t, w.printed(), "Running ./a ./b\n450ms: go test ./a ./b\n")
		w.keys <- 'r'
		w.keys <- 'r' // already pressed
		w.keys <- 'a'
		time.Sleep(10 * time.Second)
		expect(t, w.printed(), "Running ./a ./b\n1.45s: go test ./a ./b\nRunning ./...\n2.45s: go test ./...\n")
		w.errs <- fsnotify.ErrEventOverflow
		time.Sleep(10 * time.Second)
		expect(t, w.printed(), "WARN more files changed than the system could report, so all tests run\nRunning ./...\n10.75s: go test ./...\n")
		w.errs <- errors.New("no files")
		if err := <-w.result; err == nil || err.Error() != "failed while watching files: no files" {
			t.Error(err)
		}
	})
}

func TestWatchStopsJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startFakeWatch(option.Options{Watching: option.Watching{WatchChdir: true}})
		w.save("a")
		w.save("b")
		time.Sleep(500 * time.Millisecond)
		w.keys <- 'r'
		w.signals <- os.Interrupt // neither b nor r
		time.Sleep(10 * time.Second)
		expect(t, w.printed(), "Running ./a\n250ms: go test ./\ninterrupt\n")
		w.keys <- 'a'
		synctest.Wait()
		w.keys <- 'q'
		if err := <-w.result; err != nil {
			t.Error(err)
		}
		// A key is not a signal, so it has not reached the tests.
		expect(t, w.printed(), "Running ./...\n10.5s: go test ./...\nterminated\n")
	})
}

// The terminal sends Ctrl-C to the tests too, so a run may end before the watch sees the signal.
func TestWatchOutlivesALateKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFakeWatch(option.Options{})
		w.run = func(*signals.Watch, option.Options) runResult { return runResult{err: exit.Error{Code: exit.Failed}} }
		go func() { w.result <- w.loop() }()
		w.keys <- 'a'
		synctest.Wait()
		w.signals <- os.Interrupt
		time.Sleep(keyDelay)
		synctest.Wait()
		if len(w.result) > 0 {
			t.Fatal("it has ended")
		}
		w.signals <- os.Interrupt
		if err := <-w.result; exit.Code(err) != 130 {
			t.Error(err)
		}
	})
}

func TestWatchHandsPanicsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFakeWatch(option.Options{Watching: option.Watching{WatchStart: true}})
		w.run = func(*signals.Watch, option.Options) runResult { panic("oh") }
		defer func() {
			if p := fmt.Sprint(recover()); !strings.HasPrefix(p, "oh\n") || !strings.Contains(p, "TestWatchHandsPanicsOn") {
				t.Errorf("panicked with %s", p)
			}
		}()
		_ = w.loop()
	})
}

func TestOptionsOfAWatchRun(t *testing.T) {
	newID := func() string { return "new" }
	newRun, mine := option.Scope{RunID: "new"}, option.Scope{RunID: "mine", RunIDGiven: true}
	two, failed, chdir := option.Distribution{Workers: 2}, option.Reruns{RerunFails: 2}, option.Watching{WatchChdir: true}
	for name, test := range map[string]struct {
		opts     option.Options
		packages []string
		args     []string
		want     []option.Options
	}{
		"plain": {
			opts: option.Options{GoTest: option.GoTest{Packages: []string{"./p"}, MaxFails: 1}, Reruns: failed}, packages: []string{"./a", "./b"}, args: []string{"-update"},
			want: []option.Options{{GoTest: option.GoTest{Packages: []string{"./p", "./a", "./b", "-update"}, MaxFails: 1}, Scope: newRun}},
		},
		"workers": {
			opts: option.Options{Distribution: two, Reruns: failed, Scope: mine}, packages: []string{"./a"},
			want: []option.Options{{Distribution: two, Reruns: failed, Scope: mine, GoTest: option.GoTest{Packages: []string{"./a"}}, Watching: option.Watching{InOrder: true}}},
		},
		"workers, everything": {
			opts: option.Options{Distribution: two}, packages: []string{"./..."},
			want: []option.Options{{Distribution: two, Scope: newRun, GoTest: option.GoTest{Packages: []string{"./..."}}}},
		},
		"chdir": {
			opts: option.Options{Watching: chdir}, packages: []string{"./a", "./b"},
			want: []option.Options{
				{Watching: chdir, GoTest: option.GoTest{Dir: "./a", Packages: []string{"./"}}, Scope: newRun},
				{Watching: chdir, GoTest: option.GoTest{Dir: "./b", Packages: []string{"./"}}, Scope: newRun},
			},
		},
		"chdir, everything": {
			opts: option.Options{Watching: chdir}, packages: []string{"./..."},
			want: []option.Options{{Watching: chdir, GoTest: option.GoTest{Packages: []string{"./..."}}, Scope: newRun}},
		},
	} {
		var got []option.Options
		for _, run := range runsFor(test.opts.WatchChdir, test.packages, test.args) {
			got = append(got, run.options(test.opts, newID))
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// In the root of a workspace that is in no module go test has an error for ./....
func TestWatchOfAWorkspace(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.work"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for workers, want := range map[int]string{0: "./...", 2: "work"} {
		opts := option.Options{GoTest: option.GoTest{Dir: dir}, Distribution: option.Distribution{Workers: workers}}
		run := testRun{packages: []string{"./..."}}.options(opts, func() string { return "new" })
		if watched := watchedPackages(opts.Workers, opts.GoTest, opts.GoEnvironment()); !slices.Equal(run.Packages, []string{want}) || !slices.Equal(watched, run.Packages) {
			t.Errorf("%d workers: run %q and watched %q, want %q", workers, run.Packages, watched, want)
		}
	}
}
