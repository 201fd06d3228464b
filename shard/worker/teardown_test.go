package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"
)

func init() {
	// touch is the command of a teardown. It works on every system.
	helpers["touch"] = func(t *testing.T) {
		check(t, os.WriteFile(os.Getenv("FILE"), []byte("torn down"), 0o600))
	}
	helpers["refuse"] = func(t *testing.T) { t.Fatal("I refuse") }
}

// registered reads the teardowns as the coordinator does, in the order of
// their names.
func registered(t *testing.T, dir string) (found []teardown) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "teardown"))
	check(t, err)
	for _, entry := range entries {
		if !regexp.MustCompile(`^[0-9]{20}-[0-9a-f]{8}\.json$`).MatchString(entry.Name()) {
			t.Errorf("a file %s", entry.Name())
		}
		data, err := os.ReadFile(filepath.Join(dir, "teardown", entry.Name()))
		check(t, err)
		var one teardown
		check(t, json.Unmarshal(data, &one))
		found = append(found, one)
	}
	return found
}

func TestTeardownFile(t *testing.T) {
	r := testRun(t)
	t.Chdir(t.TempDir())
	dir, err := os.Getwd()
	check(t, err)
	onceOn(r, t, "a db", give("gw1_db"), Teardown("dropdb", "gw1 db"), TeardownEnv("PGUSER=me"), TeardownEnv("X="))
	entries, err := os.ReadDir(filepath.Join(r.dir, "teardown"))
	check(t, err)
	if len(entries) != 1 {
		t.Fatal(entries)
	}
	data, err := os.ReadFile(filepath.Join(r.dir, "teardown", entries[0].Name()))
	check(t, err)
	quoted, err := json.Marshal(dir)
	check(t, err)
	want := `{"version":1,"name":"a db","command":["dropdb","gw1 db"],"dir":` + string(quoted) + `,"env":["PGUSER=me","X="]}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others can read it: %v %v", info, err)
	}
}

// Teardowns run in the reverse order of the ends of their setups. So a resource is removed
// after the resources that depend on it, even if its setup began later than theirs.
func TestTeardownOrder(t *testing.T) {
	r := testRun(t)
	onceOn(r, t, "db", func() (int, error) {
		if found := registered(t, r.dir); len(found) != 1 || found[0].Name != "db" {
			t.Errorf("while the setup runs: %+v", found)
		}
		onceOn(r, t, "server", give("s1"), TeardownFunc(func(name string) []string { return []string{"stop", name} }))
		return 1, nil
	}, Teardown("dropdb"))
	found := registered(t, r.dir)
	if len(found) != 2 || found[0].Name != "server" || !slices.Equal(found[0].Command, []string{"stop", "s1"}) || found[1].Name != "db" {
		t.Errorf("got %+v", found)
	}
}

// The clock may not advance between two registrations, or may be set back.
func TestTeardownOrderIsNotThatOfTheClock(t *testing.T) {
	folder := t.TempDir()
	f := teardownFiles{folder: folder, scratch: t.TempDir()}
	ahead := fmt.Sprintf("%020d-0.json", time.Now().Add(time.Hour).UnixNano())
	if err := os.WriteFile(filepath.Join(folder, ahead), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c", "a"} {
		if err := f.register(teardown{Name: name, Command: []string{name}}); err != nil {
			t.Fatal(err)
		}
	}
	var order []string
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		var registered teardown
		data, readErr := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err := errors.Join(err, readErr, json.Unmarshal(data, &registered)); err != nil {
			t.Fatal(err)
		}
		order = append(order, registered.Name)
	}
	if want := []string{"", "b", "c", "a"}; !slices.Equal(order, want) {
		t.Errorf("the order is %q, want %q", order, want)
	}
}

// A resource whose result cannot be passed on still has to be torn down.
func TestTeardownFuncComesBeforeTheResult(t *testing.T) {
	r := testRun(t)
	p := &probe{name: "TestProbe"}
	p.do(func(t testing.TB) {
		onceOn(r, t, "x", give(func() {}), TeardownFunc(func(func()) []string { return []string{"undo"} }))
	})
	if found := registered(t, r.dir); len(found) != 1 || found[0].Command[0] != "undo" {
		t.Errorf("got %+v", found)
	}
	(&probe{name: "TestOther"}).do(func(t testing.TB) {
		onceOn(r, t, "y", func() (int, error) { return 0, errors.New("no") }, TeardownFunc(func(int) []string { return []string{"undo"} }))
		onceOn(r, t, "z", give(1), TeardownFunc(func(int) []string { return nil }))
	})
	if found := registered(t, r.dir); len(found) != 1 {
		t.Errorf("got %+v", found)
	}
}

type fullDisk struct{}

func (fullDisk) register(teardown) error { return errors.New("disk full") }
func (fullDisk) withdraw(teardown)       {}

// A teardown that cannot be registered must not be forgotten.
func TestTeardownThatCannotBeRegistered(t *testing.T) {
	r, ran := testRun(t), false
	setUp := func(option OnceOption) (result outcome) {
		j := newJob("x", "int", []OnceOption{option})
		j.run = func() (any, error) { ran = true; return 1, nil }
		r.setUp(t, j, fullDisk{}, func(o outcome) { result = o })
		return result
	}
	result := setUp(Teardown("undo"))
	mustContain(t, result.Error, `registering the teardown ["undo"]: disk full; the setup was not run`)
	if ran {
		t.Error("the setup ran")
	}
	result = setUp(TeardownFunc(func(int) []string { return []string{"undo", "y"} }))
	mustContain(t, result.Error, `disk full; run it by hand: ["undo" "y"]`)
	if !ran || result.Value != nil {
		t.Errorf("ran %v, value %s", ran, result.Value)
	}
}

func helperCommand(helper string, env ...string) []OnceOption {
	return []OnceOption{
		Teardown(os.Args[0], "-test.run=^TestHelperProcess$"),
		TeardownEnv(append(env, helperVariable+"="+helper)...),
	}
}

func TestTeardownOutsideARun(t *testing.T) {
	r, file := plainRun(t), filepath.Join(t.TempDir(), "file")
	options := helperCommand("touch", "FILE="+file)
	setups := 0
	once := func(name string) *probe {
		p := &probe{name: name}
		p.do(func(t testing.TB) {
			onceOn(r, t, "x", func() (int, error) { setups++; return 1, nil }, options...)
		})
		return p
	}
	first, second := once("TestFirst"), once("TestSecond")
	first.end()
	if _, err := os.Stat(file); err == nil {
		t.Error("torn down while another test uses it")
	}
	if log := second.end(); log != "" || setups != 1 {
		t.Errorf("%d setups; %s", setups, log)
	}
	check(t, os.Remove(file))
	if once("TestThird").end(); setups != 2 {
		t.Errorf("%d setups: what was torn down has to be made again", setups)
	}
	check(t, os.Remove(file))
}

func TestTeardownThatFailsOutsideARun(t *testing.T) {
	r, p := plainRun(t), &probe{name: "TestProbe"}
	p.do(func(t testing.TB) { onceOn(r, t, "x", give(1), helperCommand("refuse")...) })
	mustContain(t, p.end(), `worker.Once: tearing down "x"`, "exit status 1", "I refuse")
}
