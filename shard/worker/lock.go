package worker

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Lock takes the lock with this name and holds it until the test has ended. It
// waits while another test of the run holds the lock, in any process. If the
// process crashes, the kernel releases the lock. If the test already holds the
// lock, calling Lock again has no effect. Its subtests must not call it: the
// test fails then.
//
// Cleanups run in reverse order, so call Lock before calling t.Cleanup for the
// resource that it guards. Tests that need several locks should take them in
// the same order.
//
// The name may be any text. Outside a run, the lock applies to all of the
// user's test processes on the machine.
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

// goroutine returns the number of the calling goroutine, as stack traces show
// it. It is the only way to distinguish a setup that calls its own Once from
// another test that waits.
func goroutine() string {
	buffer := make([]byte, 64)
	text := string(buffer[:runtime.Stack(buffer, false)])
	if fields := strings.Fields(text); len(fields) > 1 {
		return fields[1]
	}
	return ""
}
