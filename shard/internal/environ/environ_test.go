package environ

import (
	"runtime"
	"slices"
	"testing"
)

func TestLookup(t *testing.T) {
	list := List{"A=1", "=C:=C:\\x", "a=2", "EMPTY=", "EQUALS=x=y", "A=3", "noequals", ""}
	for name, want := range map[string]string{"A": "1", "EMPTY": "", "EQUALS": "x=y", "=C:": "C:\\x"} {
		if got, ok := list.Lookup(name); got != want || !ok {
			t.Errorf("%s is %q, %v", name, got, ok)
		}
	}
	for _, name := range []string{"B", "noequals", ""} {
		if got, ok := list.Lookup(name); ok {
			t.Errorf("%q is %q", name, got)
		}
	}
	want := map[bool]string{true: "1", false: "2"}[runtime.GOOS == "windows"]
	if got := list.Get("a"); got != want {
		t.Errorf("a is %q, want %q", got, want)
	}
}

func TestRun(t *testing.T) {
	r := Run{ID: "id", Dir: "/run", Slot: 2, Further: []string{"TEST_ENV_NUMBER"}}
	env := r.Of("gw1", 1, 3)
	want := []string{
		"GOTESTSHARD_WORKER=gw1", "GOTESTSHARD_WORKER_INDEX=1", "GOTESTSHARD_WORKER_COUNT=3", "GOTESTSHARD_RUN_ID=id", "GOTESTSHARD_SLOT=2",
		"GOTESTSHARD_RUN_DIR=/run", "TEST_ENV_NUMBER=gw1",
	}
	if !slices.Equal(env, want) {
		t.Errorf("got  %q\nwant %q", env, want)
	}
	// GOTESTSHARD_JSONFILE is set by the user.
	if got := r.Without(append(env, "GOTESTSHARD_JSONFILE=x", "HOME=/root")); !slices.Equal(got, []string{"GOTESTSHARD_JSONFILE=x", "HOME=/root"}) {
		t.Errorf("without it there is %q", got)
	}
}
