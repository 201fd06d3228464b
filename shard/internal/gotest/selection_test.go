package gotest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNewSelectionReasons(t *testing.T) {
	tests := []struct{ args, reason string }{
		{"", ""},
		{"-test.paniconexit0 -test.v=test2json -test.timeout=10m0s -test.short -test.failfast=true -test.parallel=3", ""},
		{"-test.run=A -test.run=B/c", ""},
		{"-test.bench=.", "-bench needs a single process"},
		{"-test.bench=. -test.bench=", ""},
		{"-test.fuzz=FuzzA", "-fuzz needs a single process"},
		{"-test.list=.", "-list needs a single process"},
		{"-test.cpuprofile=f", "-cpuprofile needs a single process"},
		{"-test.memprofile=f", "-memprofile needs a single process"},
		{"-test.blockprofile=f", "-blockprofile needs a single process"},
		{"-test.mutexprofile=f", "-mutexprofile needs a single process"},
		{"-test.trace=f", "-trace needs a single process"},
		{"-test.gocoverdir=/go -test.coverprofile=/go/c", ""},
		{"-test.gocoverdir=/go -test.v=true -test.gocoverdir=/user", "-test.gocoverdir needs a single process"},
		{"-test.coverprofile=/go/c -test.coverprofile=/user/c", "-test.coverprofile needs a single process"},
		{"-test.coverprofile=relative", "-test.coverprofile needs a single process"},
		{"-test.count=0", `-count "0" runs nothing`},
		{"-test.count=x", `-count "x" runs nothing`},
		{"-test.count=2 -test.run=A/b", "-count with a -run or -skip for subtests needs a single process"},
		{"-test.count=2 -test.skip=A/b", "-count with a -run or -skip for subtests needs a single process"},
		{"-test.count=1 -test.skip=A/b", ""},
		{"-test.cpu=1,x", `-cpu "1,x" runs nothing`},
		{"-test.run=a(", "-run \"a(\" does not compile: error parsing regexp: missing closing ): `a(`"},
		{"-test.skip=[]/]", "-skip \"[]/]\" does not compile: error parsing regexp: missing closing ]: `[]`"},
		{"-test.run X", "-test.run has its value in a separate argument"},
		{"--test.run=X", "--test.run=X is written with two dashes"},
		{"-test.new", "-test.new has its value in a separate argument"},
		{"-test.new=1", ""},
		{"-test.shuffle=maybe", `-shuffle "maybe" is not on, off or a number`},
		{"-test.shuffle=", "-shuffle is empty; it must be on, off or a number"},
		{"-help", "-help may be a request for help"},
		{"-update -test.run=X", ""},
		{"-db x", ""},
		{"-db x -test.run=X", "-test.run=X comes after -db, whose value may end the flags"},
		{"-db -- -test.run=X", "-test.run=X comes after -db, whose value may end the flags"},
		{"-db=x -test.run=X", ""},
		{"word -test.bench=X", ""},
		{"-- -test.bench=X", ""},
		{"-test.short word -test.bench=X", ""},
	}
	for _, test := range tests {
		if _, reason := NewSelection(words(test.args)); reason != test.reason {
			t.Errorf("%s: got %q, want %q", test.args, reason, test.reason)
		}
	}
}

func TestSelectionMatchesWhatOneProcessRuns(t *testing.T) {
	tests := []struct{ args, runs string }{
		{"-test.run=A/b -test.count=2", "A"},
		{"-test.skip=A -test.bench=.", "B"},
		{"-test.run=B -test.cpuprofile=f", "B"},
		{"-test.run=B -test.shuffle=maybe", "B"},
		{"-test.run=B -test.cpu=x", "B"},
		{"-test.run=B -test.gocoverdir=relative", "B"},
		{"-test.skip=A/b -test.count=2", "A B"},
		{"-test.run=[ -test.bench=.", "A B"},
		{"-test.run X", "A B"},
	}
	for _, test := range tests {
		s, reason := NewSelection(words(test.args))
		var runs []string
		for _, root := range []string{"A", "B"} {
			if s.Match(root) {
				runs = append(runs, root)
			}
		}
		if got := strings.Join(runs, " "); got != test.runs || reason == "" {
			t.Errorf("%s: got %q, want %q (%s)", test.args, got, test.runs, reason)
		}
	}
}

func TestSelectionArgs(t *testing.T) {
	tests := []struct{ args, roots, want string }{
		{"", "B A", "-test.run=^(A|B)$"},
		{"", "A", "-test.run=^A$"},
		{"", "", "-test.run=^()$"},
		{"-test.v=test2json -x", "A", "-test.run=^A$ -test.v=test2json -x"},
		{"-test.run=A -test.short -test.run=A|B", "B A", "-test.run=^(A|B)$ -test.short"},
		{"-test.run=/sub", "A B", "-test.run=^(A|B)$/sub"},
		{"-test.run=A/x/y|B|C/z", "A B C", "-test.run=^B$|^A$/x/y|^C$/z"},
		{"-test.run=A/x|A", "A", "-test.run=^A$"},
		{"-test.run=A|B", "C B", "-test.run=^B$"},
		{"-test.skip=A|B", "C B", "-test.run=^C$"},
		{"-test.skip=A/x|B/y", "A C", "-test.run=^(A|C)$ -test.skip=A/x"},
		{"-test.skip=A/x|A", "A", "-test.run=^A$ -test.skip=A/x|A"},
		{"-test.run=A word -test.run=B", "A", "-test.run=^A$ word -test.run=B"},
		{"-test.run=A -- -test.run=B", "A", "-test.run=^A$ -- -test.run=B"},
		{"-update -test.run=A -test.short", "A", "-test.run=^A$ -update -test.short"},
	}
	for _, test := range tests {
		s, reason := NewSelection(words(test.args))
		if reason != "" {
			t.Errorf("%s: %s", test.args, reason)
		}
		got, ok := s.Args(words(test.roots))
		if strings.Join(got, " ") != test.want || !ok {
			t.Errorf("%s, roots %s: got %q (%v), want %q", test.args, test.roots, got, ok, test.want)
		}
	}
}

