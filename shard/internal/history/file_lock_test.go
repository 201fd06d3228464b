package history

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// This program saves a run on request, for tests that need processes.
func TestMain(m *testing.M) {
	file, name := os.Getenv("HISTORY_TEST_SAVE"), os.Getenv("HISTORY_TEST_NAME")
	switch {
	case name == "hold": // the lock, until it is killed
		s, _ := open(file)
		unlock, err := s.lock()
		fmt.Println("locked", err)
		_, _ = io.Copy(io.Discard, os.Stdin) // an empty select would be a deadlock, which ends the program
		unlock()
	case file != "":
		limitFileSize(os.Getenv("HISTORY_TEST_LIMIT"))
		if err := record(name+" 5", "TestShared 7").Save(file, now); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func helper(file, name string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), append(env, "HISTORY_TEST_SAVE="+file, "HISTORY_TEST_NAME="+name)...)
	return cmd
}

func TestWhatAKilledProcessLeftDoesNotBlock(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.json")
	write(t, file+".tmp", "half a fi")
	write(t, file+".lock", "")
	if err := record("TestA 1").Save(file, now); err != nil || names(t, dir) != "t.json" {
		t.Errorf("%v, left %q", err, names(t, dir))
	}
}

func TestALockThatIsHeldForEver(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.json")
	held := flock.New(file + ".lock")
	if ok, err := held.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer func() { _ = held.Close() }()
	write(t, file, "damaged")
	s, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	s.wait = time.Millisecond
	if err := s.save(record("TestA 1"), now); err == nil || !strings.Contains(err.Error(), "was locked by another process for 1ms") {
		t.Errorf("the warning is %v", err)
	}
	if read(t, file) != "damaged" || names(t, dir) != "t.json t.json.lock" {
		t.Errorf("left %q", names(t, dir))
	}
}

func TestTheLockOfAKilledProcessIsFree(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.json")
	cmd := helper(file, "hold")
	_, inErr := cmd.StdinPipe()
	out, err := cmd.StdoutPipe()
	if err := errors.Join(inErr, err); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	n, err := out.Read(line)
	if err != nil || string(line[:n]) != "locked <nil>\n" {
		t.Fatalf("%q, %v", line[:n], err)
	}
	s, _ := open(file)
	s.wait = time.Millisecond
	if err := s.save(record("TestA 1"), now); err == nil {
		t.Error("the lock did not hold")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err := record("TestA 1").Save(file, now); err != nil {
		t.Error(err)
	}
}

// Processes and goroutines that save at the same time lose none of each other's data, while
// others read.
func TestManySaveAtOnce(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.json")
	results := make(chan error)
	for i := range 12 {
		go func() {
			out, err := helper(file, fmt.Sprintf("TestProcess%d", i)).CombinedOutput()
			results <- errors.Join(err, noOutput(out))
		}()
		go func() { results <- record(fmt.Sprintf("TestGoroutine%d 5", i), "TestShared 7").Save(file, now) }()
		go func() {
			_, err := Load(file)
			results <- err
		}()
	}
	for range 3 * 12 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if all := load(t, file).Tests(); len(all) != 2*12+1 {
		t.Errorf("%d tests, want 25: %v", len(all), all)
	}
	if names(t, dir) != "t.json" {
		t.Errorf("left %q", names(t, dir))
	}
}

// Of many that find a damaged file, one sets it aside. The file that the others write then
// is not set aside.
func TestManyFindADamagedFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.json")
	write(t, file, "damaged")
	warnings := make(chan error)
	for i := range 20 {
		go func() {
			_, err := Load(file)
			warnings <- err
		}()
		go func() { warnings <- record(fmt.Sprintf("Test%d 5", i)).Save(file, now) }()
	}
	warned := 0
	for range 2 * 20 {
		if err := <-warnings; err != nil {
			warned++
		}
	}
	if all := load(t, file).Tests(); len(all) != 20 || warned != 1 || names(t, dir) != "t.json t.json.damaged" {
		t.Errorf("%d tests, %d warnings, left %q", len(all), warned, names(t, dir))
	}
}

func noOutput(out []byte) error {
	if len(out) > 0 {
		return fmt.Errorf("printed %s", out)
	}
	return nil
}

// The lock's file is removed with the lock. A process that opened it just before does not
// hold the lock that the next one creates.
func TestTheLockHasOneOwner(t *testing.T) {
	s, err := open(filepath.Join(t.TempDir(), "t.json"))
	if err != nil {
		t.Fatal(err)
	}
	s.wait = 10 * time.Minute
	var owners, twice atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 300 {
				unlock, err := s.lock()
				if err != nil {
					t.Error(err)
					return
				}
				if owners.Add(1) > 1 {
					twice.Add(1)
				}
				runtime.Gosched()
				owners.Add(-1)
				unlock()
			}
		})
	}
	all.Wait()
	if n := twice.Load(); n > 0 {
		t.Errorf("two had the lock %d times", n)
	}
}
