//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package surroundings

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// watchRecord has the output of gotestsum in TestWatchLooksAsGotestsum, by its flags, and the
// versions of gotestsum and its modules. gotestsum runs only if gotestshard prints something else,
// or if there is another version. -update runs it and writes the file.
const watchRecord = "testdata/watch.txtar"

var update = flag.Bool("update", false, "write the recorded output anew")

// A session looks the same as with gotestsum, except where gotestsum has a bug.
func TestWatchLooksAsGotestsum(t *testing.T) {
	t.Parallel()
	shardtest.Expensive(t, "watches a module and runs its tests")
	archive, err := txtar.ParseFile(watchRecord)
	if err != nil {
		t.Fatal(err)
	}
	versions := shardtest.GotestsumVersions(t)
	current := string(archive.Comment) == versions && !*update
	t.Cleanup(func() {
		if *update && !t.Failed() {
			archive.Comment = []byte(versions)
			if err := os.WriteFile(watchRecord, txtar.Format(archive), 0o666); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range archive.Files {
		recorded := &archive.Files[i]
		t.Run(recorded.Name, func(t *testing.T) {
			t.Parallel()
			got := watchedSession(t, "gotestshard", recorded.Name)
			if current && got == string(recorded.Data) {
				return
			}
			t.Log("gotestsum runs too: there is no record for this output of gotestshard")
			want := watchedSession(t, "gotestsum", recorded.Name)
			if got != want {
				t.Errorf("printed\n%s\nwant, as with gotestsum,\n%s", got, want)
			}
			recorded.Data = []byte(want)
		})
	}
}

// watchedSession returns what a program prints in a session, without what differs between two
// sessions.
func watchedSession(t *testing.T, program, flags string) string {
	t.Helper()
	dir := watchedModule(t)
	writeFiles(t, dir, map[string]string{"root_test.go": testFile("m", "")})
	s := startSession(t, dir, nil, program, append([]string{"--watch"}, strings.Fields(flags)...)...)
	s.begin()
	s.press("a")
	s.await(`DONE.*\n`)
	for i, name := range []string{"a", ""} {
		if flags == "--packages=./a" && name == "" {
			continue
		}
		file, text := filepath.Join(name, name+"_test.go"), testFile("a", "\n\tt.Log(1)\n")
		if name == "" {
			file, text = "root_test.go", testFile("m", "\n\tt.Fatal(1)\n")
		}
		// gotestsum ignores files that are saved right after a run.
		s.saveUntil(file, text, i+2)
		s.await(`DONE.*\n`)
	}
	s.press("\n")
	s.press("r")
	s.await(`\nRunning tests in`)
	s.await(`DONE.*\n`)
	s.ready()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait()
	parts := strings.Split(shardtest.Normal(s.printed()), "\nRunning tests in")
	for i := range parts {
		parts[i] = shardtest.Sorted(parts[i]) // packages run in parallel
		if i < len(parts)-1 {                 // the last run may be cached now, the others if there was an earlier session
			parts[i] = strings.NewReplacer(" (cached)", "", " (Ts)", "").Replace(parts[i])
		}
	}
	return strings.Join(parts, "\nRunning tests in")
}
