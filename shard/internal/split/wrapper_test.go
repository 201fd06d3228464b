package split

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/pool"
)

func TestTestsThatNobodySaw(t *testing.T) {
	folder := func(text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a_test.go"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	plain, main := folder("package a"), folder("package a; func TestMain(*testing.M) {}")
	for name, test := range map[string]struct {
		dir     string
		command []string
		binary  int
		wrong   bool
	}{
		"under a program of -exec":                            {plain, []string{"wrapper", "a.test"}, 1, true},
		"under one, where TestMain may not run tests":         {main, []string{"wrapper", "a.test"}, 1, false},
		"under one, where they are listed":                    {plain, []string{"wrapper", "a.test", "-test.list=."}, 1, false},
		"under one, where nobody knows whether it has a main": {filepath.Join(plain, "missing"), []string{"wrapper", "a.test"}, 1, false},
		"by itself": {plain, []string{"a.test"}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := Binary{Task: pool.Task{Dir: test.dir, Command: test.command, Binary: test.binary}}
			if why := unseen(b); (why != "") != test.wrong {
				t.Errorf("%q", why)
			}
		})
	}
}
