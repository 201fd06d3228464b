package worker

import (
	"os"
	"sync"
	"testing"
)

// sharedTemp is the shared folder outside a run.
type sharedTemp struct {
	mutex sync.Mutex
	path  string
	users int
}

// TempDir returns the folder that all processes of the run share. The folder
// and everything in it are removed at the end of the run, after the teardowns.
// Give files names from [UniqueName] or [Name], or write them in a [Once]. For
// files of one test, use t.TempDir.
//
// Outside a run, the tests of this process share a folder. It is removed when
// the last test that called TempDir ends.
func TempDir(t testing.TB) string {
	t.Helper()
	path, err := current.tempDir(t)
	if err != nil {
		t.Fatalf("worker.TempDir: making the shared folder on %s: %v", current.id, err)
	}
	return path
}

func (r *run) tempDir(t testing.TB) (string, error) {
	if r.distributed {
		return r.folder("tmp")
	}
	s := &r.temp
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.users == 0 {
		path, err := os.MkdirTemp("", "gotestshard-worker-*")
		if err != nil {
			return "", err
		}
		s.path = path
	}
	s.users++
	t.Cleanup(func() { s.leave(t) })
	return s.path, nil
}

func (s *sharedTemp) leave(t testing.TB) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.users--; s.users > 0 {
		return
	}
	if err := os.RemoveAll(s.path); err != nil {
		t.Errorf("worker.TempDir: removing the shared folder: %v; close the files in it before the test ends", err)
	}
}
