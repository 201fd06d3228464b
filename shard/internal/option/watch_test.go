package option

import (
	"strings"
	"testing"
	"time"
)

func TestWatching(t *testing.T) {
	clearEnv(t)
	for args, want := range map[string]Watching{
		"":                                     {WatchDeps: "none", WatchInterrupt: "off"},
		"-n 2":                                 {WatchDeps: "all", WatchInterrupt: "on"},
		"-n 2 --watch-interrupt=off":           {WatchDeps: "all", WatchInterrupt: "off"},
		"-n 2 --watch-chdir":                   {WatchDeps: "none", WatchInterrupt: "on", WatchChdir: true},
		"--watch-interrupt --watch-poll=500ms": {WatchDeps: "none", WatchInterrupt: "on", WatchPoll: time.Second / 2},
	} {
		want.Watch = true
		if opts := parse(t, append([]string{"--watch"}, strings.Fields(args)...)...); opts.Watching != want {
			t.Errorf("%s: %+v, want %+v", args, opts.Watching, want)
		}
	}
	for args, want := range map[string]string{
		"--watch --watch-poll=1ms":                    "--watch-poll=1ms is too short: write 10ms or more",
		"--watch --watch-poll=-1s":                    "--watch-poll=-1s is too short",
		"--watch-poll=1":                              `invalid argument "1"`,
		"--watch-interrupt=no":                        "write one of on, off",
		"-n 2 --watch-deps=direct":                    "--watch-deps is for watch mode: add --watch",
		"--watch-start -n 2":                          "--watch-start is for watch mode: add --watch",
		"--watch-interrupt":                           "--watch-interrupt is for watch mode: add --watch",
		"--watch-poll=1s":                             "--watch-poll is for watch mode: add --watch",
		"-n 2 --watch-chdir --watch-deps=all --watch": "--watch-chdir and --watch-deps=all cannot be used together",
	} {
		if _, err := Parse(strings.Fields(args), thisCall()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}
