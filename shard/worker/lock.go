package worker

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Lock waits until no other test of the run holds the lock with this name, in
// any process, and holds it until the test has ended. Should the process
// crash, the kernel releases it. A test that has the lock may call Lock again,
// to no effect; its subtests may not.
//
// Cleanups run in reverse, so call Lock before t.Cleanup for what it guards.
// Tests that need several locks should take them in the same order.
//
// The name may be any text. Outside a run, the lock is among all test
// processes of the user on the machine.
func Lock(t testing.TB, name string) {
	t.Helper()
	if err := current.lock(t, name); err != nil {
		t.Fatalf("worker.Lock: taking the lock %q on %s: %v", name, current.id, err)
	}
}

func (r *run) lock(t testing.TB, name string) error {
	r.mutex.Lock()
	held, ok := r.locks[name]
	r.mutex.Unlock()
	switch {
	case ok && held.is(t):
		return nil
	case ok && held.isAbove(t):
		return deadlock("the test " + held.name + " holds it until it ends, which is after this subtest: " +
			"take the lock in the subtests only")
	}
	dir, err := r.folder("lock")
	if err != nil {
		return err
	}
	file, err := lockFile(filepath.Join(dir, fileName(name)))
	if err != nil {
		return err
	}
	r.mutex.Lock()
	r.locks[name] = holderOf(t)
	r.mutex.Unlock()
	t.Cleanup(func() {
		r.mutex.Lock()
		delete(r.locks, name)
		r.mutex.Unlock()
		unlockFile(file)
	})
	return nil
}

// deadlock is the error of a call that would wait for itself.
type deadlock string

func (d deadlock) Error() string { return "this would wait for ever: " + string(d) }

// goroutine is the number of the one that calls, as stack traces show it. A
// setup that calls its own Once can be told in no other way from another test that waits.
func goroutine() string {
	buffer := make([]byte, 64)
	text := string(buffer[:runtime.Stack(buffer, false)])
	if fields := strings.Fields(text); len(fields) > 1 {
		return fields[1]
	}
	return ""
}
