package shard

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// FuzzChangesAreSound: --changed selects every package whose result is another one after a random
// edit of a random module. Package affected has the same test with many more modules, in which the
// go command and the tests are a model; here they are real.
func FuzzChangesAreSound(f *testing.F) {
	shardtest.Expensive(f, "builds random modules before and after a change")
	for _, seed := range []uint64{1, 10} { // few, since a module is built twice
		f.Add(seed)
	}
	program, err := exec.LookPath("gotestshard")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := changingModule{t: t, program: program, dir: filepath.Join(t.TempDir(), "m"), random: rand.New(rand.NewPCG(seed, 15)), files: map[string]string{}}
		m.build()
		m.write()
		m.git("init", "-q", "-b", "main")
		m.git("add", ".")
		m.git("commit", "-qm", "one")
		before := m.results()
		m.edit()
		m.write()
		changes, selected := m.selected()
		after := m.results()
		for _, pkg := range slices.Sorted(maps.Keys(after)) {
			if before[pkg] != after[pkg] && !selected[pkg] {
				t.Errorf("%s is left out after\n%s\nbefore:\n%s\nafter:\n%s", pkg, changes, before[pkg], after[pkg])
			}
		}
	})
}

// changingModule is a module whose tests print what their results depend on.
type changingModule struct {
	t            *testing.T
	program, dir string
	random       *rand.Rand
	files        map[string]string
}

var changingFolders = []string{"a", "a/b", "c", "c/internal/d"}

func (m changingModule) pick(from ...string) string { return from[m.random.IntN(len(from))] }

func (m changingModule) build() {
	m.files["go.mod"] = "module example.com/m\n\ngo 1.26\n"
	for _, name := range []string{"data/one", "data/two", "data/sub/three", "a/testdata/x", "c/table.txt", "c/other.txt", "Makefile"} {
		m.files[name] = fmt.Sprint(m.random.IntN(100))
	}
	m.files["data/list"] = m.pick("one", "two", "sub/three")
	for i, dir := range changingFolders {
		imports := func(most int) (all []string) {
			for range m.random.IntN(3) {
				if most > 0 {
					all = append(all, changingFolders[m.random.IntN(most)])
				}
			}
			slices.Sort(all)
			return slices.Compact(all)
		}
		embed := ""
		if dir == "c" {
			embed = m.pick("*.txt", "table.txt other.txt", "")
		}
		m.files[dir+"/code.go"] = m.code("", "Text", embed, imports(i))
		m.files[dir+"/tagged.go"] = m.code(m.pick("linux || darwin", "special", "windows"), "Tagged", "", nil)
		m.files[dir+"/x_test.go"] = m.test("p", imports(i), "")
		if m.random.IntN(2) == 0 {
			m.files[dir+"/y_test.go"] = m.test("p_test", imports(len(changingFolders)), dir)
		}
	}
}

// code returns a file with a function whose value depends on what it imports and embeds.
func (m changingModule) code(tag, function, embed string, imports []string) string {
	text := "package p\n"
	if tag != "" {
		text = "//go:build " + tag + "\n\n" + text
	}
	value := fmt.Sprintf("%q", fmt.Sprint(m.random.IntN(1000)))
	for i, imported := range imports {
		text += fmt.Sprintf("import i%d \"example.com/m/%s\"\n", i, imported)
		value += fmt.Sprintf(" + i%d.Text()", i)
	}
	if embed != "" {
		text += "import \"embed\"\n\n//go:embed " + embed + "\nvar files embed.FS\n\nfunc embedded() (all string) {\n" +
			"\tentries, _ := files.ReadDir(\".\")\n\tfor _, entry := range entries {\n\t\ttext, _ := files.ReadFile(entry.Name())\n\t\tall += entry.Name() + string(text)\n\t}\n\treturn all\n}\n"
		value += " + embedded()"
	}
	if tag != "" {
		return text + "\nfunc init() { Extra = " + value + " }\n"
	}
	return text + "\nvar Extra string\n\nfunc " + function + "() string { return " + value + " + Extra }\n"
}

