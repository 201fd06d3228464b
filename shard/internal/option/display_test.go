package option

import (
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// When there is an area at a terminal, and when keys are read.
func TestLive(t *testing.T) {
	for _, test := range []struct {
		args, env  string
		noTerminal bool
		area, keys bool
	}{
		{args: "-n 2", area: true, keys: true},
		{args: "-n 2", noTerminal: true},
		{args: "-n 2 --live always", noTerminal: true},
		{args: "--live always"}, // a plain run is gotestsum's
		{args: "--dist no -n 2"},
		{args: "-n 2 --live never"},
		{args: "-n 2", env: "CI=true"},
		{args: "-n 2", env: "TF_BUILD=True"},
		{args: "-n 2 --ci github"},
		{args: "-n 2 --live always", env: "CI=true", area: true, keys: true},
		{args: "-n 2 --watch", area: true}, // which reads keys itself
		{args: "-n 2 --watch --live never"},
		{args: "-n 2 -f dots-v2"},
		{args: "-n 2 -- -exec sudo ./..."},
		{args: "-n 2 --live always -- -exec sudo ./...", area: true},
		{args: "--shard a=x --shard b=y", area: true},
	} {
		call := Call{Environ: environ.List(strings.Fields(test.env)), Screen: !test.noTerminal}
		opts, err := Parse(strings.Fields(test.args), call)
		if err != nil || opts.Area != test.area || opts.Keys != test.keys {
			t.Errorf("%s %q, terminal %v: area %v, keys %v, %v", test.env, test.args, !test.noTerminal, opts.Area, opts.Keys, err)
		}
	}
	merge, err := ParseMerge([]string{"x"}, Call{Screen: true})
	if err != nil || merge.Area {
		t.Errorf("a merge has an area: %v, %v", merge.Area, err)
	}
}

func TestHeartbeat(t *testing.T) {
	for text, want := range map[string]time.Duration{"": time.Minute, "60s": time.Minute, "5m": 5 * time.Minute, "off": 0} {
		var args []string
		if text != "" {
			args = []string{"--heartbeat", text}
		}
		if got := parse(t, args...).Heartbeat; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"0", "10ms", "-1m", "soon", "60"} {
		if _, err := Parse([]string{"--heartbeat=" + text}, thisCall()); err == nil || !strings.Contains(err.Error(), "write a time from 1s") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
