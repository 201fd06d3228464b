package affected

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// facts are those of a module in which store imports internal/db, api reads a file, and web embeds
// a folder.
func facts() Facts {
	const m = "example.com/m/"
	pkg := func(dir string, reads ...Read) Package {
		return Package{Path: m + dir, Node: m + dir + ".test", Dir: dir, Tests: true, Reads: Reads{Files: reads}}
	}
	node := func(id, dir string, imports []string, files ...string) Node {
		path, _, _ := strings.Cut(strings.TrimSuffix(id, ".test"), " ")
		return Node{ID: id, Package: path, Dir: dir, Imports: imports, Files: files, Module: "example.com/m", Test: strings.Contains(id, ".test")}
	}
	f := Facts{
		Roots: []string{"."}, Exists: func(string) bool { return true }, Existed: func(string) bool { return true },
		CanBuild: func(name string) bool { return !strings.HasSuffix(name, "_windows.go") },
		Nodes: []Node{
			{ID: "x.org/y", Package: "x.org/y", Module: "x.org/y"},
			node(m+"internal/db", "internal/db", []string{"x.org/y"}, "internal/db/conn.go"),
			node(m+"internal/db ["+m+"internal/db.test]", "internal/db", []string{"x.org/y"}, "internal/db/conn.go", "internal/db/conn_test.go"),
			node(m+"internal/db.test", "internal/db", []string{m + "internal/db [" + m + "internal/db.test]"}),
			node(m+"store", "store", []string{m + "internal/db"}, "store/store.go"),
			node(m+"store.test", "store", []string{m + "store"}),
			node(m+"api", "api", nil, "api/api.go"),
			node(m+"api.test", "api", []string{m + "api"}),
			node(m+"web", "web", nil, "web/web.go", "web/static/a.css", "web/a.s"),
			node(m+"web.test", "web", []string{m + "web"}),
		},
		Packages: []Package{pkg("internal/db"), pkg("store"), pkg("api", Read{Path: "testdata/openapi.json"}, Read{Path: "assets", Listed: true}, Read{Path: "sub/in/it"}), pkg("web")},
	}
	f.Nodes[8].Embeds, f.Nodes[8].Native = []string{"static"}, true
	return f
}

