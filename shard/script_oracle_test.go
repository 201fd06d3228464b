package shard

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	goversion "go/version"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// oracleFile has hashes of what go test and gotestsum did in the scripts. They do not run if
// gotestshard does the same. If it does something else, or if there is no record,
// they run, and the differences are shown. A line has the release of Go, the name of the
// script, the number of the call in it, and a hash of all that their results depend on: the
// versions of Go and gotestsum, and the script without its checks. -update writes the lines of
// the scripts that run, for the release of Go that runs them. .ci/run runs the scripts with two
// releases, so update with both.
const oracleFile = "testdata/oracle.txt"

var update = flag.Bool("update", false, "write the recorded outcomes anew")

// oracleRelease is the release of Go that runs the scripts, such as go1.26.
var oracleRelease = goversion.Lang(runtime.Version())

type oracleRecord struct {
	versions string
	known    map[string]string

	mu    sync.Mutex
	now   map[string]string
	calls map[string]int // of each script
	asked int            // how often the oracle ran
}

// scriptOracle is the record for the scripts of this process.
var scriptOracle *oracleRecord

func readOracle(t *testing.T) *oracleRecord {
	t.Helper()
	o := &oracleRecord{
		versions: runtime.GOOS + " " + runtime.Version() + " " + shardtest.GotestsumVersions(t),
		known:    map[string]string{}, now: map[string]string{}, calls: map[string]int{},
	}
	text, err := os.ReadFile(oracleFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.Contains(line, " ") {
			last := strings.LastIndex(line, " ")
			o.known[line[:last]] = line[last+1:]
		}
	}
	return o
}

// next returns the key of the next call of an oracle in a script.
func (o *oracleRecord) next(ts *testscript.TestScript) string {
	script, err := os.ReadFile(filepath.Join(scriptFolder, ts.Name()+".txtar"))
	ts.Check(err)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls[ts.Name()]++
	return fmt.Sprintf("%s %s %d %s", oracleRelease, ts.Name(), o.calls[ts.Name()], oracleHash(o.versions, withoutChecks(string(script))))
}

// checkLine matches a line of a script that does not affect the oracles.
var checkLine = regexp.MustCompile(`^(\[[^]]*\] *)*(! *)?(stdout|stderr|lastline|grep|cmp|exists|checkstream)\b|^#|^\s*$`)

// withoutChecks returns a script without its comments and without the lines that only check.
func withoutChecks(script string) string {
	var text strings.Builder
	files := false
	for line := range strings.Lines(script) {
		files = files || strings.HasPrefix(line, "-- ")
		if files || !checkLine.MatchString(line) {
			text.WriteString(line)
		}
	}
	return text.String()
}

// knows reports whether this is the recorded result of the oracle.
func (o *oracleRecord) knows(key string, what ...string) bool {
	if *update || o.known[key] != oracleHash(what...) {
		return false
	}
	o.agree(key, false, what...)
	return true
}

// agree records a result of both gotestshard and the oracle, and whether the oracle ran.
func (o *oracleRecord) agree(key string, asked bool, what ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now[key] = oracleHash(what...)
	if asked {
		o.asked++
	}
}

// write logs how often the oracles ran. If -update is set, it also writes the file.
func (o *oracleRecord) write(t *testing.T) {
	t.Helper()
	t.Logf("the oracles ran for %d of %d calls", o.asked, len(o.now))
	if !*update {
		return
	}
	for key, hash := range o.known {
		release, call, _ := strings.Cut(key, " ")
		script, _, _ := strings.Cut(call, " ")
		replaced := release == oracleRelease && o.calls[script] > 0
		if _, err := os.Stat(filepath.Join(scriptFolder, script+".txtar")); err == nil && !replaced {
			o.now[key] = hash
		}
	}
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(o.now)) {
		text.WriteString(key + " " + o.now[key] + "\n")
	}
	if err := os.WriteFile(oracleFile, []byte(text.String()), 0o666); err != nil {
		t.Error(err)
	}
}

func oracleHash(texts ...string) string {
	sum := sha256.New()
	for _, text := range texts {
		_, _ = fmt.Fprintf(sum, "%d %s\n", len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// mapText returns a map as text.
func mapText(m map[string]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&text, "%q %q\n", name, m[name])
	}
	return text.String()
}
