package gotest

import (
	"slices"
	"testing"

	"github.com/google/shlex"
)

// FuzzLayout checks that the packages among arguments are not flags, and that a flag is left out completely.
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
