package gotest

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

func words(s string) []string { return strings.Fields(s) }

func TestCommand(t *testing.T) {
	tests := map[string]struct{ args, packages, want string }{
		"nothing":                 {"", "", "go test -json ./..."},
		"packages":                {"", "./a ./b", "go test -json ./a ./b"},
		"arguments":               {"-race ./a", "", "go test -json -race ./a"},
		"arguments, no packages":  {"-race", "", "go test -json -race"},
		"arguments and packages":  {"-race", "./a", "go test -json -race ./a"},
		"packages go before args": {"-race -args -x y", "./a", "go test -json -race ./a -args -x y"},
		"json is there already":   {"-json ./a", "", "go test -json ./a"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(Rerun{}.Command(words(test.args), words(test.packages)), " ")
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestListCommand(t *testing.T) {
	tests := map[string]struct{ args, packages, flags, want string }{
		"nothing":                      {want: "./..."},
		"no packages":                  {args: "-race", flags: "-race ", want: ""},
		"packages":                     {args: "-v ./a ./b -run x", want: "./a ./b"},
		"more packages":                {args: "-v", packages: "./a ./b", want: "./a ./b"},
		"both":                         {args: "./a", packages: "./b", want: "./a ./b"},
		"build flags":                  {args: "-tags=x -tags y -mod=mod -overlay o -msan -asan -modfile f -count 2 ./a", flags: "-tags=x -tags y -mod=mod -overlay o -msan -asan -modfile f ", want: "./a"},
		"flags of others":              {args: "-ldflags -tags -o x -run -race ./a", want: "./a"},
		"after the packages":           {args: "./a -tags x", flags: "-tags x ", want: "./a"},
		"a second row is not packages": {args: "./a -v ./b -tags x", want: "./a"},
		"an unknown flag":              {args: "-mine ./a -tags x", flags: "-tags x ", want: ""},
		"an unknown flag with a value": {args: "-mine=1 ./a -tags x", want: ""},
		"an unknown flag after":        {args: "./a -mine ./b -tags x", flags: "-tags x ", want: "./a"},
		"and two words":                {args: "./a -mine b ./c -tags x", want: "./a"},
		"args":                         {args: "-v -args ./a -tags x", packages: "./b", want: "./b"},
		"a terminator":                 {args: "./b -- ./a -tags x", want: "./b"},
		"a word of one dash":           {args: "- ./b", want: "- ./b"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(ListCommand(words(test.args), words(test.packages), "A,B"), " ")
			want := strings.TrimSpace("go list -e -find -json=A,B " + test.flags + "-- " + test.want)
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
	if got := strings.Join(ListCommand(words("-race -C dir ./a"), nil, "A"), " "); got != "go list -C=dir -e -find -json=A -race -- ./a" {
		t.Errorf("got %s", got)
	}
}

func TestHookedCommand(t *testing.T) {
	const hooked = "go test -json -exec=HOOK -timeout=0 "
	tests := map[string]struct {
		args, packages string
		parallel       int
		first          string
		want           string
	}{
		"the longest first":                 {args: "-race ./a ./b -count=1", first: "x y", want: hooked + "-race x y ./a ./b -count=1"},
		"the longest of all":                {first: "x", want: hooked + "x ./..."},
		"the longest of --packages":         {args: "-race -args ./z", packages: "./a", first: "x", want: hooked + "-race x ./a -args ./z"},
		"the longest after an unknown flag": {args: "-mine ./a", first: "x", want: hooked + "-mine ./a"},
		"nothing":                           {want: hooked + "./..."},
		"only flags that go":                {args: "-timeout 2s", want: strings.TrimSpace(hooked)},
		"the user's exec and timeout":       {args: "-exec x -race -timeout=3s -exec=y --timeout 4s ./a", want: hooked + "-race ./a"},
		"a directory":                       {args: "-race -C dir ./a", want: "go test -C=dir -json -exec=HOOK -timeout=0 -race ./a"},
		"json":                              {args: "-json ./a", want: hooked + "./a"},
		"test.timeout":                      {args: "-test.timeout=3s ./a", want: hooked + "./a"},
		"more binaries at once":             {args: "./a", parallel: 8, want: hooked + "-p=8 ./a"},
		"a value like a flag":               {args: "-run -timeout ./a", want: hooked + "-run -timeout ./a"},
		"after args":                        {args: "./a -args -timeout 5s -C x", want: hooked + "./a -args -timeout 5s -C x"},
		"an unknown flag":                   {args: "-mine -timeout 5s ./a", want: hooked + "-mine -args ./a"},
		"a second row is arguments":         {args: "./a -timeout 5s ./b -race", want: hooked + "./a -args ./b -race"},
		"packages":                          {args: "-race -args x", packages: "./a", want: hooked + "-race ./a -args x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(HookedCommand(words(test.args), words(test.packages), "HOOK", test.parallel, words(test.first)), " ")
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestDefaultPackages(t *testing.T) {
	empty, full := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x.go"), []byte("package x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]struct{ inEmpty, inFull string }{
		"":                          {"./...", "./..."},
		"-timeout 2s -race":         {"./...", ""},
		"-run X -args y":            {"./...", ""},
		"-timeout 2s ./a":           {"", ""},
		"-mine value":               {"", ""},
		"-coverprofile x.out -json": {"./...", ""},
	} {
		for dir, want := range map[string]string{empty: want.inEmpty, full: want.inFull} {
			t.Chdir(dir)
			if got := strings.Join(DefaultPackages(nil, "", words(args)), " "); got != want {
				t.Errorf("%q in %s: got %q, want %q", args, dir, got, want)
			}
		}
	}
	if got := DefaultPackages(nil, "", words("-C "+empty+" -race")); len(got) != 1 {
		t.Errorf("with -C: got %q", got)
	}
}

func TestDefaultPackagesOfAWorkspace(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"alone/go.work", "alone/a/go.mod", "own/go.work", "own/go.mod", "own/b/go.work"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ dir, args, env, want string }{
		{dir: "alone", want: "work"},
		{dir: "alone", args: "-race", want: "work"},
		{dir: "alone", args: "./a/..."},
		{dir: "alone/a", want: "./..."},
		{args: "-C alone -race", want: "work"},
		{dir: "alone", env: "GOWORK=off", want: "./..."},
		{dir: "own", want: "./..."},
		{dir: "own/b", want: "./..."}, // it is in a module
	} {
		got := strings.Join(DefaultPackages(environ.List{test.env}, filepath.Join(root, test.dir), words(test.args)), " ")
		if got != test.want {
			t.Errorf("%q in %s with %q: got %q, want %q", test.args, test.dir, test.env, got, test.want)
		}
	}
}

func TestSettings(t *testing.T) {
	tests := map[string]struct {
		args    string
		env     goEnv
		path    string // the programs on the PATH
		want    Settings
		wantErr string
	}{
		"defaults":        {want: Settings{Timeout: DefaultTimeout}},
		"arguments":       {args: "-timeout 2s -exec=x -p 3", want: Settings{Timeout: 2 * time.Second, Exec: "x", Parallel: "3"}},
		"the last counts": {args: "-timeout 2s -timeout 3s", want: Settings{Timeout: 3 * time.Second}},
		"none":            {args: "-timeout=0", want: Settings{}},
		"other files":     {args: "-tags=a,b -race", want: Settings{Timeout: DefaultTimeout, Race: true, Choosing: map[string]string{"-tags": "a,b", "-race": "true"}}},
		"GOFLAGS":         {env: goEnv{GOFLAGS: "-timeout=5s '-exec=a b' -p=7"}, want: Settings{Timeout: 5 * time.Second, Exec: "a b", Parallel: "7"}},
		"backslashes": {args: `-exec C:\tools\start.bat`, env: goEnv{GOFLAGS: `-overlay=C:\o.json -run=TestO\w+`},
			want: Settings{Timeout: DefaultTimeout, Exec: `C:\tools\start.bat`, Overlay: `C:\o.json`, Run: `TestO\w+`, Binary: []string{`-test.run=TestO\w+`}}},
		"arguments win":       {args: "-timeout 1s", env: goEnv{GOFLAGS: "-timeout=5s"}, want: Settings{Timeout: time.Second}},
		"another system":      {env: goEnv{GOOS: "js", GOARCH: "wasm", GOHOSTOS: "linux", GOHOSTARCH: "amd64"}, path: "go_js_wasm_exec", want: Settings{Timeout: DefaultTimeout, Exec: "/bin/go_js_wasm_exec", Choosing: map[string]string{"GOOS": "js", "GOARCH": "wasm"}}},
		"no program for it":   {env: goEnv{GOOS: "js", GOARCH: "wasm", GOHOSTOS: "linux", GOHOSTARCH: "amd64"}, want: Settings{Timeout: DefaultTimeout, Choosing: map[string]string{"GOOS": "js", "GOARCH": "wasm"}}},
		"the user's exec":     {args: "-exec mine", env: goEnv{GOOS: "js", GOARCH: "wasm", GOHOSTOS: "linux", GOHOSTARCH: "amd64"}, path: "go_js_wasm_exec", want: Settings{Timeout: DefaultTimeout, Exec: "mine", Choosing: map[string]string{"GOOS": "js", "GOARCH": "wasm"}}},
		"the same system":     {env: goEnv{GOOS: "linux", GOARCH: "amd64", GOHOSTOS: "linux", GOHOSTARCH: "amd64"}, path: "go_linux_amd64_exec", want: Settings{Timeout: DefaultTimeout}},
		"cover":               {args: "-cover", want: Settings{Timeout: DefaultTimeout, Cover: true}},
		"not cover":           {args: "-cover=false -coverprofile=", want: Settings{Timeout: DefaultTimeout}},
		"a profile":           {args: "-coverprofile=c.out", want: Settings{Timeout: DefaultTimeout, Cover: true, CoverProfile: "c.out"}},
		"a mode":              {args: "-covermode atomic", want: Settings{Timeout: DefaultTimeout, Cover: true, CoverMode: "atomic"}},
		"coverage in GOFLAGS": {env: goEnv{GOFLAGS: "-coverpkg=./..."}, want: Settings{Timeout: DefaultTimeout, Cover: true, CoverPackages: "./..."}},
		"race":                {args: "-race", want: Settings{Timeout: DefaultTimeout, Race: true, Choosing: map[string]string{"-race": "true"}}},
		"not race":            {args: "-race=false", env: goEnv{GOFLAGS: "-race"}, want: Settings{Timeout: DefaultTimeout}},
		"a bad timeout":       {args: "-timeout soon", wantErr: `go test -timeout "soon"`},
		"an unclosed GOFLAGS": {env: goEnv{GOFLAGS: "'-x"}, wantErr: "splitting GOFLAGS"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.env.GOCACHE = "off" // TestSettingsOfGoEnv has it
			got, err := settings("", words(test.args), test.env, func(name string) (string, error) {
				if name == test.path {
					return "/bin/" + name, nil
				}
				return "", errors.New("not found")
			})
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("got error %v", err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestSettingsOfGoEnv(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte("# comment\nGOFLAGS=-timeout=7s -p=3\n\nGOTOOLCHAIN=local\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"GOOS", "GOARCH", "GOFLAGS"} {
		t.Setenv(name, "")
	}
	t.Setenv("GOCACHE", "off")
	t.Setenv("GOENV", file)
	if got, err := ReadSettings(t.Context(), os.Environ(), "", nil); err != nil || got.Timeout != 7*time.Second || got.Parallel != "3" {
		t.Errorf("got %+v, %v", got, err)
	}
	t.Setenv("GOFLAGS", "-timeout=8s") // the environment takes precedence
	if got, err := ReadSettings(t.Context(), os.Environ(), "", nil); err != nil || got.Timeout != 8*time.Second || got.Parallel != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	t.Setenv("GOOS", runtime.GOOS) // now the go command is started
	if got, err := ReadSettings(t.Context(), os.Environ(), "", nil); err != nil || got.Timeout != 8*time.Second || got.Exec != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	t.Setenv("GOOS", "")
	t.Setenv("GOFLAGS", "")
	for _, name := range []string{"off", filepath.Join(t.TempDir(), "missing")} {
		t.Setenv("GOENV", name)
		if got, err := ReadSettings(t.Context(), os.Environ(), "", nil); err != nil || !reflect.DeepEqual(got, Settings{Timeout: DefaultTimeout}) {
			t.Errorf("GOENV=%s: got %+v, %v", name, got, err)
		}
	}
	cache := t.TempDir()
	for set, want := range map[string]string{cache: cache, "off": "", "relative": ""} {
		t.Setenv("GOCACHE", set)
		if got, err := ReadSettings(t.Context(), os.Environ(), "", nil); err != nil || got.Cache != want {
			t.Errorf("GOCACHE=%s: got %+v, %v", set, got, err)
		}
	}
	t.Setenv("GOENV", t.TempDir())
	if _, err := ReadSettings(t.Context(), os.Environ(), "", nil); err == nil {
		t.Error("a directory was read")
	}
}

func TestHookCommand(t *testing.T) {
	tests := []struct {
		settings            Settings
		program, part, want string
	}{
		{Settings{Timeout: time.Minute}, "/bin/gs", "", "/bin/gs hook 1m0s"},
		{Settings{}, "/my programs/gs", "", "'/my programs/gs' hook 0s"},
		{Settings{Exec: `x "a b"`}, "/it's/gs", "", `/it's/gs hook 0s x "a b"`},
		{Settings{}, "/it's a/gs", "", `"/it's a/gs" hook 0s`},
		{Settings{Exec: `C:\tools\start.bat "a b\"`}, `C:\Program Files\gs.exe`, "", `'C:\Program Files\gs.exe' hook 0s C:\tools\start.bat "a b\"`},
		{Settings{Timeout: time.Minute, Exec: "x"}, "/bin/gs", "12ab", "/bin/gs hook 1m0s+12ab x"},
	}
	for _, test := range tests {
		got, err := test.settings.HookCommand(test.program, test.part)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("got %s, %v, want %s", got, err, test.want)
		}
	}
	if _, err := (Settings{}).HookCommand(`/it's "here"/gs`, ""); err == nil {
		t.Error("both kinds of quotes passed")
	}
}

func TestWithPackages(t *testing.T) {
	for args, want := range map[string]string{
		"":                          "p q",
		"./...":                     "p q",
		"-race ./a ./b -run X":      "p q -race -run X",
		"-run X ./a -args ./b":      "p q -run X -args ./b",
		"-C d ./a -v x":             "p q -C d -v x",
		"-mine ./a":                 "p q -mine ./a",
		"-mine=1 -v ./a":            "p q -mine=1 -v ./a",
		"./a -mine ./b":             "p q -mine ./b",
		"-v -- ./a":                 "p q -v -- ./a",
		"-count 2 -args -run ./a":   "p q -count 2 -args -run ./a",
		"./a -exec x -timeout 1s y": "p q -exec x -timeout 1s y",
	} {
		before := Args(words(args))
		got := strings.Join(before.WithPackages([]string{"p", "q"}), " ")
		if got != want || !slices.Equal(before, words(args)) {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

func TestArgsAreNotChanged(t *testing.T) {
	args := words("-exec x -timeout 1s -race ./a -args y")
	before := slices.Clone(args)
	HookedCommand(args, []string{"./b"}, "HOOK", 1, []string{"./c"})
	Rerun{}.Command(args, []string{"./b"})
	if !slices.Equal(args, before) {
		t.Errorf("got %q", args)
	}
}

func TestWithFlags(t *testing.T) {
	for _, c := range []struct{ args, flags, want, packages string }{
		{"", "-v", "-v", ""},
		{"-race ./a ./b", "-run X", "-race ./a ./b -run X", "./a ./b"},
		{"-race ./a -args x", "-v", "-race ./a -v -args x", "./a"},
		{"-count 1 ./a", "", "-count 1 ./a", "./a"},
		{"-timeout=3s -race ./a -v", "-timeout 4s -run=X", "-race ./a -v -timeout 4s -run=X", "./a"},
		{"-gcflags=x=-N ./a", "-gcflags=y=-N", "-gcflags=x=-N ./a -gcflags=y=-N", "./a"}, // for different packages
		{"-own 1 ./a", "-own 2", "-own 1 -own 2 ./a", ""},                                // a flag of the test
	} {
		args := Args(strings.Fields(c.args))
		if got := strings.Join(args.WithFlags(strings.Fields(c.flags)), " "); got != c.want {
			t.Errorf("%s with %s: %s, want %s", c.args, c.flags, got, c.want)
		}
		if got := strings.Join(args.Packages(), " "); got != c.packages {
			t.Errorf("%s: packages %s, want %s", c.args, got, c.packages)
		}
	}
}
