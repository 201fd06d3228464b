package gotest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/early"
)

func TestSplitQuoted(t *testing.T) {
	for text, want := range map[string][]string{
		"":                          nil,
		" \t\r\n":                   nil,
		" a  b\t":                   {"a", "b"},
		`'a b' "c 'd"`:              {"a b", "c 'd"},
		`'a''b'"c"`:                 {"a", "b", "c"},
		`'' ""`:                     {"", ""},
		`a'b c'd`:                   {"a'b", "c'd"},
		`-overlay=C:\o.json`:        {`-overlay=C:\o.json`},
		`-run=TestO\w+ -v`:          {`-run=TestO\w+`, "-v"},
		`C:\tools\start.bat -x`:     {`C:\tools\start.bat`, "-x"},
		`"C:\my tools\" \'`:         {`C:\my tools\`, `\'`},
		`'-ldflags=-X "a=b c"' -v`:  {`-ldflags=-X "a=b c"`, "-v"},
		"-tags=a,b #no -comment":    {"-tags=a,b", "#no", "-comment"},
		"a\u00a0b\v \xff":           {"a\u00a0b\v", "\xff"}, // only ASCII white space counts
		`"-run=A B"-v`:              {"-run=A B", "-v"},
		`-run='A B'`:                {"-run='A", "B'"},
		`\\server\share\run.exe "x`: nil,
		`'`:                         nil,
	} {
		got, err := splitQuoted(text)
		if !slices.Equal(got, want) || (err != nil) != (strings.Count(text, `"`) == 1 || text == "'") {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}

// TestSplitQuotedIsTheGoCommands compares with the go command's own source for every short
// text.
func TestSplitQuotedIsTheGoCommands(t *testing.T) {
	texts := []string{""}
	for from := 0; len(texts) < 5_000; {
		to := len(texts)
		for _, text := range texts[from:to] {
			for _, c := range `a\'" ` + "\n" {
				texts = append(texts, text+string(c))
			}
		}
		from = to
	}
	given, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source, err := os.ReadFile(filepath.Join(goRoot(t), "src", "cmd", "internal", "quoted", "quoted.go"))
	if err != nil {
		t.Fatal(err)
	}
	const main = `package main

import (
	"encoding/json"
	"os"

	"m/quoted"
)

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	words := map[string][]string{}
	for _, text := range texts {
		if split, err := quoted.Split(text); err == nil {
			words[text] = split
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(words); err != nil {
		panic(err)
	}
}
`
	for name, content := range map[string]string{"go.mod": "module m\n", "main.go": main, "quoted/quoted.go": string(source)} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("go", "run", "-trimpath", ".") // so that the program of the last run is in the build cache
	command.Dir, command.Stdin = dir, bytes.NewReader(given)
	command.Env = append(os.Environ(), "PWD="+dir, "GOFLAGS=", "GOWORK=off", "GO111MODULE=on", "GOGC=off")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]string
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		got, err := splitQuoted(text)
		if wanted, ok := want[text]; ok != (err == nil) || !slices.Equal(got, wanted) {
			t.Fatalf("%q: %q, %v, and the go command has %q (%v)", text, got, err, wanted, ok)
		}
	}
}

// goRoot is the folder of the go command that the tests use.
func goRoot(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(output(t, "", "go", "env", "GOROOT"))
}

// FuzzJoinQuoted checks that words written for -exec are read back unchanged.
func FuzzJoinQuoted(f *testing.F) {
	for _, words := range [][3]string{
		{"/bin/gs", "hook", "1m0s"}, {`C:\my tools\gs.exe`, `\'`, `"`}, {"", " ", "'"}, {"it's", `"`, `'"`}, {`'"`, `a'" b`, "\n"},
	} {
		f.Add(words[0], words[1], words[2])
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		words := []string{a, b, c}
		text, err := joinQuoted(words...)
		if err != nil {
			if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(word, "'") && strings.Contains(word, `"`) }) {
				t.Errorf("%q: %v", words, err)
			}
			return
		}
		if got, err := splitQuoted(text); err != nil || !slices.Equal(got, words) {
			t.Errorf("%q as %s is %q, %v", words, text, got, err)
		}
		// The user's own -exec, whose form is unknown, is unchanged.
		exec, errExec := splitQuoted(b)
		hook, err := Settings{Timeout: time.Minute, Exec: b}.HookCommand(a, "")
		if err != nil || errExec != nil {
			return
		}
		if got, err := splitQuoted(hook); err != nil || !slices.Equal(got, append([]string{a, early.HookWord, "1m0s"}, exec...)) {
			t.Errorf("%q with -exec %q is %q, %v", a, b, got, err)
		}
	})
}
