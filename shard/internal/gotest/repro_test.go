package gotest

import (
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/shlex"
)

func TestRepro(t *testing.T) {
	tests := map[string]struct {
		args, binary []string
		want         string
	}{
		"no arguments":                   {want: "go test PKG"},
		"which tests":                    {binary: words("-test.run=^TestA$ -test.v=test2json -test.skip=TestA/b -test.shuffle=7"), want: "go test '-run=^TestA$' -skip=TestA/b -shuffle=7 PKG"},
		"none but some":                  {binary: words("-test.skip=^TestA$"), want: "go test '-skip=^TestA$' PKG"},
		"in place of the user's":         {args: words("-run A -test.skip=B --shuffle on ./a"), binary: words("-test.run=TestA -test.shuffle=7"), want: "go test -run=TestA -shuffle=7 PKG"},
		"for one person":                 {args: words("-json -p 4 -coverprofile=x.out -race ./a"), want: "go test PKG -race"},
		"in another folder":              {args: words("-race -C dir ./a"), want: "go test -C=dir PKG -race"},
		"packages before, within, after": {args: words("./a ./b -v"), want: "go test PKG -v"},
		"packages after flags":           {args: words("-count 1 ./a ./b -v"), want: "go test PKG -count 1 -v"},
		"a value like the package":       {args: words("-tags ./a -count=1 ./a"), want: "go test PKG -tags ./a -count=1"},
		"a test's own value like it":     {args: words("./a -name ./a -v"), want: "go test PKG -name ./a -v"},
		"an argument like the package":   {args: words("./a -args ./a -run x"), want: "go test PKG -args ./a -run x"},
		"after a terminator":             {args: words("./a -- ./a -run x"), want: "go test PKG -- ./a -run x"},
		"a second row is arguments":      {args: words("./a -v ./a -run x"), want: "go test PKG -v -args ./a -run x"},
		"a flag that stood before them":  {args: words("./a -run x b"), want: "go test PKG -args b"},
		"and after a test's own flag":    {args: words("./a -mine -json b -run x"), want: "go test PKG -mine -args b -run x"},
		"no package after a test's own":  {args: words("-mine ./a -run x -v"), want: "go test PKG -mine ./a -v"},
		"quotes and spaces":              {args: []string{"-ldflags=-X 'm.x=a b'", "-tags", "", "./a", "-args", "$HOME", "*", "~", "a\nb"}, want: `go test PKG '-ldflags=-X '\''m.x=a b'\''' -tags '' -args '$HOME' '*' '~' 'a` + "\nb'"},
		"letters of others":              {binary: []string{"-test.run=^TestÄpfel$"}, want: "go test '-run=^TestÄpfel$' PKG"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(Repro(test.args, "PKG", test.binary), " "); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// FuzzShellWord makes the shell read the words written for it.
func FuzzShellWord(f *testing.F) {
	if runtime.GOOS == "windows" {
		f.Skip("there is no sh")
	}
	for _, word := range []string{"", "a", "-run=^(A|B)$", "it's", `"`, `\`, "a b\nc", "$HOME", "`x`", "~", "#", "=", "!", "{a,b}", "Ä", "é\u00a0", "\x80"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.Contains(word, "\x00") {
			return // no argument can contain it
		}
		written := shellWord(word)
		out, err := exec.Command("sh", "-c", "printf %s. "+written).Output()
		if err != nil || string(out) != word+"." {
			t.Errorf("%q as %s is %q, %v", word, written, out, err)
		}
	})
}

// FuzzLayout checks that the arguments left by Repro are consistent.
func FuzzLayout(f *testing.F) {
	for _, args := range []string{"./a -v b", "-mine ./a -run x b -v", "./a -run=x -args ./b", "-- x", "- -", "./a -C", "-mine=1 a", "-run -args ./a"} {
		f.Add(args)
	}
	f.Fuzz(func(t *testing.T, text string) {
		args, err := shlex.Split(text)
		if err != nil {
			return
		}
		packages, end := Args(args).layout()
		if !slices.IsSorted(packages) || len(packages) > 0 && packages[len(packages)-1] >= end || end > len(args) {
			t.Fatalf("%q: packages at %v, the end at %d", args, packages, end)
		}
		for _, i := range packages {
			if len(args[i]) > 1 && args[i][0] == '-' {
				t.Errorf("%q: %q is not a package", args, args[i])
			}
		}
		kept := Args(args).Without("run", "json")
		if got := kept.Without("run", "json"); !slices.Equal(got, kept) {
			t.Errorf("%q: %q, then %q", args, kept, got)
		}
	})
}