// test returns a file with a test that prints what it depends on. tested is the folder of the
// package that an external test imports.
func (m changingModule) test(pkg string, imports []string, tested string) string {
	text, value, name := "package "+pkg+"\n\nimport \"testing\"\nimport \"os\"\n", "", "TestInternal"
	if tested != "" {
		name = "TestExternal"
		imports = append(slices.DeleteFunc(imports, func(dir string) bool { return dir == tested }), tested)
	} else {
		value = ", Text()"
	}
	for i, imported := range imports {
		text += fmt.Sprintf("import j%d \"example.com/m/%s\"\n", i, imported)
		value += fmt.Sprintf(", j%d.Text()", i)
	}
	const read = "\tread := func(name string) string { text, _ := os.ReadFile(os.Getenv(\"MODULE\") + name); return string(text) }\n\t_ = read\n"
	body := ""
	for range m.random.IntN(3) {
		switch m.random.IntN(4) {
		case 0:
			body += fmt.Sprintf("\tentries, _ := os.ReadDir(os.Getenv(\"MODULE\") + %q)\n\tfor _, entry := range entries {\n\t\tt.Log(\"RESULT\", entry.Name())\n\t}\n", m.pick("data", "data/sub", "a/testdata", "c", "none"))
			return text + "\nfunc " + name + "(t *testing.T) {\n" + read + body + "\tt.Log(\"RESULT\"" + value + ")\n}\n"
		case 1:
			body += "\tt.Log(\"RESULT\", read(\"data/\" + read(\"data/list\")))\n"
		default:
			body += fmt.Sprintf("\tt.Log(\"RESULT\", read(%q))\n", m.pick("data/one", "data/sub/three", "c/table.txt", "Makefile", "data/none", "a/testdata/x"))
		}
	}
	return text + "\nfunc " + name + "(t *testing.T) {\n" + read + body + "\tt.Log(\"RESULT\"" + value + ")\n}\n"
}

// edit changes the module a little.
func (m changingModule) edit() {
	for range 1 + m.random.IntN(2) {
		name := m.pick(slices.Sorted(maps.Keys(m.files))...)
		switch kind := m.random.IntN(6); {
		case name == "go.mod":
		case kind == 0:
			delete(m.files, name)
		case kind == 1:
			m.files[m.pick("data/new", "data/sub/new/new", "c/new.txt", "a/testdata/new", "none/new")] = "new"
		case kind == 2 && strings.HasSuffix(name, "tagged.go"):
			m.files[name] = strings.Replace(m.files[name], "//go:build ", "//go:build !", 1)
		case strings.HasSuffix(name, ".go"):
			m.files[name] = strings.Replace(m.files[name], "RESULT\"", "RESULT\", \"edited\"", 1) + "\nfunc init() { _ = 1 }\n"
			m.files[name] = strings.Replace(m.files[name], "Extra = \"", "Extra = \"edited", 1)
			m.files[name] = strings.Replace(m.files[name], "return \"", "return \"edited", 1)
		case path.Base(name) == "list":
			m.files[name] = m.pick("one", "two", "sub/three")
		default:
			m.files[name] += "!"
		}
	}
}

// write makes the folder have exactly the files.
func (m changingModule) write() {
	entries, _ := os.ReadDir(m.dir)
	for _, entry := range entries {
		if entry.Name() != ".git" {
			shardtest.RemoveTree(filepath.Join(m.dir, entry.Name()))
		}
	}
	for name, text := range m.files {
		name = filepath.Join(m.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			m.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m changingModule) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = m.dir
	cmd.Env = append(append(os.Environ(), shardtest.BuildEnv(m.t)...), "GOWORK=off", "NO_COLOR=1", "GOTESTSHARD_NO_KEEP=", "MODULE="+m.dir+string(filepath.Separator),
		"PATH="+shardtest.Builds(m.t).Path(os.Getenv("PATH")), "GIT_AUTHOR_NAME=n", "GIT_AUTHOR_EMAIL=e", "GIT_COMMITTER_NAME=n", "GIT_COMMITTER_EMAIL=e")
	return cmd
}

func (m changingModule) git(args ...string) {
	m.t.Helper()
	if out, err := m.command("git", args...).CombinedOutput(); err != nil {
		m.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// results runs everything and returns what each package printed and how it ended.
func (m changingModule) results() map[string]string {
	out, _ := m.command(m.program, "-n", "2", "-f", "json", "--timings", "off", "--", "-count=1", "-v", "./...").Output()
	results := map[string]string{}
	for line := range strings.Lines(string(out)) {
		var event struct{ Action, Package, Test, Output string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			m.t.Fatalf("%v: %s", err, line)
		}
		_, printed, isResult := strings.Cut(event.Output, "RESULT")
		switch {
		case event.Package == "":
		case isResult:
			results[event.Package] += event.Test + printed
		case event.Test == "" && slices.Contains([]string{"pass", "fail", "skip"}, event.Action):
			results[event.Package] += event.Action + "\n"
		}
	}
	return results
}

// selected returns what --changed would run, and the whole answer.
func (m changingModule) selected() (answer string, packages map[string]bool) {
	out, err := m.command(m.program, "-n", "1", "--timings", "off", "--changed=HEAD", "--plan=json", "./...").CombinedOutput()
	var plan struct {
		Changed struct {
			Everything string
			Selected   []struct{ Package string }
		}
	}
	at := strings.Index(string(out), "{\n")
	if err != nil || at < 0 {
		m.t.Fatalf("%v\n%s", err, out)
	}
	if err := json.NewDecoder(strings.NewReader(string(out[at:]))).Decode(&plan); err != nil {
		m.t.Fatalf("%v\n%s", err, out)
	}
	packages = map[string]bool{}
	for _, pkg := range plan.Changed.Selected {
		packages[pkg.Package] = true
	}
	return string(out), packages
}
