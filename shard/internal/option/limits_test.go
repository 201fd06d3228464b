package option

import (
	"strings"
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	clearEnv(t)
	inModule(t, "test-timeout = '3m'\n")
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
	} {
		if _, err := Parse(strings.Fields(args), thisCall()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
