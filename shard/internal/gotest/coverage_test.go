package gotest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSeparateCoverage(t *testing.T) {
	dir := t.TempDir()
	args, coverage, err := SeparateCoverage(dir, words("-test.gocoverdir=/work/b1 -test.coverprofile=/work/b1/c -x -test.gocoverdir=/user"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(args[0], "-test.gocoverdir="+dir) || args[1] != "-test.coverprofile="+coverage.Profile ||
		!strings.HasPrefix(coverage.Profile, dir) || args[3] != "-test.gocoverdir=/user" {
		t.Errorf("got %q, %+v", args, coverage)
	}
	if env := coverage.Env(); len(env) != 1 || env[0] != "GOCOVERDIR="+strings.TrimPrefix(args[0], "-test.gocoverdir=") {
		t.Errorf("environment %q", env)
	}
	old := t.TempDir()
	if err := os.WriteFile(filepath.Join(old, "metafiles.txt"), []byte("of the go command"), 0o600); err != nil {
		t.Fatal(err)
	}
	args, _, err = SeparateCoverage(dir, []string{"-test.gocoverdir=" + old})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(strings.TrimPrefix(args[0], "-test.gocoverdir="), "metafiles.txt")); string(text) != "of the go command" {
		t.Errorf("the list of further packages: %q, %v", text, err)
	}
	args, coverage, err = SeparateCoverage(dir, words("-test.v=test2json"))
	if err != nil || len(args) != 1 || coverage != (Coverage{}) || coverage.Env() != nil {
		t.Errorf("got %q, %+v, %v", args, coverage, err)
	}
}
