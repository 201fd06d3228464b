package gotest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// source checks facts that would take a minute, or another system, to observe.
func (c *contract) source(t *testing.T) {
	src := filepath.Join(goRoot(t), "src")
	in := func(name string) string { return read(filepath.Join(src, filepath.FromSlash(name))) }
	c.has(t, "words of the end", in("cmd/go/internal/test/test.go"), regexp.QuoteMeta(`"*** Test killed with %v: ran too long (%v).\n"`),
		regexp.QuoteMeta(`"*** Test killed: ran too long (%v).\n"`), regexp.QuoteMeta(`"*** Test I/O incomplete %v after exiting.\n"`),
		`testTimeout / 10; wd < 5\*time\.Second`, regexp.QuoteMeta("testKillTimeout = testTimeout + 1*time.Minute"))
	c.has(t, "go_GOOS_GOARCH_exec", in("cmd/go/internal/work/build.go"), `"go_%s_%s_exec", cfg\.Goos, cfg\.Goarch`)
	c.has(t, "framing.MaxLine", in("cmd/internal/test2json/test2json.go"), fmt.Sprintf(`inBuffer\s+= %d$`, framing.MaxLine))
	c.has(t, "the percentage", in("internal/coverage/cformat/format.go"), `coverage: \[no statements\]\\n`)

	test := in("cmd/go/internal/test/test.go")
	c.has(t, "# test log", in("testing/internal/testdeps/deps.go"), `"# test log\\n"`, `add\("getenv", `, `add\("open", `, `add\("stat", `, `add\("chdir", `)
	c.has(t, "# test log", test, `op, name, found := strings\.Cut\(s, " "\)`, `case "getenv":\s*fmt\.Fprintf\(h, "env %s %x\\n", name, hashGetenv\(name\)\)`,
		`pwd = name // always absolute`, `search\.InDir\(name, a\.Package\.Root\) == ""`, `fmt\.Fprintf\(h, "stat %s %x\\n", name, hashStat\(name\)\)`, `hashOpen\(name\)`)
	c.has(t, "cacheable flags", test, `(?s)case `+quotedFlags("benchtime", "cpu", "list", "parallel", "run", "short", "skip", "timeout", "failfast", "v", "fullpath")+
		`:[^"]*cacheArgs = append\(cacheArgs, arg\)\s*case `+quotedFlags("coverprofile", "outputdir")+`:[^"]*default:`)
	c.has(t, "modTimeCutoff", test, `^const modTimeCutoff = 2 \* time\.Second$`)
	c.has(t, "testexpire.txt", test, `"testexpire\.txt"`, `ParseInt\(string\(data\[:len\(data\)-1\]\), 10, 64\)`, `time\.Unix\(0, t\)`)
	c.has(t, "build cache", in("cmd/go/internal/cache/cache.go"), `^\s+mtimeInterval = 1 \* time\.Hour$`, `fmt\.Sprintf\("%02x", id\[0\]\), fmt\.Sprintf\("%x", id\)\+"-"\+key`,
		`fileName\(out, "d"\)`, `h := sha256\.New\(\)`)
	c.has(t, "-V=full", in("cmd/go/internal/work/buildid.go"), `str\.StringList\(cfg\.BuildToolexec, path, "-V=full"\)`)
}

// quotedFlags is a pattern for a list of flags of a test binary in the source of Go.
func quotedFlags(names ...string) string {
	for i, name := range names {
		names[i] = `"-test\.` + name + `"`
	}
	return strings.Join(names, `,\s*`)
}

// linker checks how the go command calls the linker for a program.
func (c *contract) linker(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module linked\n", "main.go": "package main\n\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOFLAGS", "")
	c.has(t, "importcfg.link", output(t, dir, "go", "build", "-n", "-o", "program", "."),
		`cat >(\S+)importcfg\.link << 'EOF'.*\n(.*\n)*packagefile runtime=\S+\n`,
		`/link(\.exe)?'? -o \S+ -importcfg \S+importcfg\.link .*-buildid=[\w-]+/[\w-]+/[\w-]+/[\w-]+ .*_pkg_\.a$`,
		`buildid -w \S+ # internal$`)
}

// places checks that the places that contract.go names exist.
func (c *contract) places(t *testing.T) {
	place := regexp.MustCompile(`(?:(?:\w+\.)?(\w+) in )?\b([\w/]+\.go)\b`)
	checked := 0
	for name, text := range c.text {
		_, here, _ := strings.Cut(text, "Here: ")
		for _, found := range place.FindAllStringSubmatch(strings.ReplaceAll(here, "\n", " "), -1) {
			function, file := found[1], found[2]
			if strings.Contains(file, "/") {
				file = filepath.Join("..", file)
			}
			source, err := os.ReadFile(file)
			checked++
			if err != nil || !regexp.MustCompile(`\b`+function).Match(source) {
				t.Errorf("contract.go says of %s that it is used by %q, which does not exist (%v)", name, found[0], err)
			}
		}
	}
	if checked < 40 {
		t.Errorf("contract.go names only %d places", checked)
	}
}
