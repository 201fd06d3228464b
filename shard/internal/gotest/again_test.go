package gotest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAgain(t *testing.T) {
	tests := map[string]struct {
		args, binary []string
		want         string
	}{
		"no arguments":                   {want: "."},
		"the seed":                       {binary: words("-test.run=^TestB$ -test.v=test2json -test.skip=TestA/b -test.shuffle=7"), want: ". -shuffle=7"},
		"no seed":                        {args: words("-shuffle=on"), binary: words("-test.shuffle=on"), want: "."},
		"what chooses tests":             {args: words("-run A -test.skip=B --shuffle on -failfast -bench . -fuzz=F ./a"), want: "."},
		"which subtests":                 {args: words("-skip=TestA/b ./a"), want: ". -skip=TestA/b"},
		"what measures and prints":       {args: words("-json -v -p 4 -coverprofile=x.out -coverpkg=./... -cpuprofile c -race ./a"), want: ". -race"},
		"the cache":                      {args: words("-count=1 -short"), want: ". -short"},
		"how often":                      {args: words("-count 3 -cpu 1,2 -timeout=5s"), want: ". -count 3 -cpu 1,2 -timeout=5s"},
		"packages before, within, after": {args: words("./a ./b -race"), want: ". -race"},
		"a value like the package":       {args: words("-tags ./a -count=2 ./a"), want: ". -tags ./a -count=2"},
		"a test's own value like it":     {args: words("./a -name ./a -race"), want: ". -name ./a -race"},
		"an argument like the package":   {args: words("./a -args ./a -run x"), want: ". -args ./a -run x"},
		"after a terminator":             {args: words("./a -- ./a -run x"), want: ". -- ./a -run x"},
		"a second row is arguments":      {args: words("./a -v ./a -run x"), want: ". -args ./a -run x"},
		"and after a test's own flag":    {args: words("./a -mine -json b -run x"), want: ". -mine -args b -run x"},
		"no package after a test's own":  {args: words("-mine ./a -run x -race"), want: ". -mine ./a -race"},
		"quotes and spaces":              {args: []string{"-ldflags=-X 'm.x=a b'", "-tags", "", "./a", "-args", "$HOME", "*", "~"}, want: `. '-ldflags=-X '\''m.x=a b'\''' -tags '' -args '$HOME' '*' '~'`},
		"several lines":                  {args: []string{"-race", "-ldflags=a\nb"}, want: ". -race …"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := NewAgain(test.args, "")
			got := a.Command(Failed{Package: "m", Dir: a.base, Test: "TestA/b c|d", Binary: test.binary}, 1000)
			if want := `go test -run '^TestA$/^b c\|d$' ` + test.want; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// -run selects no benchmark.
func TestAgainBenchmark(t *testing.T) {
	a := NewAgain(words("-bench . -benchtime 1x -race"), "")
	for test, want := range map[string]string{
		"BenchmarkA":   "go test -run '^$' -bench '^BenchmarkA$' . -race",
		"BenchmarkA/b": "go test -run '^$' -bench '^BenchmarkA$/^b$' . -race",
	} {
		if got := a.Command(Failed{Package: "m", Dir: a.base, Test: test}, 1000); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestAgainIsShort: what is left out is seen, and the name of the test is not cut.
func TestAgainIsShort(t *testing.T) {
	a := NewAgain(words("-race -tags=integration,postgres -timeout 30m ./..."), "")
	f := Failed{Package: "m/a/b/c", Dir: filepath.Join(a.base, "a/b/c"), Test: "TestA/b"}
	for _, c := range []struct {
		room int
		want string
	}{
		{100, "go test -run '^TestA$/^b$' ./a/b/c -race -tags=integration,postgres -timeout 30m"},
		{80, "go test -run '^TestA$/^b$' ./a/b/c -race -tags=integration,postgres -timeout 30m"},
		{79, "go test -run '^TestA$/^b$' ./a/b/c -race -timeout 30m …"},
		{54, "go test -run '^TestA$/^b$' ./a/b/c -race …"},
		{41, "go test -run '^TestA$/^b$' ./a/b/c …"},
		{35, "go test -run '^TestA$/^b$' …/b/c …"},
		{33, "go test -run '^TestA$/^b$' …/c …"},
		{31, "go test -run '^TestA$' …/b/c …"},
		{3, "go test -run '^TestA$' …/c …"},
	} {
		if got := a.Command(f, c.room); got != c.want {
			t.Errorf("%d characters: %s\nwant: %s", c.room, got, c.want)
		}
	}
}

// TestAgainFolders: the package can be pasted where gotestshard was started.
func TestAgainFolders(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"a/b", "nested/c"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "nested/go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	for _, c := range []struct{ args, dir, of, want string }{
		{"", "", "a/b", "go test ./a/b"},
		{"", "", "", "go test ."},
		{"", "", "nested/c", "go test m/p"},
		{"", "", "../elsewhere", "go test m/p"},
		{"-C=a", "", "a/b", "go test -C a ./b"},
		{"-C b", "a", "a/b", "go test -C a/b ."},
		{"-C b", "a", "nested/c", "go test -C a/b m/p"},
	} {
		a := NewAgain(words(c.args), c.dir)
		dir, err := filepath.Abs(c.of)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Command(Failed{Package: "m/p", Dir: dir}, 100); filepath.ToSlash(got) != c.want {
			t.Errorf("%s in %q, %s: got %s, want %s", c.args, c.dir, c.of, got, c.want)
		}
	}
}
