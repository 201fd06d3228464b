package option

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestLinkCache(t *testing.T) {
	clearEnv(t)
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache) // of Linux
	t.Chdir(cache)
	for args, want := range map[string]string{
		"-n 2":                                 "",
		"--link-cache":                         "auto",
		"-n 2 --link-cache -- -race ./...":     "auto",
		"--link-cache=auto":                    "auto",
		"--link-cache=off --watch":             "",
		"--watch":                              "auto",
		"--watch -n 2":                         "auto",
		"--watch --raw-command -- cat x":       "",
		"--link-cache=kept":                    "kept",
		"--link-cache --shard x=y":             "error",
		"--link-cache=d --raw-command -- cat":  "error",
		"--link-cache=off --shard x=y":         "",
		"--link-cache-size=2 --link-cache":     "error",
		"--link-cache-size=-2GB --link-cache":  "error",
		"--link-cache-size=1.5gb --link-cache": "auto",
	} {
		opts, err := Parse(strings.Fields(args), thisCall())
		got := opts.LinkCache
		switch {
		case err != nil:
			got = "error"
		case strings.HasSuffix(got, filepath.Join("gotestshard", "link")):
			got = "auto"
		case got != "":
			got, _ = filepath.Rel(cache, got)
		}
		if got != want {
			t.Errorf("%s: %s, %v; want %s", args, got, err, want)
		}
	}
}
