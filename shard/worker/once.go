package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"testing"
)

// Once runs setup exactly once in the whole run, in the first process that
// calls it, and returns its result in every call with the same name. Other
// calls wait for the result. With a name from [Name] it is once per worker.
//
// The result is passed on as JSON, also to the test whose call ran the setup,
// so fields that are not exported are lost. Other processes cannot use anything
// else that the setup keeps in the memory of its process. All calls with one
// name must use the same type.
//
// If the setup returns an error, calls t.Fatal or panics, it does not run
// again: every caller fails with the same error. If it calls t.Skip, every
// caller is skipped. If its process dies during the setup, the next waiting
// process runs it. A setup may call Once with other names, but not with its
// own. Setups that need each other must call Once in the same order.
//
// [Teardown] and [TeardownFunc] undo the setup after the run; see the package
// documentation for the order. Do not use t.Cleanup in a setup: it runs at the
// end of the test that happened to be first, which is too early for the others.
//
// Outside a run, the setup runs once per process. A teardown runs when the last
// test that uses the result has ended, and the next test runs the setup again.
func Once[T any](t testing.TB, name string, setup func() (T, error), options ...OnceOption) T {
	t.Helper()
	return onceOn(current, t, name, setup, options...)
}

func onceOn[T any](r *run, t testing.TB, name string, setup func() (T, error), options ...OnceOption) T {
	t.Helper()
	var zero T
	job := newJob(name, typeName(reflect.TypeFor[T]()), options)
	job.run = func() (any, error) { return setup() }
	result, err := r.once(t, job)
	if err != nil {
		t.Fatalf("worker.Once: setting up %q on %s: %v", name, r.id, err)
		return zero
	}
	switch {
	case result.Skip:
		t.Skipf("worker.Once: the setup of %q was skipped in %s", name, result.By)
	case result.Error != "":
		t.Fatalf("worker.Once: setting up %q: %s\n(it ran in %s; no other test of the run tries it again)",
			name, result.Error, result.By)
	case result.Type != job.typ:
		t.Fatalf("worker.Once: %q is a %s, made in %s, and not the %s that is asked for here; "+
			"use one type for it, or another name", name, result.Type, result.By, job.typ)
	default:
		var value T
		if err := json.Unmarshal(result.Value, &value); err != nil {
			t.Fatalf("worker.Once: reading the result of %q: %v; give %s a JSON form that can be read back", name, err, job.typ)
			return zero
		}
		return value
	}
	return zero
}

// job is one call of Once, without its type parameter.
type job struct {
	onceOptions
	name string
	typ  string
	run  func() (any, error)
}

// outcome is how a setup ended, as written to the file that the processes
// share.
type outcome struct {
	Version int             `json:"version"`
	Name    string          `json:"name"`
	Type    string          `json:"type"`
	Value   json.RawMessage `json:"value,omitempty"`
	Error   string          `json:"error,omitempty"`
	Skip    bool            `json:"skip,omitempty"`
	By      string          `json:"by"`
}

// fixed is the part of the teardown that is known before the setup.
func (j job) fixed() teardown {
	return teardown{Name: j.name, Command: j.command, Env: j.env}
}

func newJob(name, typ string, options []OnceOption) job {
	j := job{name: name, typ: typ}
	for _, option := range options {
		if option != nil {
			option(&j.onceOptions)
		}
	}
	return j
}

func (r *run) once(t testing.TB, j job) (outcome, error) {
	if err := j.check(j.typ); err != nil {
		return outcome{}, err
	}
	r.mutex.Lock()
	busy, ok := r.setups[j.name]
	r.mutex.Unlock()
	if ok && (busy.goroutine == goroutine() || busy.isAbove(t)) {
		return outcome{}, deadlock("it is called in its own setup; use another name for what the setup needs")
	}
	if !r.distributed {
		return r.onceHere(t, j)
	}
	return r.onceInRun(t, j)
}

// onceInRun coordinates the processes of a run: a lock decides which of them
// runs the setup, and a file has the result.
func (r *run) onceInRun(t testing.TB, j job) (outcome, error) {
	dir, err := r.folder("once")
	if err != nil {
		return outcome{}, err
	}
	file := filepath.Join(dir, fileName(j.name))
	if result, done, err := readOutcome(file + ".json"); done || err != nil {
		return result, err
	}
	held, err := lockFile(file + ".lock")
	if err != nil {
		return outcome{}, err
	}
	defer unlockFile(held)
	if result, done, err := readOutcome(file + ".json"); done || err != nil {
		return result, err
	}
	teardowns, err := r.folder("teardown")
	if err != nil {
		return outcome{}, err
	}
	var result outcome
	r.setUp(t, j, teardownFiles{folder: teardowns, scratch: dir}, func(o outcome) {
		var data []byte
		if data, err = json.Marshal(o); err == nil {
			err = writeFile(dir, file+".json", data)
		}
		result = o
	})
	return result, err
}

// setUp runs the setup and passes its outcome to done. It does so even if the
// setup ends the test's goroutine, in which case setUp does not return.
func (r *run) setUp(t testing.TB, j job, registry registry, done func(outcome)) {
	result := outcome{Version: 1, Name: j.name, Type: j.typ, By: fmt.Sprintf("%s on %s", t.Name(), r.id)}
	setter := holderOf(t)
	setter.goroutine = goroutine()
	r.mutex.Lock()
	r.setups[j.name] = setter
	r.mutex.Unlock()
	returned := false
	defer func() {
		if !returned {
			result.Value = nil
			if reason := recover(); reason != nil {
				result.Error = fmt.Sprintf("the setup panicked: %v\n%s", reason, debug.Stack())
			} else if t.Skipped() {
				result.Skip = true // there is nothing to tear down
				registry.withdraw(j.fixed())
			} else {
				result.Error = "the setup ended its test (t.Fatal or runtime.Goexit); the output of that test says why"
			}
		}
		r.mutex.Lock()
		delete(r.setups, j.name)
		r.mutex.Unlock()
		done(result)
	}()
	value, err := r.runRegistered(j, registry)
	if err == nil {
		result.Value, err = json.Marshal(value)
	}
	if err != nil {
		result.Error = err.Error()
		if result.Error == "" {
			result.Error = "the setup failed with an error without a text"
		}
	}
	returned = true
}

// runRegistered runs the setup and registers its teardown, in the order that
// the package documentation specifies.
func (r *run) runRegistered(j job, registry registry) (any, error) {
	if j.command != nil {
		if err := registry.register(j.fixed()); err != nil {
			return nil, fmt.Errorf("registering the teardown %q: %w; the setup was not run", j.command, err)
		}
	}
	value, err := j.run()
	if err != nil {
		return nil, err
	}
	last := j.fixed()
	if j.build != nil {
		if last.Command, err = j.build(value); err != nil {
			return nil, err
		}
	}
	if len(last.Command) > 0 {
		if err := registry.register(last); err != nil {
			return nil, fmt.Errorf("registering the teardown: %w; run it by hand: %q", err, last.Command)
		}
	}
	return value, nil
}

func readOutcome(path string) (result outcome, done bool, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return result, false, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &result)
	}
	return result, err == nil, err
}

// typeName returns a name that also distinguishes types of two packages with
// the same name.
func typeName(t reflect.Type) string {
	if t.Name() != "" && t.PkgPath() != "" {
		return t.PkgPath() + "." + t.Name()
	}
	return t.String()
}
