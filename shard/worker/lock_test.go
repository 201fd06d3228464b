package worker

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func init() {
	// Increments a number in a file, which loses increments when two processes
	// do it at once.
	helpers["count"] = func(t *testing.T) {
		tell("ready")
		hear(t)
		for range 50 {
			t.Run("x", func(t *testing.T) {
				Lock(t, "counter / file")
				countUp(t, os.Getenv("FILE"))
			})
		}
	}
	helpers["hold"] = func(t *testing.T) {
		tell("ready")
		hear(t)
		Lock(t, "held")
		tell("held")
		hear(t)
	}
}

func countUp(t testing.TB, path string) {
	data, err := os.ReadFile(path)
	check(t, err)
	n, err := strconv.Atoi(string(data))
	check(t, err)
	check(t, os.WriteFile(path, []byte(strconv.Itoa(n+1)), 0o600))
}

func TestLockExcludesProcesses(t *testing.T) {
	file := t.TempDir() + "/count"
	check(t, os.WriteFile(file, []byte("0"), 0o600))
	for _, p := range together(t, 8, "count", append(runEnv(t.TempDir(), "gw1", 1, 4), "FILE="+file)...) {
		p.mustPass()
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "400" {
		t.Errorf("counted to %s of 400 (%v)", data, err)
	}
}

func TestLockOfAProcessThatWasKilled(t *testing.T) {
	env := runEnv(t.TempDir(), "gw1", 1, 4)
	first, second := start(t, "hold", env...), start(t, "hold", env...)
	first.expect("ready")
	first.goOn()
	first.expect("held")
	second.expect("ready")
	second.goOn()
	first.kill()
	second.expect("held")
	second.goOn()
	second.mustPass()
}

func TestLockExcludesTestsOfOneProcess(t *testing.T) {
	r, count := testRun(t), 0
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 20 {
				p := &probe{name: "Test" + strconv.Itoa(i)}
				if err := r.lock(p, "x"); err != nil {
					t.Error(err)
				}
				count++ // the race detector checks this
				p.end()
			}
		})
	}
	group.Wait()
	if count != 160 {
		t.Error(count)
	}
}

// Package p and its package p_test may both have a TestX.
func TestLockExcludesTestsOfOneName(t *testing.T) {
	r := testRun(t)
	for _, name := range []string{"TestX", "TestX/sub"} {
		first, second := &probe{name: name}, &probe{name: name}
		check(t, r.lock(first, "x"))
		locked := lockWaits(t, r, second)
		first.end()
		check(t, <-locked)
		second.end()
	}
}

// lockWaits calls lock, which has to wait for another test's end.
func lockWaits(t *testing.T, r *run, tb testing.TB) <-chan error {
	t.Helper()
	locked := make(chan error, 1)
	go func() { locked <- r.lock(tb, "x") }()
	for stacks := make([]byte, 1<<20); ; {
		if n := runtime.Stack(stacks, true); strings.Contains(string(stacks[:n]), "worker.openLocked(") {
			return locked
		}
		select {
		case err := <-locked:
			t.Fatalf("%s did not wait: %v", tb.Name(), err)
		default:
			runtime.Gosched()
		}
	}
}

// Subtests of a test that has the lock, and of another test with the same name.
func TestLockInSubtests(t *testing.T) {
	r := testRun(t)
	twin := &probe{name: t.Name()}
	check(t, r.lock(twin, "x"))
	t.Run("sub", func(t *testing.T) {
		defer twin.end()
		locked := lockWaits(t, r, t)
		twin.end()
		check(t, <-locked)
	})
	check(t, r.lock(t, "x"))
	t.Run("sub", func(t *testing.T) {
		err := r.lock(t, "x")
		if dead := deadlock(""); !errors.As(err, &dead) {
			t.Errorf("got: %v", err)
		}
	})
}

func TestLockTwice(t *testing.T) {
	r := testRun(t)
	p := &probe{name: "TestP"}
	check(t, r.lock(p, "x"))
	check(t, r.lock(p, "x"))
	check(t, r.lock(p, "another"))
	err := r.lock(&probe{name: "TestP/sub"}, "x")
	if dead := deadlock(""); !errors.As(err, &dead) {
		t.Errorf("a subtest got: %v", err)
	} else {
		mustContain(t, err.Error(), "TestP holds it until it ends", "take the lock in the subtests only")
	}
	p.end()
	check(t, r.lock(&probe{name: "TestP/sub"}, "x"))
}
