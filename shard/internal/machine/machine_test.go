package machine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func take(t *testing.T, p Places) (place int, release func()) {
	t.Helper()
	place, release, ok, err := p.Lowest()
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return place, release
}

// The lowest free place is taken, of each name.
func TestLowest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	p := Places{Dir: dir, Name: "x"}
	zero, releaseZero := take(t, p)
	one, releaseOne := take(t, p)
	two, releaseTwo := take(t, p)
	if zero != 0 || one != 1 || two != 2 {
		t.Error(zero, one, two)
	}
	if other, release := take(t, Places{Dir: dir, Name: "y"}); other != 0 {
		t.Error(other)
	} else {
		release()
	}
	releaseOne()
	if again, release := take(t, p); again != 1 {
		t.Error(again)
	} else {
		release()
	}
	p.Most = 1
	if _, _, ok, err := p.Lowest(); ok || err != nil {
		t.Error(ok, err)
	}
	releaseZero()
	releaseTwo()
	if _, _, _, err := (Places{Dir: filepath.Join(dir, "none", "none")}).Lowest(); err == nil {
		t.Error("there is a place in a folder that does not exist")
	}
}

// Wait waits until a place is free.
func TestWait(t *testing.T) {
	p := Places{Dir: filepath.Join(t.TempDir(), "locks"), Most: 1}
	release, err := p.Wait(t.Context(), func() { t.Error("it waits") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := p.Wait(ctx, cancel); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	again, err := p.Wait(t.Context(), release)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

// A folder of others is not used. Nothing is left.
func TestDir(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := Places{Dir: Dir()}
	for range 2 {
		_, release := take(t, p)
		release()
		if _, err := os.Lstat(p.Dir); err == nil {
			t.Error("the folder is left")
		}
	}
	if err := os.Mkdir(p.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(p.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(p.Dir); err != nil || private(info) {
		t.Skip("others can write to all folders here")
	}
	if _, _, _, err := p.Lowest(); err == nil || !strings.Contains(err.Error(), "is not a folder of yours alone") {
		t.Error(err)
	}
}

// A place has one holder at a time, although its file comes and goes.
func TestOneHolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	var holders [2]atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				place, release, ok, err := Places{Dir: dir, Most: 2}.Lowest()
				if err != nil {
					t.Error(err)
				}
				if !ok {
					continue
				}
				if holders[place].Add(1) != 1 {
					t.Error("two have a place")
				}
				holders[place].Add(-1)
				release()
			}
		})
	}
	all.Wait()
}
