package shard

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdBuildCache copies the compiled packages that every test binary has from the build cache into a
// new one, so that a script with a build cache of its own need not compile them: buildcache DIR
func cmdBuildCache(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: buildcache DIR")
	}
	ts.Check(ts.Exec("go", "list", "-export", "-deps", "-f", "{{.Export}}", "testing/internal/testdeps", "os/exec", "strings"))
	needed := map[string]bool{} // the names of data
	for name := range strings.FieldsSeq(ts.ReadFile("stdout")) {
		needed[strings.TrimSuffix(filepath.Base(name), "-d")] = true
	}
	from, to := ts.Getenv("GOCACHE"), ts.MkAbs(args[0])
	copyEntry := func(name string) {
		text, err := os.ReadFile(filepath.Join(from, name[:2], name))
		ts.Check(err)
		ts.Check(os.MkdirAll(filepath.Join(to, name[:2]), 0o700))
		ts.Check(os.WriteFile(filepath.Join(to, name[:2], name), text, 0o600))
	}
	for name := range needed {
		copyEntry(name + "-d")
	}
	actions, err := filepath.Glob(filepath.Join(from, "??", "*-a"))
	ts.Check(err)
	for _, action := range actions {
		text, err := os.ReadFile(action) // another go command may remove it
		if fields := strings.Fields(string(text)); err == nil && len(fields) == 5 && needed[fields[2]] {
			copyEntry(filepath.Base(action))
		}
	}
}