func TestSelect(t *testing.T) {
	unknown := func(f *Facts) { f.Packages[3].Reads.Unknown = "no run of it is known" }
	for name, test := range map[string]struct {
		changes string // M, A or D and a path each
		with    func(*Facts)
		want    string // a line for each package
	}{
		"nothing": {"", nil, ""},
		"source and what imports it": {"M internal/db/conn.go", nil,
			"internal/db: internal/db/conn.go changed\nstore: internal/db/conn.go changed → internal/db → store"},
		"a test concerns its package":   {"M internal/db/conn_test.go", nil, "internal/db: internal/db/conn_test.go changed"},
		"a file that is gone":           {"D store/old.go", nil, "store: store/old.go is gone"},
		"a test that is gone":           {"D internal/db/old_test.go", nil, "internal/db: internal/db/old_test.go is gone"},
		"for another system":            {"M store/a_windows.go", nil, ""},
		"not built":                     {"A store/ignored.go", nil, ""},
		"built before, perhaps":         {"M store/ignored.go", nil, "store: store/ignored.go changed"},
		"names that go leaves out":      {"M store/_x.go D store/.y.go", nil, ""},
		"embedded":                      {"M web/static/a.css", nil, "web: web/static/a.css changed"},
		"embedded until now":            {"D web/static/b/c.css", nil, "web: web/static/b/c.css is gone"},
		"beside what is embedded":       {"D web/other.css", nil, ""},
		"included by assembly":          {"M include/macros.h", nil, "web: include/macros.h changed"},
		"a library of C":                {"M lib/libx.a", nil, "web: lib/libx.a changed"},
		"read":                          {"M testdata/openapi.json", nil, "api: reads testdata/openapi.json"},
		"read, now under another name":  {"D testdata/openapi.json A testdata/new.json", nil, "api: reads testdata/openapi.json"},
		"a folder that is read":         {"M assets/logo.svg", nil, "api: reads the folder assets: assets/logo.svg changed"},
		"deep in a folder that is read": {"A assets/sub/x D assets/sub/y", nil, ""},
		"a new folder in it": {"A assets/sub/x", func(f *Facts) { f.Existed = func(path string) bool { return path != "assets/sub" } },
			"api: reads the folder assets: assets/sub/x is new"},
		"a repository in this one":                    {"M sub", nil, "api: reads sub/in/it in sub"},
		"a folder that a test looks for":              {"A sub/in/it/x", func(f *Facts) { f.Existed = func(path string) bool { return path != "sub/in/it" } }, "api: reads sub/in/it"},
		"source in such a repository":                 {"M internal", nil, "internal/db: internal changed\nstore: internal changed → internal/db → store"},
		"testdata":                                    {"M store/testdata/x M api/v2/testdata/y", nil, "store: store/testdata/x changed\napi: api/v2/testdata/y changed"},
		"what is not read":                            {"M docs/x.txt M store/notes.txt", nil, ""},
		"not known whether it is":                     {"M docs/x.txt", unknown, "web: docs/x.txt changed, and what the tests read is not known: no run of it is known"},
		"source is not read, as far as that is known": {"M api/api.go", unknown, "api: api/api.go changed"},
		"at the root":                                 {"M Makefile", nil, "everything: Makefile changed, and no test was seen to read it"},
		"for tools":                                   {"A .github/workflows/test.yml", nil, "everything: .github/workflows/test.yml is new, and no test was seen to read it"},
		"at the root, and read":                       {"M Makefile", func(f *Facts) { f.Packages[1].Reads.Files = []Read{{Path: "Makefile"}} }, "store: reads Makefile"},
		"for people":                                  {"M README.md M LICENSE M .gitignore", nil, ""},
		"a version": {"M go.mod M go.sum", func(f *Facts) { f.Modules = map[string]string{"x.org/y": "go.mod"} },
			"internal/db: go.mod has another version of x.org/y → x.org/y → internal/db\nstore: go.mod has another version of x.org/y → x.org/y → internal/db → store"},
		"another module's":      {"M tools/go.mod", nil, ""},
		"a module is new":       {"A tools/go.mod", nil, "everything: tools/go.mod is new, which changes what belongs to a module"},
		"go.work":               {"M go.work", nil, "everything: go.work changed"},
		"the configuration":     {"M .gotestshard.toml", nil, "everything: .gotestshard.toml changed"},
		"a reason from outside": {"", func(f *Facts) { f.Everything = "the clone is shallow" }, "everything: the clone is shallow"},
		"another Go":            {"", func(f *Facts) { f.Packages[0].Reads.Always = "Go is go2" }, "internal/db: Go is go2"},
		"programs": {"M store/store.go", func(f *Facts) { f.Packages[2].Reads.Programs = []string{"cat", "git"} },
			"store: store/store.go changed\napi: store/store.go changed, and the tests start cat, git: what programs read is not seen"},
		"programs, without a change": {"", func(f *Facts) { f.Packages[2].Reads.Programs = []string{"git"} }, ""},
		"cannot be loaded":           {"", func(f *Facts) { f.Nodes[6].Broken = "no such module" }, "api: cannot be loaded: no such module"},
		"unseen": {"M web/web.go", func(f *Facts) { f.Nodes[1].Doubt = "z.go is ignored by git" },
			"store: z.go is ignored by git → internal/db → store\nweb: web/web.go changed"},
		"unseen, but as it was": {"", func(f *Facts) { f.Nodes[1].Doubt = "z.go is ignored by git"; f.Packages[1].Reads.Verified = true }, ""},
		"unseen near, changed far": {"M internal/db/conn.go", func(f *Facts) { f.Nodes[4].Doubt = "z.go is ignored by git"; f.Packages[1].Reads.Verified = true },
			"internal/db: internal/db/conn.go changed\nstore: internal/db/conn.go changed → internal/db → store"},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts()
			words := strings.Fields(test.changes)
			for pair := range slices.Chunk(words, 2) {
				f.Changes = append(f.Changes, Change{pair[1], map[string]Kind{"M": Modified, "A": Added, "D": Removed}[pair[0]]})
			}
			if test.with != nil {
				test.with(&f)
			}
			selection := Select(f)
			var lines []string
			for _, pkg := range selection.Packages {
				lines = append(lines, Short(pkg.Path, "example.com/m")+": "+pkg.Reason.In("example.com/m"))
			}
			if selection.Everything != "" {
				lines = []string{"everything: " + selection.Everything}
			}
			if got := strings.Join(lines, "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if len(selection.Packages)+len(selection.LeftOut) != len(f.Packages) {
				t.Errorf("%+v", selection)
			}
		})
	}
}

