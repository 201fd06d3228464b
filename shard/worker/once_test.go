package worker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

type database struct{ Name, hidden string }

func init() {
	// MODE selects how the setup ends. Each run of the setup adds a line to the file SETUPS.
	helpers["once"] = func(t *testing.T) {
		mode := os.Getenv("MODE")
		tell("ready")
		hear(t)
		got := Once(t, "db", func() (database, error) {
			file, err := os.OpenFile(os.Getenv("SETUPS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			check(t, err)
			_, err = fmt.Fprintln(file, os.Getpid())
			check(t, err)
			check(t, file.Close())
			switch mode {
			case "fail":
				return database{}, errors.New("no server")
			case "panic":
				panic("no memory")
			case "fatal":
				t.Fatal("no luck")
			case "skip":
				t.Skip("no docker")
			case "die":
				if _, err := os.Stat(os.Getenv("SETUPS") + ".killed"); err != nil {
					tell("in setup")
					hear(t)
				}
			}
			return database{Name: "made", hidden: "x"}, nil
		}, Teardown("dropdb", "made"))
		tell("got %+v", got)
	}
}

func onceEnv(t *testing.T, mode string) (env []string, dir, setups string) {
	dir, setups = t.TempDir(), filepath.Join(t.TempDir(), "setups")
	return append(runEnv(dir, "gw1", 1, 4), "MODE="+mode, "SETUPS="+setups), dir, setups
}

func lines(t *testing.T, path string) int {
	t.Helper()
	data, err := os.ReadFile(path)
	check(t, err)
	return strings.Count(string(data), "\n")
}

func TestOnceInEightProcesses(t *testing.T) {
	env, dir, setups := onceEnv(t, "")
	for _, p := range together(t, 8, "once", env...) {
		p.expect("got {Name:made hidden:}")
		p.mustPass()
	}
	if n := lines(t, setups); n != 1 {
		t.Errorf("the setup ran %d times", n)
	}
	if found := registered(t, dir); len(found) != 1 {
		t.Errorf("%d teardowns", len(found))
	}
}

func TestOnceWhenTheSetupFails(t *testing.T) {
	for mode, want := range map[string]string{
		"fail":  `setting up "db": no server`,
		"panic": "the setup panicked: no memory",
		"fatal": "the setup ended its test",
	} {
		t.Run(mode, func(t *testing.T) {
			env, dir, setups := onceEnv(t, mode)
			silent := 0
			for _, p := range together(t, 8, "once", env...) {
				if p.end() {
					t.Error("a test passed")
				}
				if !strings.Contains(p.output.String(), want) {
					silent++
				}
			}
			// The caller whose setup called t.Fatal has its own message.
			if allowed := map[string]int{"fatal": 1}[mode]; silent != allowed {
				t.Errorf("%d processes do not say %q", silent, want)
			}
			if n := lines(t, setups); n != 1 {
				t.Errorf("the setup ran %d times", n)
			}
			if found := registered(t, dir); len(found) != 1 {
				t.Errorf("%d teardowns; what the setup half made would stay", len(found))
			}
		})
	}
}

func TestOnceWhenTheSetupSkips(t *testing.T) {
	env, dir, setups := onceEnv(t, "skip")
	for _, p := range together(t, 8, "once", env...) {
		p.mustPass()
		if len(p.said) != 1 {
			t.Errorf("it was not skipped: %q", p.said)
		}
	}
	if n := lines(t, setups); n != 1 {
		t.Errorf("the setup ran %d times", n)
	}
	if found := registered(t, dir); len(found) != 0 {
		t.Errorf("there is nothing to tear down: %+v", found)
	}
}

func TestOnceWhenAProcessDiesInTheSetup(t *testing.T) {
	env, dir, setups := onceEnv(t, "die")
	victim := start(t, "once", env...)
	victim.expect("ready")
	victim.goOn()
	victim.expect("in setup")
	others := together(t, 7, "once", env...)
	if found := registered(t, dir); len(found) != 1 {
		t.Errorf("%d teardowns while the setup runs", len(found))
	}
	check(t, os.WriteFile(setups+".killed", nil, 0o600))
	victim.kill()
	for _, p := range others {
		p.expect("got {Name:made hidden:}")
		p.mustPass()
	}
	if n := lines(t, setups); n != 2 {
		t.Errorf("the setup ran %d times, want the victim's and one more", n)
	}
	if found := registered(t, dir); len(found) != 1 {
		t.Errorf("%d teardowns of one thing", len(found))
	}
}

func give[T any](value T) func() (T, error) { return func() (T, error) { return value, nil } }

func TestOnceMisuse(t *testing.T) {
	for _, test := range []struct {
		name string
		call func(r *run, t testing.TB)
		want []string
	}{
		{"another type", func(r *run, t testing.TB) {
			onceOn(r, t, "x", give(1))
			onceOn(r, t, "x", give("1"))
		}, []string{`"x" is a int, made in TestProbe on`, "not the string", "another name"}},
		{"no JSON", func(r *run, t testing.TB) { onceOn(r, t, "x", give(func() {})) }, []string{"unsupported type"}},
		{"no setup", func(r *run, t testing.TB) { onceOn[int](r, t, "x", nil) }, []string{"setup panicked"}},
		{"in itself", func(r *run, t testing.TB) {
			onceOn(r, t, "x", func() (int, error) { return onceOn(r, t, "x", give(1)), nil })
		}, []string{"wait for ever", "in its own setup"}},
		{"in itself through another", func(r *run, t testing.TB) {
			onceOn(r, t, "x", func() (int, error) {
				return onceOn(r, t, "y", func() (int, error) { return onceOn(r, t, "x", give(1)), nil }), nil
			})
		}, []string{"in its own setup"}},
		{"in a subtest of its setup", func(r *run, t testing.TB) {
			onceOn(r, t, "x", func() (int, error) {
				sub := &probe{name: t.Name() + "/sub"}
				return 0, errors.New(sub.do(func(t testing.TB) { onceOn(r, t, "x", give(1)) }))
			})
		}, []string{"in its own setup"}},
		{"empty teardown", func(r *run, t testing.TB) { onceOn(r, t, "x", give(1), Teardown()) }, []string{"no program"}},
		{"two teardowns", func(r *run, t testing.TB) { onceOn(r, t, "x", give(1), Teardown("a"), Teardown("b")) },
			[]string{"two teardowns"}},
		{"teardown of another type", func(r *run, t testing.TB) {
			onceOn(r, t, "x", give(1), TeardownFunc(func(string) []string { return nil }))
		}, []string{"TeardownFunc takes a string, its setup returns a int"}},
		{"teardown that panics", func(r *run, t testing.TB) {
			onceOn(r, t, "x", give(1), TeardownFunc(func(int) []string { panic("oh") }))
		}, []string{"oh"}},
		{"bad variable", func(r *run, t testing.TB) { onceOn(r, t, "x", give(1), TeardownEnv("A")) }, []string{"KEY=VALUE"}},
		{"error without text", func(r *run, t testing.TB) {
			onceOn(r, t, "x", func() (int, error) { return 0, errors.New("") })
		}, []string{"without a text"}},
	} {
		for kind, r := range map[string]*run{"run": testRun(t), "plain": plainRun(t)} {
			t.Run(test.name+"/"+kind, func(t *testing.T) {
				p := &probe{name: "TestProbe"}
				log := p.do(func(t testing.TB) { test.call(r, t) })
				if !p.failed {
					t.Error("the test did not fail")
				}
				mustContain(t, log, append(test.want, "worker.Once: ")...)
			})
		}
	}
}

// Tests of one process, in a run and outside one.
func TestOnceInOneProcess(t *testing.T) {
	for kind, r := range map[string]*run{"run": testRun(t), "plain": plainRun(t)} {
		t.Run(kind, func(t *testing.T) {
			setups := 0
			var group sync.WaitGroup
			for i := range 8 {
				group.Go(func() {
					p := &probe{name: fmt.Sprint("Test", i)}
					log := p.do(func(t testing.TB) {
						if got := onceOn(r, t, "x", func() ([]int, error) { setups++; return []int{1, 2}, nil }); len(got) != 2 {
							t.Errorf("got %v", got)
						}
					})
					if log += p.end(); log != "" {
						t.Error(log)
					}
				})
			}
			group.Wait()
			if setups != 1 {
				t.Errorf("%d setups", setups)
			}
		})
	}
}
