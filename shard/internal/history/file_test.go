package history

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

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

// names lists a folder, with set aside files as "NAME.damaged".
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

// A failed write leaves the old file, and nothing else.
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
	if err == nil || !strings.Contains(err.Error(), "saving the timing history") {
		t.Errorf("the warning is %v", err)
	}
	if read(t, file) != before || names(t, dir) != "t.json t.json.tmp" {
		t.Errorf("left %q", names(t, dir))
	}
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

// Read changes nothing.
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

// A history has the day in UTC, regardless of the time zone and the day.
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
