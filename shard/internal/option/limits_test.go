package option

import (
	"strings"
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	clearEnv(t)
	inModule(t, "test-timeout = '3m'\nsilence-timeout = '2m'\nrun-timeout = '1h'")
	if opts := parse(t, "--shard", "a=x"); opts.SilenceTimeout != 2*time.Minute || opts.RunTimeout != time.Hour {
		t.Errorf("got %+v", opts.Limits)
	}
	if opts := parse(t); opts.SilenceTimeout != 0 || opts.RunTimeout != time.Hour {
		t.Errorf("got %+v", opts.Limits)
	}
	if opts := parse(t, "--watch", "-n", "2"); opts.SilenceTimeout != 0 || opts.RunTimeout != 0 {
		t.Errorf("got %+v", opts.Limits)
	}
	for args, want := range map[string]time.Duration{
		"-n 2": 3 * time.Minute, "": 0, "-n 2 --test-timeout 5s": 5 * time.Second, "-n 2 --test-timeout 0": 0, "--no-config --test-timeout 0": 0,
	} {
		if opts := parse(t, strings.Fields(args)...); opts.TestTimeout != want {
			t.Errorf("%s: %v, want %v", args, opts.TestTimeout, want)
		}
	}
	for args, want := range map[string]string{
		"--test-timeout 5s":             "--test-timeout 5s needs workers: add -n auto",
		"--shard a=x --test-timeout 5s": "--test-timeout 5s needs workers",
		"-n 2 --test-timeout=-1s":       "--test-timeout -1s is negative",
		"-n 2 --test-timeout 5":         `invalid argument "5"`,
		"--silence-timeout 5s":          "--silence-timeout 5s needs workers: add -n auto",
		"--leak ignore":                 "--leak ignore needs workers",
		"--run-timeout=-1s":             "--run-timeout -1s is negative",
		"--run-timeout=1s --watch":      "--run-timeout and --watch cannot be used together",
	} {
		if _, err := Parse(strings.Fields(args), thisCall()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
