package diagnose

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

// workers run the test binaries of a session, as package workers does, with a function in place of
// the processes.
type workers struct {
	limit chan struct{}
	run   func(ctx context.Context, pkg string, tests []string) (failed bool)
	// message is that of failures.
	message string

	mu      sync.Mutex
	running []string
}

// runs matches the names in a -run.
var runs = regexp.MustCompile(`^-test.run=\^\(?([^)]*)\)?\$$`)

// binary repeats a test binary until its session wants no more.
func (w *workers) binary(ctx context.Context, s *session, pkg string) {
	var running sync.WaitGroup
	defer running.Wait()
	for ctx.Err() == nil {
		next, ok := s.Next(pkg, nil)
		if !ok {
			return
		}
		w.limit <- struct{}{}
		running.Go(func() {
			defer func() { <-w.limit }()
			var tests []string
			for _, arg := range next.Args {
				if at := runs.FindStringSubmatch(arg); at != nil {
					tests = strings.Split(at[1], "|")
				}
			}
			w.mu.Lock()
			w.running = append(w.running, pkg)
			w.mu.Unlock()
			result := option.Repeated{Passed: tests}
			if w.run(ctx, pkg, tests) {
				result.Failed = true
				result.Events = fmt.Appendf(nil, `{"Action":"run","Package":%[1]q,"Test":"TestV"}`+"\n"+
					`{"Action":"output","Package":%[1]q,"Test":"TestV","Output":%[2]q}`+"\n"+
					`{"Action":"fail","Package":%[1]q,"Test":"TestV"}`+"\n"+`{"Action":"fail","Package":%[1]q}`+"\n", pkg, "    a_test.go:3: "+w.message+"\n")
			}
			w.mu.Lock()
			w.running = slices.Delete(w.running, slices.Index(w.running, pkg), slices.Index(w.running, pkg)+1)
			w.mu.Unlock()
			if ctx.Err() == nil { // after a signal there is no result
				s.Ended(next, result)
			}
		})
	}
}

// diagnosed runs a session for failures to its end.
func diagnosed(ctx context.Context, w *workers, failures []*failure, together []string) *diagnosis {
	d := &diagnosis{now: time.Now, say: func(string) {}, asked: option.Diagnose{Budget: time.Hour}, results: &results{failures: failures}}
	s := &session{diagnosis: d, deadline: time.Hour}
	packages := d.results.packagesOf(failures)
	s.start = func(pkg string) {
		for _, f := range failures {
			switch {
			case f.pkg != pkg:
			case f.decided:
				s.load(f, cap(w.limit))
			default:
				s.decide(f)
			}
		}
	}
	if together != nil {
		packages = together
		s.all, s.begin = together, func() {
			for _, f := range failures {
				s.collide(f, cap(w.limit))
			}
		}
	}
	s.init(ctx, packages)
	var hooks sync.WaitGroup
	for _, pkg := range packages {
		hooks.Go(func() { w.binary(ctx, s, pkg) })
	}
	hooks.Wait()
	s.wait()
	return d
}

func tests(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("Test%03d", i))
	}
	return names
}

