package worker

import (
	"sync"
	"testing"
)

// localOnce is one name of Once outside a run. It counts the tests that use its
// result, because a parallel test may still use the result when the test that
// ran the setup ends.
type localOnce struct {
	mutex    sync.Mutex
	done     bool
	result   outcome
	users    int
	teardown *teardown
}

func (r *run) onceHere(t testing.TB, j job) (outcome, error) {
	r.mutex.Lock()
	l := r.local[j.name]
	if l == nil {
		l = &localOnce{}
		r.local[j.name] = l
	}
	r.mutex.Unlock()

	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.users++
	t.Cleanup(func() { l.leave(t) })
	if !l.done {
		r.setUp(t, j, l, func(o outcome) { l.result, l.done = o, true })
	}
	return l.result, nil
}

func (l *localOnce) register(t teardown) error {
	t, err := t.complete()
	l.teardown = &t
	return err
}

func (l *localOnce) withdraw(teardown) { l.teardown = nil }

// leave runs the teardown after the last test that uses the result. A failed
// setup is not run again.
func (l *localOnce) leave(t testing.TB) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.users--; l.users > 0 || l.teardown == nil {
		return
	}
	command := *l.teardown
	l.teardown = nil
	l.done = l.result.Error != "" || l.result.Skip
	if output, err := command.run(); err != nil {
		t.Errorf("worker.Once: tearing down %q with %q: %v\n%s", command.Name, command.Command, err, output)
	}
}
