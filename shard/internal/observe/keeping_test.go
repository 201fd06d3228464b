package observe

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/kept"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

func cacheIn(t *testing.T, dir string) {
	t.Helper()
	// A process that the go command leaves behind writes there, also while the folder is removed.
	if config, err := os.UserConfigDir(); err == nil {
		t.Setenv("XDG_CONFIG_HOME", config)
	}
	t.Setenv("XDG_CACHE_HOME", dir)
	t.Setenv("LocalAppData", dir)
	t.Setenv("HOME", dir)
}

func TestTheResultIsKeptBesideTheFile(t *testing.T) {
	t.Chdir(t.TempDir())
	cacheIn(t, t.TempDir())
	r, err := OpenRecording(t.Context(), option.Options{Reports: option.Reports{Keep: true, Result: "x.gotestshard"}})
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if err := errors.Join(r.Begin(nil), r.events([]byte(`{"Action":"start"}`)), r.Finish(nil, time.Time{}, &stderr)); err != nil || stderr.Len() > 0 {
		t.Fatalf("%v, %s", err, &stderr)
	}
	folder, err := kept.Of(".")
	if err != nil {
		t.Fatal(err)
	}
	name, err := folder.Last()
	if err != nil {
		t.Fatal(err)
	}
	keptText, err := os.ReadFile(name)
	text, fileErr := os.ReadFile("x.gotestshard")
	if err != nil || fileErr != nil || len(text) == 0 || !bytes.Equal(text, keptText) {
		t.Errorf("%d and %d bytes, %v, %v", len(text), len(keptText), err, fileErr)
	}
}

// A run that is given up leaves nothing in the cache.
func TestTheResultOfARunThatIsGivenUp(t *testing.T) {
	t.Chdir(t.TempDir())
	cache := t.TempDir()
	cacheIn(t, cache)
	r, err := OpenRecording(t.Context(), option.Options{Reports: option.Reports{Keep: true}})
	if err := errors.Join(err, r.Begin(nil), r.events([]byte(`{"Action":"start"}`))); err != nil {
		t.Fatal(err)
	}
	files := func() []string {
		names, err := filepath.Glob(filepath.Join(cache, "*", "*", "*", ".running-*"))
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	if before := files(); len(before) != 1 {
		t.Fatalf("while it runs: %q", before)
	}
	r.Discard()
	if after := files(); len(after) > 0 {
		t.Errorf("left behind: %q", after)
	}
	(*Recording)(nil).Discard()
}

func TestARunThatCannotBeKeptIsNoError(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cacheIn(t, file)
	r, err := OpenRecording(t.Context(), option.Options{Reports: option.Reports{Keep: true}})
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if err := errors.Join(r.Begin(nil), r.events([]byte(`{}`)), r.Finish(nil, time.Time{}, &stderr)); err != nil {
		t.Error(err)
	}
	if said := stderr.String(); strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "gotestshard: this run is not kept for gotestshard last (--no-keep turns that off): ") {
		t.Errorf("%q", said)
	}
}

// A line that cannot be written fails a run that asked for its result, and no other.
func TestErrorsOfARunThatIsKept(t *testing.T) {
	t.Chdir(t.TempDir())
	cacheIn(t, t.TempDir())
	for _, asked := range []bool{false, true} {
		opts := option.Options{Reports: option.Reports{Keep: true}}
		if asked {
			opts.Result = "x.gotestshard"
		}
		r, err := OpenRecording(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		long := bytes.Repeat([]byte("x"), 2<<20)
		err = errors.Join(r.Begin(nil), r.events(long))
		if (err != nil) != asked {
			t.Errorf("asked for a result %v: %v", asked, err)
		}
		if err := r.Finish(err, time.Time{}, &stderr); err != nil || strings.Count(stderr.String(), "is too long") != 1 {
			t.Errorf("asked for a result %v: %v, %q", asked, err, stderr.String())
		}
	}
	folder, err := kept.Of(".")
	if err != nil {
		t.Fatal(err)
	}
	if name, err := folder.Last(); err == nil {
		t.Errorf("%s was kept", name)
	}
}

// A run in which no test was started does not replace the last one.
func TestARunWithoutTestsIsNotKept(t *testing.T) {
	t.Chdir(t.TempDir())
	cacheIn(t, t.TempDir())
	for _, c := range []struct {
		begins bool
		err    error
		kept   bool
	}{
		{false, errors.New("the set-up failed"), false},
		{true, exit.Signalled(syscall.SIGINT), false},
		{true, exit.Error{Code: exit.Failed}, true}, // of the build
	} {
		r, err := OpenRecording(t.Context(), option.Options{Reports: option.Reports{Keep: true}})
		if err != nil {
			t.Fatal(err)
		}
		if c.begins {
			err = r.Begin(nil)
		}
		var stderr bytes.Buffer
		if err := errors.Join(err, r.Finish(c.err, time.Time{}, &stderr)); err != nil || stderr.Len() > 0 {
			t.Errorf("%v, %s", err, &stderr)
		}
		folder, err := kept.Of(".")
		if err != nil {
			t.Fatal(err)
		}
		if name, err := folder.Last(); (err == nil) != c.kept {
			t.Errorf("%v: %s, %v", c.err, name, err)
		}
	}
}