func TestSessionDecides(t *testing.T) {
	defer goleak.VerifyNone(t)
	w := &workers{limit: make(chan struct{}, 1), run: func(_ context.Context, pkg string, tests []string) bool {
		return pkg == "m/broken" || pkg == "m/order" && slices.Contains(tests, "Test042")
	}}
	failures := []*failure{
		{pkg: "m/order", test: "TestV", before: tests(100), others: tests(150)},
		{pkg: "m/broken", test: "TestV", before: tests(3), others: tests(9), elsewhere: true, seed: "7"},
		{pkg: "m/fine", test: "TestV", message: "the port is taken"},
	}
	d := diagnosed(t.Context(), w, failures, nil)
	want := `ORDER-DEPENDENT m/order TestV fails after Test042
    it passed 4 of 4 times alone, and failed 2 of 2 times after Test042
    go test -count=1 '-run=^(Test042|TestV)$' m/order

BROKEN m/broken TestV
    it failed 3 of 3 times alone
    go test -count=1 '-run=^TestV$' m/broken

FLAKY m/fine TestV
    it failed: the port is taken
    it did not fail again in 13 runs, so that its rate is below 23% (95% interval)
    gotestshard stress '-run=^TestV$' m/fine

DIAGNOSED 3 failed tests: 1 broken, 1 order-dependent, 1 flaky; `
	var out strings.Builder
	if err := d.writeJSON(&out); err != nil || !strings.Contains(out.String(), `"fails_after": [
        "Test042"
      ],`) {
		t.Errorf("%v, %s", err, &out)
	}
	if got := d.text(); !strings.HasPrefix(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// The machine is slow for a test that fails by time under load, and not alone.
func TestSessionKnowsSlowMachines(t *testing.T) {
	defer goleak.VerifyNone(t)
	const most = 4 // as many at once are too many
	for _, c := range []struct{ name, message, verdict, why string }{
		{"by time", "context deadline exceeded", Slow, "it passed 13 of 13 times with nothing beside it, and failed by time 6 of 6 times with N processes of it at once"},
		{"otherwise", "the port is taken", Flaky, "it did not fail again in 13 runs, so that its rate is below 23% (95% interval)"},
		{"not at all", "", Flaky, "it failed by time, but not in 18 runs under load, so the machine of that run may have been slower"},
	} {
		var running atomic.Int32
		full := make(chan struct{}) // closed when most of them run
		w := &workers{limit: make(chan struct{}, 6), message: c.message, run: func(ctx context.Context, _ string, _ []string) bool {
			if running.Add(1) == most {
				close(full)
			}
			select {
			case <-full:
			case <-ctx.Done():
			}
			return c.message != ""
		}}
		f := &failure{pkg: "m/slow", test: "TestV", message: "timed out after 2s", decided: true, found: verdict.Result{Kind: verdict.NotAgain, Alone: verdict.Rate{Runs: 13}}}
		if !f.maybeSlow() {
			t.Fatal("it may not be slow")
		}
		diagnosed(t.Context(), w, []*failure{f}, nil)
		why := f.why(false)
		last := strings.Replace(why[len(why)-1], fmt.Sprintf("with %d processes", loadWorkers()), "with N processes", 1)
		if f.verdict() != c.verdict || last != c.why {
			t.Errorf("%s: %s, %q, want %s, %q", c.name, f.verdict(), why, c.verdict, c.why)
		}
	}
}

// Of the packages that ran at the same time, the one that matters is found.
func TestSessionFindsCollisions(t *testing.T) {
	defer goleak.VerifyNone(t)
	w := &workers{limit: make(chan struct{}, 2)}
	f := &failure{pkg: "m/v", test: "TestV", decided: true, found: verdict.Result{Kind: verdict.NotAgain}}
	packages := []string{"m/v"}
	for _, other := range []string{"m/a", "m/b", "m/c"} {
		packages, f.beside = append(packages, other), append(f.beside, neighbour{pkg: other})
	}
	w.run = beside(w)
	d := diagnosed(t.Context(), w, []*failure{f}, packages)
	if f.verdict() != Collides || len(f.with) != 1 || f.with[0].pkg != "m/b" {
		t.Errorf("%s", d.text())
	}
	if got := d.command(f); got != "gotestshard -n=2 -- -count=1 m/v m/b" {
		t.Error(got)
	}
}

// Of the tests of its own package that another process ran, the one that matters is found.
func TestSessionFindsCollidingTests(t *testing.T) {
	defer goleak.VerifyNone(t)
	var mu sync.Mutex
	var busy chan struct{} // closed when TestV has run beside Test007, nil if that does not run
	w := &workers{limit: make(chan struct{}, 2), run: func(ctx context.Context, _ string, tests []string) (failed bool) {
		mu.Lock()
		switch seen := busy; {
		case slices.Contains(tests, "Test007"):
			seen = make(chan struct{})
			busy = seen
			mu.Unlock()
			select {
			case <-seen:
			case <-ctx.Done():
			}
			return false
		case slices.Contains(tests, "TestV") && seen != nil:
			close(seen)
			busy, failed = nil, true
		}
		mu.Unlock()
		return failed
	}}
	f := &failure{pkg: "m/v", test: "TestV", decided: true, found: verdict.Result{Kind: verdict.NotAgain}, others: tests(20)}
	f.beside = []neighbour{{pkg: "m/v", tests: tests(20)[10:]}, {pkg: "m/v", tests: tests(10)}}
	d := diagnosed(t.Context(), w, []*failure{f}, []string{"m/v"})
	if f.verdict() != Collides || len(f.with) != 1 || !slices.Equal(f.with[0].tests, []string{"Test007"}) {
		t.Errorf("%s", d.text())
	}
}

// A test that fails now and then does not collide, although it fails beside others too.
func TestSessionKnowsFlakyFromColliding(t *testing.T) {
	defer goleak.VerifyNone(t)
	var runs atomic.Int32
	w := &workers{limit: make(chan struct{}, 2), run: func(_ context.Context, pkg string, _ []string) bool { return pkg == "m/v" && runs.Add(1)%5 == 0 }}
	f := &failure{pkg: "m/v", test: "TestV", decided: true, found: verdict.Result{Kind: verdict.NotAgain}, beside: []neighbour{{pkg: "m/a"}, {pkg: "m/b"}}}
	if d := diagnosed(t.Context(), w, []*failure{f}, []string{"m/v", "m/a", "m/b"}); f.verdict() != Flaky || f.again.Failures == 0 {
		t.Errorf("%s", d.text())
	}
}

// beside lets m/b run until TestV has run beside it.
func beside(w *workers) func(context.Context, string, []string) bool {
	seen := make(chan struct{})
	var mu sync.Mutex
	return func(ctx context.Context, pkg string, _ []string) bool {
		mu.Lock()
		now := seen
		mu.Unlock()
		switch pkg {
		case "m/b":
			select {
			case <-now:
			case <-ctx.Done():
			}
		case "m/v":
			w.mu.Lock()
			failed := slices.Contains(w.running, "m/b")
			w.mu.Unlock()
			if failed {
				mu.Lock()
				close(seen)
				seen = make(chan struct{})
				mu.Unlock()
			}
			return failed
		}
		return false
	}
}

// After a signal, what waits for a process waits no longer.
func TestSessionEndsWithItsContext(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &workers{limit: make(chan struct{}, 1), run: func(context.Context, string, []string) bool { cancel(); return false }}
	d := diagnosed(ctx, w, []*failure{{pkg: "m/a", test: "TestV"}, {pkg: "m/b", test: "TestV"}}, nil)
	if text := d.text(); !strings.Contains(text, "2 unknown") {
		t.Error(text)
	}
	d = diagnosed(ctx, w, []*failure{{pkg: "m/a", test: "TestV", beside: []neighbour{{pkg: "m/b"}}}}, []string{"m/a", "m/b", "m/missing"})
	if text := d.text(); !strings.Contains(text, "1 unknown") {
		t.Error(text)
	}
}
