package gotest

import (
	"slices"
	"strings"
	"testing"
)

// If gotestsum has the command, it is the same (cmd/main.go, goTestCmdArgs).
func TestRerunCommand(t *testing.T) {
	one := Rerun{Package: "m/p", Run: "^TestA$"}
	tests := map[string]struct {
		rerun          Rerun
		args, packages string
		want           string
	}{
		"without arguments":          {one, "", "", "go test -json -test.run=^TestA$ m/p"},
		"in place of the packages":   {one, "", "./a ./b", "go test -json -test.run=^TestA$ m/p"},
		"with arguments":             {one, "-count=1 -race", "./a", "go test -json -test.run=^TestA$ -count=1 -race m/p"},
		"the user's run":             {one, "-run X -race", "./a", "go test -json -test.run=^TestA$ -race m/p"},
		"with an equals sign":        {one, "--run=X -race", "./a", "go test -json -test.run=^TestA$ -race m/p"},
		"a run without a value":      {one, "-race -run", "./a", "go test -json -test.run=^TestA$ -race -run m/p"},
		"only the first":             {one, "-run X -run=Y", "./a", "go test -json -test.run=^TestA$ -run=Y m/p"},
		"before -args":               {one, "-json -args x", "./a", "go test -test.run=^TestA$ -json m/p -args x"},
		"a whole package":            {Rerun{Package: "m/p"}, "-run X", "./a", "go test -json -run X m/p"},
		"the rest of a package":      {Rerun{Package: "m/p", Skip: "^(A|B)$"}, "-run X", "./a", "go test -json -test.skip=^(A|B)$ -run X m/p"},
		"and of what the user skips": {Rerun{Package: "m/p", Skip: "^(A)$", User: Settings{Skip: "X"}}, "-skip X", "./a", "go test -json -test.skip=X|^(A)$ m/p"},
		"not from the cache":         {Rerun{Package: "m/p", Run: "^A$", Strict: true}, "-race", "./a", "go test -json -test.run=^A$ -count=1 -race m/p"},
		"as often as the user wants": {Rerun{Package: "m/p", Run: "^A$", Strict: true, User: Settings{Count: "3"}}, "-count=3", "./a", "go test -json -test.run=^A$ -count=3 m/p"},
		"without benchmarks":         {Rerun{Package: "m/p", Run: "^A$", Strict: true, User: Settings{Bench: ".", Count: "1"}}, "-bench=. -count=1", "./a", "go test -json -test.run=^A$ -test.bench= -count=1 m/p"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			args := Args(words(test.args))
			before := slices.Clone(args)
			if got := strings.Join(test.rerun.Command(args, words(test.packages)), " "); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if !slices.Equal(args, before) {
				t.Errorf("the arguments became %q", args)
			}
		})
	}
}

func TestRerunRawCommand(t *testing.T) {
	command := append(make([]string, 0, 8), "./test.sh", "x")
	got := Rerun{Package: "m/p", Run: "^A$"}.RawCommand(command)
	if strings.Join(got, " ") != "./test.sh x -test.run=^A$ m/p" {
		t.Errorf("got %q", got)
	}
	got = Rerun{Package: "m/q", Skip: "^(B)$"}.RawCommand(command)
	if strings.Join(got, " ") != "./test.sh x -test.skip=^(B)$ m/q" {
		t.Errorf("got %q", got)
	}
}

func TestRerunBinary(t *testing.T) {
	one := Rerun{Run: "^TestA$"}
	rest := Rerun{Skip: "^(A)$"}
	tests := map[string]struct {
		rerun      Rerun
		args, want string
	}{
		"the go command's": {one, "-test.testlogfile=/w/testlog.txt -test.paniconexit0 -test.v=test2json -test.timeout=5s",
			"-test.paniconexit0 -test.v=test2json -test.timeout=5s -test.run=^TestA$"},
		"the user's run":          {one, "-test.paniconexit0 -test.run=X -test.count=1", "-test.paniconexit0 -test.count=1 -test.run=^TestA$"},
		"after the user's flags":  {one, "-test.v=test2json -flag=1 -test.run=mine", "-test.v=test2json -flag=1 -test.run=^TestA$"},
		"the user's arguments":    {one, "-test.v=test2json file -test.run=mine", "-test.v=test2json -test.run=^TestA$ file -test.run=mine"},
		"the user's benchmarks":   {one, "-test.bench=. -test.count=1", "-test.count=1 -test.run=^TestA$"},
		"one benchmark":           {Rerun{Run: "^$", Bench: "^BenchmarkB$"}, "-test.bench=.", "-test.run=^$ -test.bench=^BenchmarkB$"},
		"a whole package":         {Rerun{}, "-test.run=X -test.skip=Y", "-test.run=X -test.skip=Y"},
		"the rest":                {rest, "-test.run=X", "-test.run=X -test.skip=^(A)$"},
		"the rest of what is not": {rest, "-test.skip=Y/z -test.run=X", "-test.run=X -test.skip=Y/z|^(A)$"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(test.rerun.Binary(words(test.args)), " "); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
