package shard

import (
	"encoding/base64"
	"fmt"
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
	from, to := ts.Getenv("GOCACHE"), ts.MkAbs(args[0])
	// What the shell runs is not part of the log, which would be long.
	list := `go list -export -deps -f '{{with .Export}}{{$.BuildID}} {{.}}{{end}}' testing/internal/testdeps os/exec strings`
	ts.Check(ts.Exec("sh", "-c", list+" >exports.txt"))
	copyFile := func(path string) {
		text, err := os.ReadFile(path)
		ts.Check(err)
		name := filepath.Base(path)
		ts.Check(os.MkdirAll(filepath.Join(to, name[:2]), 0o700))
		ts.Check(os.WriteFile(filepath.Join(to, name[:2], name), text, 0o600))
	}
	for line := range strings.Lines(ts.ReadFile("exports.txt")) {
		id, export, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue // package unsafe
		}
		copyFile(export)
		// The build ID starts with the first bytes of the action, the name of the file that names the
		// exported one. The cache of a developer has too many such files to read all.
		action, _, _ := strings.Cut(id, "/")
		start, err := base64.RawURLEncoding.DecodeString(action)
		ts.Check(err)
		files, err := filepath.Glob(filepath.Join(from, fmt.Sprintf("%x", start[:1]), fmt.Sprintf("%x*-a", start)))
		ts.Check(err)
		if len(files) != 1 {
			ts.Fatalf("the build ID %s has the actions %q", id, files)
		}
		copyFile(files[0])
	}
}
