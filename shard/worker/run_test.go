package worker

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestIdentity(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		name         string
		env          []string
		id           string
		index, count int
		distributed  bool
	}{
		{"a worker", runEnv(dir, "gw3", 3, 4), "gw3", 3, 4, true},
		{"a named shard", runEnv(dir, "unit tests", 0, 2), "unit tests", 0, 2, true},
		{"plain go test", nil, "master", 0, 1, false},
		{"no worker", runEnv(dir, "", 3, 4), "master", 0, 1, false},
		{"no folder", runEnv("", "gw3", 3, 4), "master", 0, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := runFrom(test.env)
			if r.id != test.id || r.index != test.index || r.count != test.count || r.distributed != test.distributed {
				t.Errorf("got %q %d of %d, distributed %v", r.id, r.index, r.count, r.distributed)
			}
			if test.distributed != (r.runID == "test-run") || r.runID == "" {
				t.Errorf("run id %q", r.runID)
			}
		})
	}
	if ID() != "master" || Index() != 0 || Count() != 1 || Slot() != 0 || Distributed() || RunID() == "" {
		t.Error("the package's functions do not say that this is no run")
	}
}

// Functions that need the run's folder or the index report what is wrong with
// them.
func TestBrokenEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))
	swap := func(from, to string) []string {
		env := runEnv(t.TempDir(), "gw1", 1, 4)
		i := slices.Index(env, from)
		env[i] = to
		return env
	}
	for _, test := range []struct {
		name, want string
		env        []string
	}{
		{"folder gone", "unset GOTESTSHARD_WORKER", runEnv(filepath.Join(t.TempDir(), "gone"), "gw1", 1, 4)},
		{"folder is a file", "is not a folder", runEnv(file, "gw1", 1, 4)},
		{"no index", "GOTESTSHARD_WORKER_INDEX=\"\"", swap("GOTESTSHARD_WORKER_INDEX=1", "X=")},
		{"index too high", "no index below a count", swap("GOTESTSHARD_WORKER_INDEX=1", "GOTESTSHARD_WORKER_INDEX=4")},
		{"no number", "GOTESTSHARD_WORKER_COUNT=\"x\"", swap("GOTESTSHARD_WORKER_COUNT=4", "GOTESTSHARD_WORKER_COUNT=x")},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := current
			current = runFrom(test.env)
			defer func() { current = before }()
			for _, call := range []func(t testing.TB){
				func(t testing.TB) { UniqueName(t) },
				func(t testing.TB) { UniqueDNSName(t) },
				func(t testing.TB) { Port(t) },
				func(t testing.TB) { Lock(t, "x") },
				func(t testing.TB) { TempDir(t) },
				func(t testing.TB) { Once(t, "x", func() (int, error) { return 1, nil }) },
			} {
				p := &probe{name: "TestProbe"}
				mustContain(t, p.do(call), "worker.", "on gw1", test.want)
				if !p.failed {
					t.Error("the test did not fail")
				}
			}
			if !strings.HasPrefix(Name("db"), "gw1_") {
				t.Error("a name needs no folder")
			}
		})
	}
}

func TestTempDirOfARun(t *testing.T) {
	r := testRun(t)
	p, q := &probe{name: "TestP"}, &probe{name: "TestQ"}
	first, err := r.tempDir(p)
	check(t, err)
	p.end()
	second, err := r.tempDir(q)
	check(t, err)
	if first != second || first != filepath.Join(r.dir, "tmp") {
		t.Errorf("two folders: %s and %s", first, second)
	}
	if info, err := os.Stat(first); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("after its first test: %v %v", info, err)
	}
}

func TestTempDirOutsideARun(t *testing.T) {
	r := plainRun(t)
	p, q := &probe{name: "TestP"}, &probe{name: "TestQ"}
	first, err := r.tempDir(p)
	check(t, err)
	second, err := r.tempDir(q)
	check(t, err)
	if first != second {
		t.Errorf("two folders: %s and %s", first, second)
	}
	p.end()
	if _, err := os.Stat(first); err != nil {
		t.Error("it went while a test uses it")
	}
	q.end()
	if _, err := os.Stat(first); !os.IsNotExist(err) {
		t.Errorf("it did not go: %v", err)
	}
}