func TestSelectionRest(t *testing.T) {
	tests := []struct{ args, others, want string }{
		{"-test.skip=A", "", "-test.skip=A"},
		{"", "B A", "-test.skip=^(A|B)$"},
		{"-test.run=X -test.skip=A -test.skip=A/b", "A", "-test.skip=^A$|A/b -test.run=X"},
	}
	for _, test := range tests {
		s, _ := NewSelection(words(test.args))
		if got, ok := s.Rest(words(test.others)); strings.Join(got, " ") != test.want || !ok {
			t.Errorf("%s without %s: got %q (%v), want %q", test.args, test.others, got, ok, test.want)
		}
	}
}

func TestSelectionTooLong(t *testing.T) {
	var names []string
	for i := range 9000 {
		names = append(names, fmt.Sprintf("TestNumber%04d", i))
	}
	s, _ := NewSelection([]string{"-test.skip=TestNumber0001/x"})
	if args, ok := s.Args(names); ok {
		t.Errorf("Args gave %d bytes", len(strings.Join(args, " ")))
	}
	if args, ok := s.Rest(names); ok {
		t.Errorf("Rest gave %d bytes", len(strings.Join(args, " ")))
	}
	for _, give := range []func([]string) ([]string, bool){s.Args, s.Rest} {
		args, ok := give(names[:1000])
		if length := len(strings.Join(args, " ")); !ok || length > 32000 {
			t.Errorf("1000 names: %d bytes, %v", length, ok)
		}
	}
}

func TestSelectionNumbers(t *testing.T) {
	tests := []struct {
		args    string
		times   int
		shuffle string // with seed 7
	}{
		{"", 1, ""},
		{"-test.count=3", 3, ""},
		{"-test.count=0x10 -test.cpu=1,,2,", 32, ""},
		{"-test.count=3 -test.cpu=1,2 -test.run=A|B -test.skip=C", 6, ""},
		{"-test.shuffle=on -test.run=A/b", 1, "-test.shuffle=7"},
		{"-test.shuffle=off -test.skip=A|B/b", 1, "-test.shuffle=off"},
		{"-test.shuffle=off -test.shuffle=-12", 1, "-test.shuffle=off -test.shuffle=-12"},
	}
	for _, test := range tests {
		s, reason := NewSelection(words(test.args))
		if reason != "" {
			t.Errorf("%s: %s", test.args, reason)
		}
		args, _ := s.ResolveShuffle(7).Rest(nil)
		args = slices.DeleteFunc(args, func(arg string) bool { return !strings.HasPrefix(arg, "-test.shuffle") })
		if s.Times() != test.times || strings.Join(args, " ") != test.shuffle {
			t.Errorf("%s: got %d times, shuffle %q", test.args, s.Times(), args)
		}
	}
}

func TestSelectionChunks(t *testing.T) {
	numbered := func(pad, from, to int) (names []string) {
		for i := from; i < to; i++ {
			names = append(names, fmt.Sprintf("Test%0*d", pad, i))
		}
		return names
	}
	tests := map[string]struct {
		args  string
		roots []string
		want  []int // the number of names in each chunk
		fits  bool  // all in one process
	}{
		"no pattern":                    {"", numbered(4, 0, 2000), []int{2000}, true},
		"none of subtests":              {"-test.run=Test -test.skip=x", numbered(4, 0, 2000), []int{2000}, true},
		"subtests of all":               {"-test.skip=/x", numbered(4, 0, 250), []int{100, 100, 50}, true},
		"long names":                    {"-test.run=./x", numbered(1500, 0, 5), []int{2, 2, 1}, true},
		"one that is too long":          {"-test.run=./x", numbered(5000, 0, 3), []int{1, 1, 1}, false},
		"subtests of some, to skip":     {"-test.skip=Test000[13]/x", numbered(4, 0, 250), []int{2, 248}, true},
		"subtests of some, to run":      {"-test.run=Test000[0-4]|Test000[3-9]/x", numbered(4, 0, 10), []int{5, 5}, true},
		"all of them, with any other":   {"-test.run=0/x|Test", numbered(4, 0, 250), []int{250}, true},
		"no pattern, long names":        {"", numbered(1500, 0, 20), []int{16, 4}, true},
		"subtests of some of very many": {"-test.skip=Test000./x", numbered(4, 0, 2000), []int{10, 1990}, false},
		"too many for a command line":   {"", numbered(1500, 0, 200), []int{16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 8}, false},
		"none":                          {"-test.skip=/x", nil, nil, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, reason := NewSelection(words(test.args))
			if reason != "" {
				t.Fatal(reason)
			}
			var got []int
			all := map[string]bool{}
			for _, chunk := range s.Chunks(test.roots) {
				got = append(got, len(chunk))
				if !slices.IsSorted(chunk) {
					t.Errorf("%q are in another order", chunk)
				}
				for _, name := range chunk {
					all[name] = true
				}
			}
			if fits := s.Fits(test.roots); fits != test.fits {
				t.Errorf("fits in one process: %v", fits)
			}
			if !slices.Equal(got, test.want) || len(all) != len(test.roots) {
				t.Errorf("got %v, %d names, want %v", got, len(all), test.want)
			}
		})
	}
}
