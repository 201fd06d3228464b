//go:build !noqueueserver

package queueserver

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
)

func timings(t *testing.T, config jetstream.Config) *jetstream.Timings {
	t.Helper()
	config.Attempt = time.Minute // an attempt is not repeated, and the machine may be slow
	opened, err := jetstream.OpenTimings(t.Context(), config)
	check(t, err)
	t.Cleanup(func() { _ = opened.Close() })
	return opened
}

// Builds share durations, and nodes that save at the same time lose nothing.
func TestTimings(t *testing.T) {
	t.Parallel()
	s := testServer(t, nil)
	key, fix := jetstream.TimingsKey("r", "main"), jetstream.TimingsKey("r", "fix")
	loaded, err := timings(t, quick(s.URL(), "0", secret)).Load(t.Context(), key)
	if check(t, err); loaded != nil {
		t.Errorf("before all builds there is %q", loaded)
	}
	add := func(letter string) func([]byte) ([]byte, error) {
		return func(text []byte) ([]byte, error) { return append(text, letter...), nil }
	}
	var saving sync.WaitGroup
	for _, build := range []string{"a", "b", "c", "d", "e", "f"} {
		node := timings(t, quick(s.URL(), build, secret))
		saving.Go(func() {
			if err := node.Save(t.Context(), []string{key}, add(build)); err != nil {
				t.Error(err)
			}
		})
	}
	saving.Wait()
	later := timings(t, quick(s.URL(), "later", secret))
	loaded, err = later.Load(t.Context(), fix, key)
	check(t, err)
	if letters := strings.Split(string(loaded), ""); !slices.Equal(slices.Sorted(slices.Values(letters)), []string{"a", "b", "c", "d", "e", "f"}) {
		t.Errorf("six nodes saved %q", loaded)
	}
	check(t, later.Save(t.Context(), []string{fix, key}, add("g")))
	for of, want := range map[string]string{fix: string(loaded) + "g", key: string(loaded)} {
		if got, err := later.Load(t.Context(), of); err != nil || string(got) != want {
			t.Errorf("there is %q, want %q, %v", got, want, err)
		}
	}
	err = later.Save(t.Context(), []string{key}, func([]byte) ([]byte, error) { return make([]byte, jetstream.MostTimings+1), nil })
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("too large: %v", err)
	}

	token := jetstream.BuildToken(secret, "a", time.Now().Add(time.Hour))
	if _, err := jetstream.OpenTimings(t.Context(), quick(s.URL(), "a", token)); !errors.Is(err, nats.ErrAuthorization) || !jetstream.IsBuildToken(token) {
		t.Errorf("the token of a build opens what all builds share: %v", err)
	}
}
