package option

import (
	"os"
	"testing"
)

// The file of go test's -C is read, from wherever the call is made. A variable for all calls of a
// job is in the way of none without a file, such as that of last --failed.
func TestConfigurationElsewhere(t *testing.T) {
	clearEnv(t)
	inModule(t, "[profile.x]\nmax-fails = 3")
	if err := os.Mkdir("other", 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir("other")
	if opts := parse(t, "--profile", "x", "--", "-C=.."); opts.MaxFails != 3 {
		t.Errorf("got %+v", opts)
	}
	t.Chdir("..")
	if opts := parse(t, "--profile", "x", "--", "-C=other"); opts.MaxFails != 3 {
		t.Errorf("got %+v", opts)
	}
	t.Setenv("GOTESTSHARD_PROFILE", "x")
	if opts := parse(t, "--no-config"); opts.MaxFails != 0 {
		t.Errorf("got %+v", opts)
	}
	l, err := ParseLast([]string{"--failed"}, thisCall())
	if err != nil {
		t.Fatal(err)
	}
	if opts, err := l.Last.Again([]string{"-n", "2"}, thisCall()); err != nil || opts.MaxFails != 3 {
		t.Errorf("got %+v, %v", opts, err)
	}
}
