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

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// This program saves a run when it is told so, for tests that need processes.
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

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// names lists a folder, with what was set aside as "NAME.damaged".
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		name, _, _ := strings.Cut(entry.Name(), "-2")
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func load(t *testing.T, file string) *History {
	t.Helper()
	h, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestDefaultFile(t *testing.T) {
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for module, want := range map[string]string{
		"example.com/m":             "example.com-m-f6e4431d.json",
		"example.com/M":             "example.com-M-",
		"../../etc/passwd":          "etc-passwd-",
		`C:\x:y*?"<>|`:              "C--x-y------",
		"":                          "-",
		strings.Repeat("long/", 99): strings.Repeat("long-", 16) + "-",
	} {
		got, err := DefaultFile([]string{module})
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(got)
		if filepath.Dir(got) != filepath.Join(dir, "gotestshard", "timings") || !strings.HasPrefix(name, want) || len(name) > 100 {
			t.Errorf("of %q: %s", module, got)
		}
	}
	a, _ := DefaultFile([]string{"example.com/m-n"})
	if b, _ := DefaultFile([]string{"example.com/m/n"}); a == b {
		t.Errorf("two modules share %s", a)
	}
}

func TestDefaultFileWithoutACacheDirectory(t *testing.T) {
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	if file, err := DefaultFile([]string{"m"}); err == nil || !strings.Contains(err.Error(), "--timings") {
		t.Errorf("%s, %v", file, err)
	}
}

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "deep", "er", "timings.json")
	if h := load(t, file); len(h.packages) != 0 {
		t.Error("something is known without a file")
	}
	if err := NewRun().Save(file, now); err != nil || names(t, dir) != "" {
		t.Errorf("a run without anything wrote %q, %v", names(t, dir), err)
	}
	for i := range 3 {
		if err := record(fmt.Sprint("TestA ", i), fmt.Sprintf("Test%d 9", i)).Save(file, now); err != nil {
			t.Fatal(err)
		}
	}
	h := load(t, file)
	if took, ok := h.Test("p", "TestA"); took != ms || !ok {
		t.Errorf("%v, %v", took, ok)
	}
	if len(h.Tests()) != 4 || names(t, filepath.Dir(file)) != "timings.json" {
		t.Errorf("%v, and %q", h.Tests(), names(t, filepath.Dir(file)))
	}
	if err := record("TestB 1").Save(file, now.AddDate(0, 0, 91)); err != nil {
		t.Fatal(err)
	}
	if h := load(t, file); len(h.Tests()) != 1 {
		t.Errorf("after 91 days %v", h.Tests())
	}
}

// What cannot be read is set aside, with its text, once and with one warning.
func TestDamagedFilesAreSetAside(t *testing.T) {
	newer := `{"format": "gotestshard timings", "version": 2, "packages": []}`
	for text, want := range map[string]string{
		"hello":          "line 1",
		newer:            "version 2",
		`{"name": "npm"`: "no timing history",
		"\x00\xff":       "line 1",
	} {
		for _, how := range []string{"Load", "Save"} {
			t.Run(how+" "+want, func(t *testing.T) {
				dir := t.TempDir()
				file := filepath.Join(dir, "t.json")
				write(t, file, text)
				var err error
				if how == "Load" {
					var h *History
					if h, err = Load(file); len(h.packages) != 0 {
						t.Error("something is known")
					}
				} else {
					err = record("TestA 1").Save(file, now)
				}
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "set aside as t.json.damaged-") {
					t.Errorf("the warning is %v", err)
				}
				aside, _ := filepath.Glob(file + ".damaged-*")
				if len(aside) != 1 || read(t, aside[0]) != text {
					t.Fatalf("set aside: %q", aside)
				}
				if h := load(t, file); how == "Save" && len(h.Tests()) != 1 {
					t.Errorf("the run was lost: %v", h.Tests())
				}
			})
		}
	}
}

func TestSeveralDamagedFilesAreAllKept(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.json")
	for i := range 5 {
		write(t, file, fmt.Sprint("hello ", i))
		if _, err := Load(file); err == nil {
			t.Fatal("no warning")
		}
	}
	if got := names(t, dir); got != strings.TrimSpace(strings.Repeat("t.json.damaged ", 5)) {
		t.Errorf("left %q", got)
	}
}

func TestEmptyFileIsAnEmptyHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.json")
	write(t, file, "")
	if h := load(t, file); len(h.packages) != 0 {
		t.Error("something is known")
	}
	if err := record("TestA 1").Save(file, now); err != nil || len(load(t, file).Tests()) != 1 {
		t.Errorf("not saved: %v", err)
	}
}

func TestAFileThatIsTooLargeIsSetAsideUnread(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.json")
	write(t, file, "")
	if err := os.Truncate(file, 1<<30); err != nil { // no blocks on the disk
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "1024 MB are more than 64; it was set aside") {
		t.Errorf("the warning is %v", err)
	}
}

func TestWhatIsNoFileIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "x")
	for _, file := range []string{dir, filepath.Join(dir, "file", "t.json")} {
		h, err := Load(file)
		if h != nil || err == nil {
			t.Errorf("Load of %s: %v", file, err)
		}
		if err := record("TestA 1").Save(file, now); err == nil {
			t.Errorf("Save to %s: no warning", file)
		}
	}
	if names(t, dir) != "file" {
		t.Errorf("left %q", names(t, dir))
	}
}

// A write that fails leaves the old file, and nothing else.
func TestSaveThatCannotWrite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.json")
	if err := record("TestA 1").Save(file, now); err != nil {
		t.Fatal(err)
	}
	before := read(t, file)
	if err := os.MkdirAll(filepath.Join(file+".tmp", "full"), 0o700); err != nil { // where the new file would be
		t.Fatal(err)
	}
	err := record("TestB 1").Save(file, now)
	if err == nil || !strings.Contains(err.Error(), "save the timing history") {
		t.Errorf("the warning is %v", err)
	}
	if read(t, file) != before || names(t, dir) != "t.json t.json.tmp" {
		t.Errorf("left %q", names(t, dir))
	}
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

// Processes and goroutines that save at once lose nothing of each other, while
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

// Of many that find a damaged file one sets it aside, and what the others write
// then is not.
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

func TestTheRunItselfIsNotChanged(t *testing.T) {
	r := record("TestA 1", "complete")
	dir := t.TempDir()
	for _, name := range []string{"a.json", "b.json"} {
		if err := r.Save(filepath.Join(dir, name), now); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := read(t, filepath.Join(dir, "a.json")), read(t, filepath.Join(dir, "b.json")); a != b {
		t.Errorf("%s\nand then\n%s", a, b)
	}
}

// The lock's file is removed with the lock: who opened it just before does not
// hold the lock that the next one makes.
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

// Read leaves everything as it is.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.json")
	if h, err := Read(file); err != nil || len(h.Packages()) != 0 {
		t.Errorf("without a file: %v", err)
	}
	if err := os.WriteFile(file, []byte("no history"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(file); err == nil || !strings.Contains(err.Error(), "t.json") {
		t.Errorf("a damaged file: %v", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "no history" {
		t.Errorf("it is now %q, %v", text, err)
	}
	run := NewRun()
	run.Test("p", "TestA", time.Second, Passed)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := run.Save(file, time.Now()); err != nil {
		t.Fatal(err)
	}
	if h, err := Read(file); err != nil || len(h.Packages()) != 1 {
		t.Errorf("a history: %v", err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("there are %v, %v", names, err)
	}
}

// A history has the day in UTC, whatever the zone and the day.
func TestSaveOnAnyDay(t *testing.T) {
	for zone, days := range map[string]map[string]string{
		"UTC":              {"2026-01-31T23:59:59Z": "2026-01-31", "2028-02-29T00:00:00Z": "2028-02-29", "2026-12-31T23:59:59Z": "2026-12-31"},
		"Europe/Berlin":    {"2026-03-29T03:00:00+02:00": "2026-03-29", "2026-10-25T02:30:00+01:00": "2026-10-25", "2027-01-01T00:30:00+01:00": "2026-12-31"},
		"America/New_York": {"2026-11-01T01:30:00-05:00": "2026-11-01", "2026-12-31T22:00:00-05:00": "2027-01-01"},
	} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for at, want := range days {
			at, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "t.json")
			if err := record("TestA 1").Save(file, at.In(location)); err != nil {
				t.Fatal(err)
			}
			text := read(t, file)
			if !strings.Contains(text, `"seen": "`+want+`"`) {
				t.Errorf("%s: got\n%s", at.In(location), text)
			}
			if h, err := decode([]byte(text)); err != nil || len(h.Tests()) != 1 {
				t.Errorf("%s: read back as %v, %v", at.In(location), h, err)
			}
		}
	}
}
