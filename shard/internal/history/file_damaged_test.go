package history

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that cannot be read is set aside with its text, once and with one warning.
func TestDamagedFilesAreSetAside(t *testing.T) {
	newer := `{"format": "gotestshard timings", "version": 2, "packages": []}`
	for text, want := range map[string]string{
		"hello":          "line 1",
		newer:            "version 2",
		`{"name": "npm"`: "not a timing history",
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
	if err := os.Truncate(file, 1<<30); err != nil { // uses no blocks on the disk
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "has 1024 MB; the limit is 64 MB; it was set aside") {
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