func TestGoMod(t *testing.T) {
	const mod = "module example.com/m\n\ngo 1.26\n\nrequire (\n\tx.org/a v1.0.0\n\tx.org/b v1.0.0 // indirect\n)\n"
	for name, test := range map[string]struct{ before, after, modules, everything string }{
		"nothing":       {mod, mod + "// a comment\n", "", ""},
		"a version":     {mod, strings.Replace(mod, "a v1.0.0", "a v1.1.0", 1), "x.org/a", ""},
		"more and less": {mod, strings.Replace(mod, "x.org/b v1.0.0 // indirect", "x.org/c v1.0.0", 1), "x.org/b x.org/c", ""},
		"a replacement": {mod, mod + "replace x.org/b => ../b\n", "x.org/b", ""},
		"a tool":        {mod, mod + "tool x.org/a/cmd\nretract v1.0.0\n", "", ""},
		"go":            {mod, strings.Replace(mod, "1.26", "1.27", 1), "", "go.mod changed its go"},
		"a toolchain":   {mod, mod + "toolchain go1.27.1\n", "", "go.mod changed its toolchain"},
		"its path":      {mod, strings.Replace(mod, "com/m", "com/n", 1), "", "go.mod changed its module"},
		"excluded":      {mod, mod + "exclude x.org/a v1.0.0\n", "", "go.mod changed its godebug, exclude or ignore"},
		"godebug":       {mod + "godebug x=1\n", mod + "godebug (\n\tx=2\n)\n", "", "go.mod changed its godebug, exclude or ignore"},
		"written apart": {mod + "godebug x=1\n", mod + "godebug (\n\tx=1\n)\n", "", ""},
		"before pruning": {strings.Replace(mod, "1.26", "1.16", 1), strings.Replace(strings.Replace(mod, "1.26", "1.16", 1), "a v1.0.0", "a v1.1.0", 1), "",
			"go.mod changed, and before go 1.17 it does not list all modules"},
		"a conflict": {mod, "<<<<<<< a\n" + mod, "", "go.mod cannot be read"},
		"one before": {"<<<<<<< a\n", mod, "", "go.mod could not be read before its change"},
	} {
		modules, everything := GoMod("go.mod", []byte(test.before), []byte(test.after))
		if strings.Join(modules, " ") != test.modules || everything != test.everything {
			t.Errorf("%s: %q, %q", name, modules, everything)
		}
	}
}

func TestSums(t *testing.T) {
	const before = "x.org/a v1.0.0 h1:a=\nx.org/a v1.0.0/go.mod h1:b=\nx.org/b v1.0.0 h1:c=\n"
	after := strings.Replace(before, "h1:b=", "h1:x=", 1) + "x.org/b v1.1.0 h1:d=\nx.org/c v1.0.0 h1:e=\n"
	got := GoSum([]byte(before), []byte(after), map[string]string{"x.org/a": "v1.0.0", "x.org/b": "v1.1.0"})
	if !reflect.DeepEqual(got, []string{"x.org/b"}) {
		t.Errorf("%q", got)
	}
	vendored := "# x.org/a v1.0.0\n## explicit; go 1.17\nx.org/a\n# x.org/b v1.0.0 => ./b\nx.org/b\n"
	got = Vendored([]byte(vendored), []byte(strings.Replace(vendored, "go 1.17", "go 1.18", 1)+"# x.org/c v1\n"))
	if fmt.Sprint(got) != "[x.org/a x.org/c]" {
		t.Errorf("%q", got)
	}
}

func TestShortReasons(t *testing.T) {
	for want, via := range map[string][]string{
		"db/x.go changed":               {"m/db"},
		"imports db, which changed":     {"m/db", "m/store"},
		"depends on m2, which changed":  {"m2", "m/store", "m/api"},
		"depends on a/b, which changed": {"m/a/b", "m/c", "m/d", "m/e"},
	} {
		if got := (Reason{Text: "db/x.go changed", Via: via}).Short("m"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
