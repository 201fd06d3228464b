package gotest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestMarksErrors(t *testing.T) {
	for version, want := range map[string]bool{
		"go1.26.8": false, "go1.27": true, "go1.27rc1": true, "go1.27.1 X:jsonv2": true, "go1.100.1": true, "go1.9": false,
		"devel go1.28-ab12cd34 Mon Jan 2 15:04:05 2026 +0000": true, "devel go1.26-ab12cd34 Mon Jan 2": false, "": false, "unknown": false,
	} {
		if got := marksErrors(version); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := MarksErrors(self), marksErrors(runtime.Version()); got != want {
		t.Errorf("of this test: %v, want %v", got, want)
	}
	text := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if MarksErrors(text) || MarksErrors(text+".none") {
		t.Error("a script marks errors")
	}
}
