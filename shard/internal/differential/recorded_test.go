package differential

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

var update = flag.Bool("update", false, "write the recorded outcomes anew")

// agreedFile has the cases in which both programs did the same, each with a hash of the
// outcome. Such a case runs only gotestshard, and gotestsum only if the outcome has changed.
// The key of a case covers everything that the outcome of gotestsum depends on, so a new
// version of gotestsum, a new stream or a new case is not in the file.
const agreedFile = "testdata/agreed.txt"

// agreed has the outcomes of agreedFile by the keys of their cases.
type agreed struct {
	versions string
	known    map[string]string // as read from the file
	mu       sync.Mutex
	now      map[string]string // the current ones
	compared int               // number of cases that ran gotestsum
}

func readAgreed(t *testing.T) *agreed {
	t.Helper()
	a := &agreed{versions: shardtest.GotestsumVersions(t), known: map[string]string{}, now: map[string]string{}}
	text, err := os.ReadFile(agreedFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if key, hash, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !*update {
			a.known[key] = hash
		}
	}
	return a
}

// key is the key of a case.
func (a *agreed) key(c diffCase, streams map[string]testStream) string {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s%q %q %q %q %q\n", a.versions, c.play, c.args, c.env, c.stdin, c.files)
	for played := range strings.SplitSeq(strings.Join(append(c.args, c.play), ","), ",") { // some arguments are streams too
		name, _, _ := strings.Cut(played, ":")
		if s, ok := streams[name]; ok {
			fmt.Fprintf(&text, "%s %s %d\n", shortHash(s.stdout), shortHash(s.stderr), s.exit)
		}
	}
	for _, name := range c.files {
		fmt.Fprintf(&text, "%s\n", shortHash(streams[name].stdout))
	}
	if c.module {
		text.WriteString(moduleText())
	}
	return shortHash(text.Bytes())
}

var moduleText = sync.OnceValue(func() string {
	var text strings.Builder
	_ = fs.WalkDir(os.DirFS(streamsFolder), "module", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			file, _ := os.ReadFile(filepath.Join(streamsFolder, path))
			fmt.Fprintf(&text, "%s %q\n", path, file)
		}
		return err
	})
	return text.String()
})

func shortHash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

// hash returns a hash of what compare checks.
func (o outcome) hash() string {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%d %s %s\n", o.exit, shortHash([]byte(o.stdout)), shortHash([]byte(o.stderr)))
	for _, name := range slices.Sorted(maps.Keys(o.files)) {
		if name != "calls" || o.exit != exit.OwnError || o.stdout != "" {
			fmt.Fprintf(&text, "%q %s\n", name, shortHash([]byte(o.files[name])))
		}
	}
	return shortHash(text.Bytes())
}

// note records the outcome of a case, whether both programs were compared, and whether their
// outcomes are the same.
func (a *agreed) note(key string, ours outcome, compared, same bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if compared {
		a.compared++
	}
	if same {
		a.now[key] = ours.hash()
	}
}

// write writes the file if -update is set. Otherwise it fails if the file does not have all
// cases. It is called after all cases have run.
func (a *agreed) write(t *testing.T, cases int) {
	t.Helper()
	t.Logf("gotestsum ran for %d of %d cases", a.compared, cases)
	if !*update {
		missing := 0
		for key := range a.now {
			if _, ok := a.known[key]; !ok {
				missing++
			}
		}
		if missing > 0 {
			t.Errorf("%d cases are not in %s: rewrite it with -update", missing, agreedFile)
		}
		return
	}
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(a.now)) {
		text.WriteString(key + " " + a.now[key] + "\n")
	}
	if err := os.MkdirAll(filepath.Dir(agreedFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(agreedFile, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}
