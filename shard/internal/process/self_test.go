package process

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSelf(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "tool.exe")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("PATH", dir)
	known := func() (string, error) { return "/known", nil }
	unknown := func() (string, error) { return "", errors.New("there is no /proc") }
	for _, test := range []struct {
		executable func() (string, error)
		name, want string
	}{
		{known, "tool.exe", "/known"},
		{unknown, "tool.exe", program},
		{unknown, "." + string(filepath.Separator) + "tool.exe", program},
		{unknown, program, program},
	} {
		if got, err := programOf(test.executable, test.name); err != nil || got != test.want {
			t.Errorf("%s is %q, %v", test.name, got, err)
		}
	}
	_, err = programOf(unknown, "other")
	if err == nil || !strings.Contains(err.Error(), "there is no /proc") || !strings.Contains(err.Error(), "start it by its full path") {
		t.Errorf("the error is %v", err)
	}
}
